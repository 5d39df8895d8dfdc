/* SPDX-License-Identifier: MIT */
#include "gateway/pass_fields.h"

#include <errno.h>

#include "common/buf.h"
#include "tests/support/unit.h"

enum { ARENA_BYTES = 256 * 1024, HEAD_BYTES = 64 * 1024, FIELD_BYTES = 16 };

/* What came of one head. */
struct selection {
    struct arena arena;
    int result;
    struct pass_fields fields;
    struct buf shown; /* "Name: value" and a line break for each */
};

/* The head in memory of exactly its size: whoever reads one byte more is seen by the sanitizer. */
static void select_from(struct selection *selection, struct str head)
{
    cleanup_free char *exact = malloc(head.length);

    assert_true(exact != NULL || head.length == 0);
    if (head.length > 0) {
        memcpy(exact, head.base, head.length);
    }
    arena_init(&selection->arena, ARENA_BYTES);
    buf_init(&selection->shown, HEAD_BYTES);
    selection->fields = (struct pass_fields){ .count = 77 };

    selection->result = pass_fields_select(&selection->arena, (struct str){ exact, head.length }, &selection->fields);

    for (size_t i = 0; selection->result == 0 && i < selection->fields.count; i++) {
        const struct http_field *field = &selection->fields.fields[i];
        (void)buf_add_format(&selection->shown, "%s: %s\n", field->name, field->value);
    }
}

static void clear_selection(struct selection *selection)
{
    buf_clear(&selection->shown);
    arena_clear(&selection->arena);
}

struct row {
    const char *name;
    struct str head;
    const char *fields;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct selection selection;

        select_from(&selection, rows[i].head);

        if (selection.result != 0 || !str_equal(buf_view(&selection.shown), str_of(rows[i].fields))) {
            fail_msg("%s: %d, \"%.*s\"", rows[i].name, selection.result, STR_ARGUMENTS(buf_view(&selection.shown)));
        }
        clear_selection(&selection);
    }
}

static void pass_fields_keep_what_is_end_to_end(void **state)
{
    static const struct row rows[] = {
        { "nothing", STR_STATIC(""), "" },
        { "the empty line alone", STR_STATIC("\r\n"), "" },
        { "one", STR_STATIC("ETag: \"x\"\r\n\r\n"), "ETag: \"x\"\n" },
        { "in their order, whatever it is", STR_STATIC("B: 1\r\nA: 2\r\nC: 3\r\n\r\n"), "B: 1\nA: 2\nC: 3\n" },
        { "repeated ones, each in its place",
          STR_STATIC("Set-Cookie: a=1\r\nX: y\r\nset-cookie: b=2\r\nSet-Cookie: a=1\r\n\r\n"),
          "Set-Cookie: a=1\nX: y\nset-cookie: b=2\nSet-Cookie: a=1\n" },
        { "an empty value", STR_STATIC("X-Empty:\r\nX-Blank: \t \r\nX: y\r\n\r\n"), "X-Empty: \nX-Blank: \nX: y\n" },
        { "blanks around a value go, those inside stay", STR_STATIC("X: \t a  b \t\r\n\r\n"), "X: a  b\n" },
        { "no blank at all", STR_STATIC("X:y\r\n\r\n"), "X: y\n" },
        { "a value with colons", STR_STATIC("Location: http://h:1/::\r\n\r\n"), "Location: http://h:1/::\n" },
        { "a tab inside becomes a blank", STR_STATIC("X: a\tb\t\tc\r\n\r\n"), "X: a b  c\n" },
        { "every byte a name may have", STR_STATIC("!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n"), "!#$%&'*+-.^_`|~09azAZ: x\n" },
        { "bytes above ASCII in a value", STR_STATIC("X: caf\xc3\xa9 \xff\x80\r\n\r\n"), "X: caf\xc3\xa9 \xff\x80\n" },
        { "a coding, a type, a date",
          STR_STATIC("Content-Encoding: br\r\nContent-Type: text/html\r\nDate: now\r\nVary: *\r\n\r\n"),
          "Content-Encoding: br\nContent-Type: text/html\nDate: now\nVary: *\n" },
        { "lines that end in LF alone", STR_STATIC("A: 1\nB: 2\n\n"), "A: 1\nB: 2\n" },
        { "no empty line", STR_STATIC("A: 1\r\nB: 2\r\n"), "A: 1\nB: 2\n" },
        { "a last line without an end", STR_STATIC("A: 1\r\nB: 2"), "A: 1\nB: 2\n" },
        { "a last line that ends in a name", STR_STATIC("A: 1\r\nB:"), "A: 1\nB: \n" },
        { "a last line that ends in CR", STR_STATIC("A: 1\r\nB: 2\r"), "A: 1\nB: 2\n" },
        { "a line without a colon", STR_STATIC("HTTP/1.1 200 OK\r\nA: 1\r\ngarbage\r\nB: 2\r\ngarb"), "A: 1\nB: 2\n" },
        { "a line without a name", STR_STATIC(": x\r\nA: 1\r\n:\r\n\r\n"), "A: 1\n" },
    };
    (void)state;

    check_rows(rows, array_length(rows));
}

static void pass_fields_drop_what_is_for_one_connection_and_what_is_ours(void **state)
{
    static const char *const names[] = {
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Upgrade",
        "Content-Length",
        "Transfer-Encoding",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "Server-Timing",
        "X-Request-Id",
        "Proxy-Status",
        "Fanlight-Complete",
        "Fanlight-Mode",
        "Fanlight-",
        "FANLIGHT-any",
        "connection",
        "transfer-ENCODING",
        "content-length",
        "server-timing",
        "X-REQUEST-ID",
        "fanlight-complete",
        "Fanlight-Deadline-Ms",
    };
    (void)state;

    for (size_t i = 0; i < array_length(names); i++) {
        struct selection selection;
        char head[128];
        (void)snprintf(head, sizeof head, "A: 1\r\n%s: 5\r\nB: 2\r\n\r\n", names[i]);

        select_from(&selection, str_of(head));

        assert_case(names[i], selection.result == 0);
        assert_case(names[i], str_equal(buf_view(&selection.shown), STR("A: 1\nB: 2\n")));
        clear_selection(&selection);
    }
}

static void pass_fields_keep_what_only_looks_like_one_of_those(void **state)
{
    static const char *const names[] = {
        "Connections",
        "X-Connection",
        "Connectio",
        "T",
        "TEE",
        "Trailers",
        "Upgrade-Insecure-Requests",
        "Content-Lengths",
        "Fanlight",
        "Fanligh-x",
        "X-Fanlight-Mode",
        "X-Request-Ids",
        "Timing",
        "Via",
    };
    (void)state;

    for (size_t i = 0; i < array_length(names); i++) {
        struct selection selection;
        char text[128];
        (void)snprintf(text, sizeof text, "%s: 5\n", names[i]);

        select_from(&selection, str_of(text));

        assert_case(names[i], selection.result == 0 && str_equal(buf_view(&selection.shown), str_of(text)));
        clear_selection(&selection);
    }
}

static void pass_fields_drop_what_connection_names(void **state)
{
    static const struct row rows[] = {
        { "in front", STR_STATIC("Connection: x-hop\r\nX-Hop: 1\r\nA: 2\r\n\r\n"), "A: 2\n" },
        { "behind", STR_STATIC("X-Hop: 1\r\nA: 2\r\nConnection: x-hop\r\n\r\n"), "A: 2\n" },
        { "in the last line, which has no end", STR_STATIC("X-Hop: 1\r\nA: 2\r\nConnection: x-hop"), "A: 2\n" },
        { "every one of that name", STR_STATIC("X: 1\r\nConnection: X\r\nX: 2\r\nx: 3\r\n\r\n"), "" },
        { "in another case", STR_STATIC("CONNECTION: X-HOP\r\nx-hOP: 1\r\nA: 2\r\n\r\n"), "A: 2\n" },
        { "several", STR_STATIC("Connection: close, b,c\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n"), "A: 1\nD: 4\n" },
        { "in odd spacing", STR_STATIC("Connection:\t ,, \tb\t ,\t,c , \r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"), "A: 1\n" },
        { "in several fields",
          STR_STATIC("Connection: b\r\nA: 1\r\nB: 2\r\nconnection:c\r\nC: 3\r\nConnection:\r\n\r\n"), "A: 1\n" },
        { "in lines that end in LF alone", STR_STATIC("Connection: b\nA: 1\nB: 2\n\n"), "A: 1\n" },
        { "the whole name only", STR_STATIC("Connection: b, A-B, Cc\r\nA: 1\r\nBb: 2\r\nC: 3\r\n\r\n"),
          "A: 1\nBb: 2\nC: 3\n" },
        { "not with a parameter", STR_STATIC("Connection: b;q=1\r\nB: 2\r\n\r\n"), "B: 2\n" },
        { "a list of nothing names nothing", STR_STATIC("Connection: ,,\r\nConnection:\r\nA: 1\r\n\r\n"), "A: 1\n" },
        { "not in a field that ends with that name", STR_STATIC("X-Connection: b\r\nB: 2\r\n\r\n"),
          "X-Connection: b\nB: 2\n" },
        { "and what it names need not be well formed", STR_STATIC("Connection: b\r\nB: \x01\r\nA: 1\r\n\r\n"),
          "A: 1\n" },
    };
    (void)state;

    check_rows(rows, array_length(rows));
}

static void pass_fields_refuse_bytes_that_no_field_has(void **state)
{
    static const struct {
        const char *name;
        struct str head;
    } cases[] = {
        { "NUL in a value", STR_STATIC("A: 1\r\nX: a\0b\r\n\r\n") },
        { "a control byte in a value", STR_STATIC("X: a\x01\r\n\r\n") },
        { "an escape in a value", STR_STATIC("X: \x1b[2J\r\n\r\n") },
        { "DEL in a value", STR_STATIC("X: a\x7f\r\n\r\n") },
        { "CR in a value", STR_STATIC("X: a\rSet-Cookie: b\r\n\r\n") },
        { "CR before the line's end", STR_STATIC("X: a\r\r\n\r\n") },
        { "a blank in a name", STR_STATIC("X Y: a\r\n\r\n") },
        { "a blank before the colon", STR_STATIC("X : a\r\n\r\n") },
        { "a blank before the colon of one that is not passed on", STR_STATIC("Content-Length : 5\r\n\r\n") },
        { "a folded line", STR_STATIC("X: a\r\n Y: b\r\n\r\n") },
        { "a tab in a name", STR_STATIC("\tX: a\r\n\r\n") },
        { "NUL in a name", STR_STATIC("X\0: a\r\n\r\n") },
        { "a quote in a name", STR_STATIC("\"X\": a\r\n\r\n") },
        { "a comma in a name", STR_STATIC("a,b: a\r\n\r\n") },
        { "a byte above ASCII in a name", STR_STATIC("caf\xc3\xa9: a\r\n\r\n") },
        { "only the last of many", STR_STATIC("A: 1\r\nB: 2\r\nX: \x02") },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct selection selection;

        select_from(&selection, cases[i].head);

        assert_case(cases[i].name, selection.result == -EBADMSG);
        assert_case(cases[i].name, selection.fields.count == 77);
        clear_selection(&selection);
    }
}

/* ---- limits ---- */

/* "X: xxx…" that takes `bytes` of what fields may take together. */
static void add_field(struct buf *head, size_t bytes)
{
    char value[1024];
    size_t length = bytes - (size_t)FIELD_BYTES - 1;

    assert_true(bytes > (size_t)FIELD_BYTES && length <= sizeof value);
    memset(value, 'x', sizeof value);
    (void)buf_add_text(head, "X: ");
    (void)buf_add(head, value, length);
    (void)buf_add_text(head, "\r\n");
}

static void pass_fields_take_no_more_than_fits_into_an_answer(void **state)
{
    static const struct {
        const char *name;
        size_t last_bytes; /* beside 9 times 1000 */
        int result;
    } cases[] = {
        { "room is left", 215, 0 },
        { "exactly", 216, 0 },
        { "one byte more", 217, -EMSGSIZE },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct selection selection;
        cleanup_buf struct buf head;
        buf_init(&head, HEAD_BYTES);
        for (size_t j = 0; j < 9; j++) {
            add_field(&head, 1000);
        }
        add_field(&head, cases[i].last_bytes);

        select_from(&selection, buf_view(&head));

        assert_case(cases[i].name, selection.result == cases[i].result);
        assert_case(cases[i].name, selection.fields.count == (cases[i].result == 0 ? 10 : 77));
        clear_selection(&selection);
    }
}

static void pass_fields_do_not_count_what_they_drop(void **state)
{
    struct selection selection;
    cleanup_buf struct buf head;
    (void)state;
    buf_init(&head, HEAD_BYTES);
    (void)buf_add_text(&head, "Connection: x\r\nA: 1\r\n");
    for (size_t i = 0; i < 40; i++) {
        add_field(&head, 1000);
    }

    select_from(&selection, buf_view(&head));

    assert_int_equal(selection.result, 0);
    assert_text(buf_view(&selection.shown), "A: 1\n");
    clear_selection(&selection);
}

/* Many short ones cost more than their bytes. */
static void pass_fields_bound_the_number_of_fields(void **state)
{
    struct selection selection;
    cleanup_buf struct buf head;
    (void)state;
    buf_init(&head, HEAD_BYTES);
    for (size_t i = 0; i < 2000; i++) {
        (void)buf_add_text(&head, "a:\n");
    }

    select_from(&selection, buf_view(&head));

    assert_int_equal(selection.result, -EMSGSIZE);
    clear_selection(&selection);
}

/* Looking for each line's name must not take longer the more names a backend puts there. */
static void pass_fields_bound_what_connection_names(void **state)
{
    static const struct {
        size_t count;
        int result;
    } cases[] = { { PASS_FIELDS_CONNECTION_NAMES_AT_MOST, 0 },
                  { PASS_FIELDS_CONNECTION_NAMES_AT_MOST + 1, -EMSGSIZE } };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct selection selection;
        cleanup_buf struct buf head;
        buf_init(&head, HEAD_BYTES);
        (void)buf_add_text(&head, "x31: 1\r\nA: 1\r\nConnection: ,, ,");
        for (size_t j = 0; j < cases[i].count; j++) {
            (void)buf_add_format(&head, j % 8 == 7 ? "x%zu,\r\nConnection: " : "x%zu, ", j);
        }
        (void)buf_add_text(&head, "\r\n");

        select_from(&selection, buf_view(&head));

        assert_int_equal(selection.result, cases[i].result);
        assert_text(buf_view(&selection.shown), cases[i].result == 0 ? "A: 1\n" : "");
        clear_selection(&selection);
    }
}

static void pass_fields_say_so_when_the_arena_is_full(void **state)
{
    const struct str head = STR("Some-Name: some value\r\nAnother-Name: another value\r\n\r\n");
    bool is_selected = false;
    (void)state;

    for (size_t arena_bytes = 0; arena_bytes <= 512 && !is_selected; arena_bytes += 8) {
        struct pass_fields fields = { .count = 77 };
        struct arena arena;
        arena_init(&arena, arena_bytes);

        int result = pass_fields_select(&arena, head, &fields);

        is_selected = result == 0;
        assert_true(is_selected || (result == -ENOMEM && fields.count == 77));
        assert_true(!is_selected || arena_bytes >= 64);
        arena_clear(&arena);
    }

    assert_true(is_selected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pass_fields_keep_what_is_end_to_end),
        cmocka_unit_test(pass_fields_drop_what_is_for_one_connection_and_what_is_ours),
        cmocka_unit_test(pass_fields_keep_what_only_looks_like_one_of_those),
        cmocka_unit_test(pass_fields_drop_what_connection_names),
        cmocka_unit_test(pass_fields_refuse_bytes_that_no_field_has),
        cmocka_unit_test(pass_fields_take_no_more_than_fits_into_an_answer),
        cmocka_unit_test(pass_fields_do_not_count_what_they_drop),
        cmocka_unit_test(pass_fields_bound_the_number_of_fields),
        cmocka_unit_test(pass_fields_bound_what_connection_names),
        cmocka_unit_test(pass_fields_say_so_when_the_arena_is_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
