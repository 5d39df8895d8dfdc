/* SPDX-License-Identifier: MIT */
#include "gateway/config_json.h"

#include <errno.h>

#include "common/json_scan.h"
#include "tests/unit/gateway/config_bench.h"

enum { JSON_BYTES = 1024 * 1024 };

/* Every key, and each kind of value that some key has. */
static const char every_key[] =
    "{ \"listen\": \"[::1]:0\", \"admin\": \"off\", \"mode\": \"mixed\", \"workers\": 3, \"threads\": 5,"
    " \"blocking\": [\"a\", \"b\"], \"deadline\": \"1.5s\", \"drain_timeout\": \"1h\", \"allow_mode_override\": true,"
    " \"allow_explain\": true, \"name_servers\": \"192.0.2.53,[::1]:5353\","
    " \"limits\": { \"connections\": 1, \"connection_overflow\": \"refuse\", \"in_flight\": 2, \"header_bytes\": 1024, "
    "\"body_bytes\": 0,"
    " \"answer_bytes\": 1073741824, \"fan_out\": 60, \"header_timeout\": \"1ms\", \"body_timeout\": \"1001us\","
    " \"idle_timeout\": \"24h\", \"send_timeout\": \"90s\" },"
    " \"backends\": { \"a\": { \"servers\": [\"HTTPS://Example.test:443/base/\", \"http://[::1]:81\"],"
    " \"timeout\": \"3s\", \"connect_timeout\": \"250ms\", \"response_bytes\": 9, \"response_header_bytes\": 256,"
    " \"max_in_flight\": 7, \"queue\": 0, \"queue_timeout\": \"2s\", \"mode\": \"threads\" },"
    " \"b.c\": { \"servers\": [\"http://127.0.0.1:1\"] } },"
    " \"routes\": ["
    " { \"path\": \"/text\", \"methods\": [\"OPTIONS\", \"GET\"], \"respond\": { \"text\": \"a\\n\\\"b\\u00e9\","
    " \"status\": 418, \"headers\": { \"X-A\": \"b c\", \"Content-Type\": \"text/html\" } } },"
    " { \"path\": \"/json\", \"respond\": { \"json\": { \"id\": 18446744073709551615, \"p\": 1.10 } } },"
    " { \"path\": \"/problem\", \"respond\": { \"json\": { },"
    " \"headers\": { \"Content-Type\": \"application/problem+json\" } } },"
    " { \"path\": \"/odd\", \"respond\": { \"text\": \"{]\", \"headers\": { \"Content-Type\": \"application/json\" } } "
    "},"
    " { \"path\": \"/none\", \"respond\": { \"text\": \"\", \"status\": 204 } },"
    " { \"path\": \"/pass/{id}\", \"methods\": [\"PUT\"], \"pass\": true, \"calls\": {"
    " \"it\": { \"backend\": \"b.c\", \"path\": \"/{id}\", \"method\": \"PUT\", \"body\": \"request\" } } },"
    " { \"path\": \"/all/{x-y}\", \"deadline\": \"2m\", \"mode\": \"sync\", \"calls\": {"
    " \"one\": { \"backend\": \"a\", \"path\": \"/{{}}/{x-y}?q={query.q}&r=%20\", \"method\": \"DELETE\","
    " \"forward_headers\": [\"Accept-Language\", \"Authorization\"],"
    " \"headers\": { \"X-A\": \"{{ {query.a}\", \"X-Empty\": \"\" }, \"timeout\": \"100ms\", \"required\": false,"
    " \"default\": [ 1.10, \"x\" ], \"as\": \"json\", \"mode\": \"async\" },"
    " \"two\": { \"backend\": \"b.c\", \"path\": \"/\", \"required\": false, \"as\": \"text\" },"
    " \"many\": { \"backend\": \"a\", \"path\": \"/{each}\", \"each\": \"{one.list}\", \"max\": 3,"
    " \"body\": { \"{x}\": [ \"{each}\", \"a{{b {one.name}\", 1.10, null ], \"whole\": \"{one}\" } } } } ] }";

static void render(const struct config *config, struct buf *json)
{
    buf_init(json, JSON_BYTES);
    assert_int_equal(config_json_render(config, json), 0);
    assert_int_equal(json_scan_check(buf_view(json), JSON_SCAN_DEPTH, NULL), 0);
}

/* ---- read again ---- */

/* What is shown, read as a file of its own, is shown in the same way. */
static void read_again(const char *const *flags, const char *text)
{
    struct config *config = config_bench_read_with(flags, str_of(text));
    cleanup_buf struct buf first;
    cleanup_buf struct buf second;
    render(config, &first);

    struct config *again = config_bench_read_with(NULL, buf_view(&first));
    render(again, &second);

    if (!str_equal(buf_view(&first), buf_view(&second))) {
        fail_msg("%.*s\nis not\n%.*s", STR_ARGUMENTS(buf_view(&second)), STR_ARGUMENTS(buf_view(&first)));
    }
    config_release(config);
    config_release(again);
}

static void what_is_shown_reads_as_the_same_configuration(void **state)
{
    static const char *const flags[] = { "--listen=127.0.0.1:1", "--mode=sync", "--deadline=7s", NULL };
    (void)state;

    read_again(NULL, every_key);
    read_again(flags, every_key);
}

/* ---- what it says ---- */

struct value_row {
    const char *path; /* by json_find() */
    const char *json; /* NULL: there is none */
};

static void check_values(struct str json, const struct value_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct str value = json_find(json, str_of(rows[i].path));
        if (rows[i].json == NULL) {
            assert_case(rows[i].path, value.base == NULL);
        } else if (!str_equal(value, str_of(rows[i].json))) {
            fail_msg("%s is %.*s, not %s", rows[i].path, STR_ARGUMENTS(value), rows[i].json);
        }
    }
}

static void every_key_is_shown_with_its_value(void **state)
{
    static const struct value_row rows[] = {
        { "listen", "\"[::1]:0\"" },
        { "admin", "\"off\"" },
        { "mode", "\"mixed\"" },
        { "workers", "3" },
        { "threads", "5" },
        { "blocking", "\"a,b\"" },
        { "deadline", "\"1.5s\"" },
        { "drain_timeout", "\"1h\"" },
        { "allow_mode_override", "true" },
        { "allow_explain", "true" },
        { "name_servers", "\"192.0.2.53,[::1]:5353\"" },
        { "limits.connections", "1" },
        { "limits.connection_overflow", "\"refuse\"" },
        { "limits.in_flight", "2" },
        { "limits.header_bytes", "1024" },
        { "limits.body_bytes", "0" },
        { "limits.answer_bytes", "1073741824" },
        { "limits.fan_out", "60" },
        { "limits.header_timeout", "\"1ms\"" },
        { "limits.body_timeout", "\"1.001ms\"" },
        { "limits.idle_timeout", "\"24h\"" },
        { "limits.send_timeout", "\"90s\"" },
        { "backends.a.servers", "[\"https://Example.test/base\", \"http://[::1]:81\"]" },
        { "backends.a.timeout", "\"3s\"" },
        { "backends.a.connect_timeout", "\"250ms\"" },
        { "backends.a.response_bytes", "9" },
        { "backends.a.response_header_bytes", "256" },
        { "backends.a.max_in_flight", "7" },
        { "backends.a.queue", "0" },
        { "backends.a.queue_timeout", "\"2s\"" },
        { "backends.a.mode", "\"threads\"" },
        { "routes.0.path", "\"/text\"" },
        { "routes.0.methods", "[\"GET\", \"OPTIONS\"]" },
        { "routes.0.deadline", NULL },
        { "routes.0.mode", NULL },
        { "routes.0.calls", NULL },
        { "routes.0.respond.text", "\"a\\u000a\\\"b\xc3\xa9\"" },
        { "routes.0.respond.status", "418" },
        { "routes.0.respond.headers.X-A", "\"b c\"" },
        { "routes.0.respond.headers.Content-Type", "\"text/html\"" },
        { "routes.1.respond.json", "{ \"id\": 18446744073709551615, \"p\": 1.10 }" },
        { "routes.1.respond.headers", "{}" },
        { "routes.2.respond.headers.Content-Type", "\"application/problem+json\"" },
        { "routes.3.respond.text", "\"{]\"" },
        { "routes.3.respond.headers.Content-Type", "\"application/json\"" },
        { "routes.4.respond.status", "204" },
        { "routes.5.pass", "true" },
        { "routes.5.calls.it.body", "\"request\"" },
        { "routes.5.calls.it.as", NULL },
        { "routes.5.respond", NULL },
        { "routes.6.pass", "false" },
        { "routes.6.deadline", "\"2m\"" },
        { "routes.6.mode", "\"sync\"" },
        { "routes.6.calls.one.backend", "\"a\"" },
        { "routes.6.calls.one.path", "\"/{{}}/{x-y}?q={query.q}&r=%20\"" },
        { "routes.6.calls.one.method", "\"DELETE\"" },
        { "routes.6.calls.one.forward_headers", "[\"Accept-Language\", \"Authorization\"]" },
        { "routes.6.calls.one.headers.X-A", "\"{{ {query.a}\"" },
        { "routes.6.calls.one.headers.X-Empty", "\"\"" },
        { "routes.6.calls.one.body", NULL },
        { "routes.6.calls.one.timeout", "\"100ms\"" },
        { "routes.6.calls.one.required", "false" },
        { "routes.6.calls.one.default", "[ 1.10, \"x\" ]" },
        { "routes.6.calls.one.as", "\"json\"" },
        { "routes.6.calls.one.each", NULL },
        { "routes.6.calls.one.max", NULL },
        { "routes.6.calls.one.mode", "\"async\"" },
        { "routes.6.calls.two.method", "\"GET\"" },
        { "routes.6.calls.two.timeout", NULL },
        { "routes.6.calls.two.default", "null" },
        { "routes.6.calls.two.as", "\"text\"" },
        { "routes.6.calls.two.mode", NULL },
        { "routes.6.calls.many.method", "\"POST\"" },
        { "routes.6.calls.many.timeout", "\"3s\"" },
        { "routes.6.calls.many.required", "true" },
        { "routes.6.calls.many.default", NULL },
        { "routes.6.calls.many.each", "\"{one.list}\"" },
        { "routes.6.calls.many.max", "3" },
        { "routes.6.calls.many.body",
          "{ \"{x}\": [ \"{each}\", \"a{{b {one.name}\", 1.10, null ], \"whole\": \"{one}\" }" },
    };
    struct config *config = config_bench_read(every_key);
    cleanup_buf struct buf json;
    (void)state;

    render(config, &json);

    check_values(buf_view(&json), rows, array_length(rows));
    /* By the walk: its name has a dot. */
    struct str backend = json_member(json_member(buf_view(&json), STR("backends")), STR("b.c"));
    assert_text(json_member(backend, STR("connect_timeout")), "\"5s\"");
    assert_text(json_member(backend, STR("response_bytes")), "1048576");
    assert_text(json_member(backend, STR("response_header_bytes")), "16384");
    assert_null(json_member(backend, STR("timeout")).base);
    assert_null(json_member(backend, STR("max_in_flight")).base);
    assert_null(json_member(backend, STR("queue")).base);
    assert_null(json_member(backend, STR("queue_timeout")).base);
    assert_null(json_member(backend, STR("mode")).base);
    config_release(config);
}

static void flags_are_shown_in_place_of_the_files_values(void **state)
{
    static const char *const flags[] = { "--listen=127.0.0.1:1", "--admin=127.0.0.1:2", "--workers=9",
                                         "--blocking=x",         "--mode=sync",         NULL };
    static const struct value_row rows[] = {
        { "listen", "\"127.0.0.1:1\"" }, { "admin", "\"127.0.0.1:2\"" }, { "workers", "9" },
        { "blocking", "\"x\"" },         { "mode", "\"sync\"" },         { "threads", "5" },
    };
    struct config *config = config_bench_read_with(flags, str_of(every_key));
    cleanup_buf struct buf json;
    (void)state;

    render(config, &json);

    check_values(buf_view(&json), rows, array_length(rows));
    config_release(config);
}

static void without_a_file_the_built_in_routes_are_paths(void **state)
{
    static const struct value_row rows[] = {
        { "listen", "\"127.0.0.1:8080\"" },
        { "drain_timeout", "\"30s\"" },
        { "name_servers", "\"system\"" },
        { "backends.default.servers", "[\"http://127.0.0.1:9000\"]" },
        { "routes.0.path", "\"/hello\"" },
        { "routes.0.respond.text", "\"Hello world\"" },
        { "routes.2.path", "\"/fanout\"" },
        { "routes.2.methods", "[\"POST\"]" },
        { "routes.2.calls", NULL },
        { "routes.3.path", "\"/{task}\"" },
        { "routes.4", NULL },
    };
    struct settings settings = config_bench_settings(NULL);
    struct config *config = config_built_in(&settings);
    cleanup_buf struct buf json;
    (void)state;

    render(config, &json);

    check_values(buf_view(&json), rows, array_length(rows));
    config_release(config);
}

/* ---- secrets ---- */

static const char with_secrets[] =
    "{ \"backends\": { \"a\": { \"servers\": [\"http://127.0.0.1:1\"] } }, \"routes\": ["
    " { \"path\": \"/\", \"respond\": { \"text\": \"SHOWN\", \"headers\": { \"Set-Cookie\": \"HIDDEN\","
    " \"X-Token\": \"HIDDEN\", \"X-Plain\": \"SHOWN\" } } },"
    " { \"path\": \"/calls\", \"methods\": [\"POST\"], \"calls\": {"
    " \"one\": { \"backend\": \"a\", \"path\": \"/SHOWN?api_key=HIDDEN&x=SHOWN\" },"
    " \"two\": { \"backend\": \"a\", \"path\": \"/?token=HIDDEN{one.id}\","
    " \"headers\": { \"authorization\": \"Bearer HIDDEN\", \"X-Secret\": \"HIDDEN {one.s} HIDDEN\","
    " \"X-Plain\": \"SHOWN\" }, \"body\": { \"password\": \"HIDDEN\", \"user\": \"SHOWN\" } } } } ] }";

static size_t count_of(struct str text, struct str word)
{
    size_t count = 0;

    for (size_t i = 0; i < text.length; i++) {
        count += str_starts_with(str_from(text, i), word);
    }
    return count;
}

static void secrets_are_covered_and_nothing_else_is(void **state)
{
    static const struct value_row rows[] = {
        { "routes.0.respond.headers.Set-Cookie", "\"***\"" },
        { "routes.0.respond.headers.X-Token", "\"***\"" },
        { "routes.1.calls.one.path", "\"/SHOWN?api_key=***&x=SHOWN\"" },
        { "routes.1.calls.two.path", "\"/?token=***{one.id}\"" },
        { "routes.1.calls.two.headers.authorization", "\"***\"" },
        { "routes.1.calls.two.headers.X-Secret", "\"***{one.s}***\"" },
        { "routes.1.calls.two.body", "{ \"password\": \"***\", \"user\": \"SHOWN\" }" },
    };
    struct config *config = config_bench_read(with_secrets);
    cleanup_buf struct buf json;
    (void)state;

    render(config, &json);

    check_values(buf_view(&json), rows, array_length(rows));
    assert_int_equal(count_of(buf_view(&json), STR("HIDDEN")), 0);
    assert_int_equal(count_of(buf_view(&json), STR("SHOWN")), count_of(str_of(with_secrets), STR("SHOWN")));
    config_release(config);
}

static void covered_secrets_read_again_and_change_no_plan(void **state)
{
    (void)state;

    read_again(NULL, with_secrets);
}

/* ---- bounds ---- */

static void json_says_when_it_does_not_fit(void **state)
{
    struct config *config = config_bench_read(with_secrets);
    cleanup_buf struct buf whole;
    (void)state;
    render(config, &whole);

    for (size_t limit = 0; limit < whole.length; limit++) {
        cleanup_buf struct buf json;
        buf_init(&json, limit);
        assert_int_equal(config_json_render(config, &json), -ENOBUFS);
    }
    config_release(config);
}

/* Not even with a hole where the one piece should be that is too long. */
static void json_says_when_a_piece_of_it_does_not_fit(void **state)
{
    enum { REFERENCE_BYTES = 3000, LIMIT = 2500 };
    struct config *config = config_bench_read_long(REFERENCE_BYTES);
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    assert_int_equal(config_json_render(config, &json), -ENOBUFS);

    config_release(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_shown_reads_as_the_same_configuration),
        cmocka_unit_test(every_key_is_shown_with_its_value),
        cmocka_unit_test(flags_are_shown_in_place_of_the_files_values),
        cmocka_unit_test(without_a_file_the_built_in_routes_are_paths),
        cmocka_unit_test(secrets_are_covered_and_nothing_else_is),
        cmocka_unit_test(covered_secrets_read_again_and_change_no_plan),
        cmocka_unit_test(json_says_when_it_does_not_fit),
        cmocka_unit_test(json_says_when_a_piece_of_it_does_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
