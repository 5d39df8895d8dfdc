/* SPDX-License-Identifier: MIT */
#include "gateway/wire_message.h"

#include <stdio.h>

#include "common/clock.h"
#include "tests/support/unit.h"

enum { BYTES_MAXIMUM = 4096, COPIED_BYTES = 16, NOW_US = 1000 * 1000 };

static const char *const no_fields[] = { NULL };

static struct url server_of(const char *authority, const char *path)
{
    struct url server = { .port = 80 };

    (void)snprintf(server.authority, sizeof server.authority, "%s", authority);
    (void)snprintf(server.path, sizeof server.path, "%s", path);
    return server;
}

/* GET / without any field. */
static struct attempt attempt_to(const struct url *server)
{
    return (struct attempt){ .method = "GET", .server = server, .target = STR("/"), .fields = no_fields };
}

static enum call_error write_message(struct buf *bytes, const struct attempt *attempt, struct str *ret_body)
{
    buf_init(bytes, BYTES_MAXIMUM);
    return wire_message_write(bytes, attempt, NOW_US, COPIED_BYTES, ret_body);
}

static void check_written(const char *name, const struct attempt *attempt, const char *expected)
{
    cleanup_buf struct buf bytes;
    struct str body = { NULL, 0 };

    enum call_error error = write_message(&bytes, attempt, &body);

    assert_case(name, error == CALL_OK);
    assert_text(buf_view(&bytes), expected);
    assert_case(name, body.length == 0);
}

static void check_refused(const char *name, const struct attempt *attempt)
{
    cleanup_buf struct buf bytes;
    struct str body = { NULL, 0 };

    assert_case(name, write_message(&bytes, attempt, &body) == CALL_PROXY_INTERNAL_ERROR);
}

/* ---- the request line ---- */

struct target_case {
    const char *name;
    const char *path;
    struct str target;
    const char *line; /* NULL: refused */
};

static const struct target_case target_cases[] = {
    { "a target", "", STR_STATIC("/task1?x=1"), "GET /task1?x=1 HTTP/1.1" },
    { "a server with a path", "/base", STR_STATIC("/task1"), "GET /base/task1 HTTP/1.1" },
    { "a server with a slash", "/", STR_STATIC("/task1"), "GET //task1 HTTP/1.1" },
    { "a server with a query", "/base?x=", STR_STATIC("/task1"), "GET /base?x=/task1 HTTP/1.1" },
    { "dots stay", "", STR_STATIC("/a/../b/./c"), "GET /a/../b/./c HTTP/1.1" },
    { "no target", "", STR_STATIC(""), "GET / HTTP/1.1" },
    { "a query alone", "", STR_STATIC("?x=1"), "GET /?x=1 HTTP/1.1" },
    { "a blank", "", STR_STATIC("/a b"), NULL },
    { "a tab", "", STR_STATIC("/a\tb"), NULL },
    { "another request", "", STR_STATIC("/a HTTP/1.1\r\nX: y\r\n\r\nGET /b"), NULL },
    { "a line feed", "", STR_STATIC("/a\nb"), NULL },
    { "a carriage return", "", STR_STATIC("/a\rb"), NULL },
    { "a NUL", "", STR_STATIC("/a\0b"), NULL },
    { "a byte from 0x80 on", "", STR_STATIC("/\xc3\xa4"), NULL },
    { "a blank in the server's path", "/a b", STR_STATIC("/"), NULL },
};

static void a_request_line_has_the_servers_path_and_the_target(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(target_cases); i++) {
        const struct target_case *row = &target_cases[i];
        struct url server = server_of("127.0.0.1:9000", row->path);
        struct attempt attempt = attempt_to(&server);
        char expected[256];
        attempt.target = row->target;

        if (row->line == NULL) {
            check_refused(row->name, &attempt);
            continue;
        }
        (void)snprintf(expected, sizeof expected, "%s\r\nHost: 127.0.0.1:9000\r\n\r\n", row->line);
        check_written(row->name, &attempt, expected);
    }
}

static void a_method_is_one_word(void **state)
{
    struct url server = server_of("a.example", "");
    struct attempt attempt = attempt_to(&server);
    (void)state;

    attempt.method = "PROPFIND";
    check_written("any word", &attempt, "PROPFIND / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    attempt.method = "GET /x HTTP/1.1\r\nX: y\r\n\r\nGET";
    check_refused("two requests", &attempt);
    attempt.method = "";
    check_refused("no word", &attempt);
}

/* ---- fields ---- */

struct field_case {
    const char *name;
    const char *line;
    const char *sent; /* "": nothing of it; NULL: refused */
};

static const struct field_case field_cases[] = {
    { "a field", "X: y", "X: y\r\n" },
    { "a field as it is", "x-Y:  a ; b:c \t", "x-Y:  a ; b:c \t\r\n" },
    { "without a blank", "X:y", "X:y\r\n" },
    { "bytes from 0x80 on", "X: \xc3\xa4", "X: \xc3\xa4\r\n" },
    { "an empty field", "X;", "X:\r\n" },
    { "a value that ends with a semicolon", "X: y;", "X: y;\r\n" },
    { "a field without a value", "X:", "X:\r\n" },
    { "a field of blanks", "X: \t ", "X: \t \r\n" },
    { "two fields in one", "X: y\r\nZ: 1", NULL },
    { "a line feed", "X: y\nZ: 1", NULL },
    { "a carriage return", "X: y\rZ: 1", NULL },
    { "a line break at the end", "X: y\r\n", NULL },
    { "a line break at the front", "\r\nX: y", NULL },
    { "a line break in an empty field", "X\r\n;", NULL },
    { "the end of the head", "", NULL },
    { "no colon", "X", NULL },
    { "no name", ": y", NULL },
    { "no name of an empty field", ";", NULL },
    { "a semicolon for a colon", "X;y", NULL },
};

static void a_field_is_one_line(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(field_cases); i++) {
        const struct field_case *row = &field_cases[i];
        const char *const fields[] = { "First: 1", row->line, "Last: 2", NULL };
        struct url server = server_of("a.example", "");
        struct attempt attempt = attempt_to(&server);
        char expected[256];
        attempt.fields = fields;

        if (row->sent == NULL) {
            check_refused(row->name, &attempt);
            continue;
        }
        (void)snprintf(expected, sizeof expected, "GET / HTTP/1.1\r\nHost: a.example\r\nFirst: 1\r\n%sLast: 2\r\n\r\n",
                       row->sent);
        check_written(row->name, &attempt, expected);
    }
}

static void the_time_left_is_told_in_whole_milliseconds(void **state)
{
    static const struct {
        const char *name;
        uint64_t deadline_us;
        const char *field;
    } rows[] = {
        { "some", NOW_US + 1500 * CLOCK_US_PER_MS, "Left-Ms: 1500\r\n" },
        { "less than a millisecond more", NOW_US + 2 * CLOCK_US_PER_MS - 1, "Left-Ms: 1\r\n" },
        { "none", NOW_US, "Left-Ms: 0\r\n" },
        { "past", NOW_US - 1, "Left-Ms: 0\r\n" },
    };
    struct url server = server_of("a.example", "");
    struct attempt attempt = attempt_to(&server);
    (void)state;

    attempt.deadline_field = "Left-Ms";
    for (size_t i = 0; i < array_length(rows); i++) {
        char expected[128];
        attempt.deadline_us = rows[i].deadline_us;
        (void)snprintf(expected, sizeof expected, "GET / HTTP/1.1\r\nHost: a.example\r\n%s\r\n", rows[i].field);
        check_written(rows[i].name, &attempt, expected);
    }
}

/* ---- bodies ---- */

static void a_method_about_a_body_says_how_long_it_is(void **state)
{
    static const struct {
        const char *method;
        struct str body;
        const char *behind_host;
    } rows[] = {
        { "GET", { NULL, 0 }, "\r\n" },
        { "DELETE", { NULL, 0 }, "\r\n" },
        { "POST", { NULL, 0 }, "Content-Length: 0\r\n\r\n" },
        { "PUT", { NULL, 0 }, "Content-Length: 0\r\n\r\n" },
        { "PATCH", { NULL, 0 }, "Content-Length: 0\r\n\r\n" },
        { "GET", STR_STATIC(""), "Content-Length: 0\r\n\r\n" },
        { "GET", STR_STATIC("{}"), "Content-Length: 2\r\n\r\n{}" },
        { "POST", STR_STATIC("{\"a\":12345678}"), "Content-Length: 14\r\n\r\n{\"a\":12345678}" },
    };
    struct url server = server_of("a.example", "");
    struct attempt attempt = attempt_to(&server);
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        char expected[128];
        attempt.method = rows[i].method;
        attempt.body = rows[i].body;
        (void)snprintf(expected, sizeof expected, "%s / HTTP/1.1\r\nHost: a.example\r\n%s", rows[i].method,
                       rows[i].behind_host);
        check_written(rows[i].behind_host, &attempt, expected);
    }
}

static void a_long_body_is_left_where_it_is(void **state)
{
    static const char body[] = "a body that is longer than what is copied";
    struct url server = server_of("a.example", "");
    struct attempt attempt = attempt_to(&server);
    cleanup_buf struct buf bytes;
    struct str left = { NULL, 0 };
    (void)state;
    attempt.method = "POST";

    attempt.body = (struct str){ body, COPIED_BYTES + 1 };
    assert_int_equal(write_message(&bytes, &attempt, &left), CALL_OK);
    assert_text(buf_view(&bytes), "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 17\r\n\r\n");
    assert_true(left.base == body && left.length == COPIED_BYTES + 1);

    attempt.body.length = COPIED_BYTES;
    assert_int_equal(wire_message_write(&bytes, &attempt, NOW_US, COPIED_BYTES, &left), CALL_OK);
    assert_text(buf_view(&bytes), "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 16\r\n\r\na body that is l");
    assert_int_equal(left.length, 0);
}

static void a_line_break_is_found_at_every_place_of_a_field(void **state)
{
    struct url server = server_of("a.example", "");
    struct attempt attempt = attempt_to(&server);
    (void)state;

    for (size_t length = 4; length < 70; length++) {
        for (size_t place = 0; place < length; place++) {
            cleanup_free char *line = malloc(length + 1); /* of exactly its size, for the address sanitizer */
            assert_non_null(line);
            memset(line, '\xc3', length);
            memcpy(line, "X: ", 3);
            line[length] = '\0';
            const char *const fields[] = { line, NULL };
            attempt.fields = fields;
            if (place == 0) {
                cleanup_buf struct buf bytes;
                struct str body = { NULL, 0 };
                assert_int_equal(write_message(&bytes, &attempt, &body), CALL_OK);
            }
            line[place] = place % 2 == 0 ? '\r' : '\n';
            check_refused("a line break", &attempt);
        }
    }
}

static void a_request_over_the_limit_is_refused(void **state)
{
    const char *const fields[] = { "X: 0123456789", NULL };
    struct url server = server_of("a.example", "");
    struct attempt attempt = attempt_to(&server);
    size_t length = strlen("GET / HTTP/1.1\r\nHost: a.example\r\nX: 0123456789\r\n\r\n");
    (void)state;
    attempt.fields = fields;

    for (size_t limit = 0; limit <= length; limit++) {
        cleanup_buf struct buf bytes;
        struct str body = { NULL, 0 };
        buf_init(&bytes, limit);
        enum call_error error = wire_message_write(&bytes, &attempt, NOW_US, COPIED_BYTES, &body);
        assert_int_equal(error, limit < length ? CALL_PROXY_INTERNAL_ERROR : CALL_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_line_has_the_servers_path_and_the_target),
        cmocka_unit_test(a_method_is_one_word),
        cmocka_unit_test(a_field_is_one_line),
        cmocka_unit_test(the_time_left_is_told_in_whole_milliseconds),
        cmocka_unit_test(a_method_about_a_body_says_how_long_it_is),
        cmocka_unit_test(a_long_body_is_left_where_it_is),
        cmocka_unit_test(a_line_break_is_found_at_every_place_of_a_field),
        cmocka_unit_test(a_request_over_the_limit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
