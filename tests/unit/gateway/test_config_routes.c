/* SPDX-License-Identifier: MIT */
/* Routes and `respond`. What is refused of them is in tests/config/bad: route*.json, respond*.json, pass*.json. */
#include "common/clock.h"
#include "gateway/mode.h"
#include "tests/unit/gateway/config_bench.h"

enum { TEXT_BYTES = 4 * 1024 * 1024 };

/* ---- routes ---- */

static void config_routes_have_what_the_file_says(void **state)
{
    (void)state;

    struct config *config =
        config_bench_read("{\"backends\":{\"b\":{\"servers\":[\"http://h\"]}},\"routes\":["
                          "{\"path\":\"/a/{x}\",\"methods\":[\"PUT\",\"GET\"],\"deadline\":\"2s\",\"mode\":\"threads\","
                          "\"pass\":true,\"calls\":{\"c\":{\"backend\":\"b\",\"path\":\"/\"}}},"
                          "{\"path\":\"/b\",\"respond\":{\"text\":\"\"}}]}");

    const struct route *route = &config->routes[0];
    const struct route *other = &config->routes[1];
    assert_int_equal(config->route_count, 2);
    assert_string_equal(route->path, "/a/{x}");
    assert_int_equal(route->kind, ROUTE_CALLS);
    assert_int_equal(route->methods, ROUTE_GET | ROUTE_PUT);
    assert_int_equal(route->deadline_us, 2 * CLOCK_US_PER_SECOND);
    assert_int_equal(route->mode, MODE_THREADS);
    assert_true(route->is_pass);
    assert_int_equal(route->plan.call_count, 1);
    assert_int_equal(other->kind, ROUTE_RESPOND);
    assert_int_equal(other->methods, ROUTE_GET);
    assert_int_equal(other->deadline_us, CLOCK_NEVER_US);
    assert_int_equal(other->mode, MODE_INHERITED);
    assert_false(other->is_pass);
    assert_int_equal(other->plan.call_count, 0);
    config_release(config);
}

static void config_routes_are_found_by_the_table(void **state)
{
    struct arena arena;
    struct route_match match;
    (void)state;
    arena_init(&arena, 65536);

    struct config *config = config_bench_read("{\"routes\":[{\"path\":\"/{x}\",\"respond\":{\"text\":\"1\"}},"
                                              "{\"path\":\"/a\",\"respond\":{\"text\":\"2\"}}]}");

    assert_int_equal(route_match(config->route_table, &arena, STR("GET"), STR("/a"), &match), 0);
    assert_ptr_equal(match.route, &config->routes[1]);
    assert_int_equal(route_match(config->route_table, &arena, STR("GET"), STR("/b"), &match), 0);
    assert_ptr_equal(match.route, &config->routes[0]);
    arena_clear(&arena);
    config_release(config);
}

static void config_routes_may_be_10000(void **state)
{
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    (void)buf_add_text(&text, "{\"routes\":[");
    for (int i = 0; i < 10000; i++) {
        (void)buf_add_format(&text, "%s{\"path\":\"/%d\",\"respond\":{\"text\":\"\"}}", i > 0 ? "," : "", i);
    }
    (void)buf_add_text(&text, "]}");
    assert_false(text.failed);

    struct config *config = config_bench_read_with(NULL, buf_view(&text));

    assert_int_equal(config->route_count, 10000);
    config_release(config);
}

/* ---- respond ---- */

static const struct {
    const char *respond;
    int status;
    const char *content_type;
    const char *body;
} respond_rows[] = {
    { "\"text\":\"a\\n\\u00e9\\\"\"", 200, "text/plain; charset=utf-8", "a\n\xc3\xa9\"" },
    { "\"text\":\"\",\"status\":204", 204, "text/plain; charset=utf-8", "" },
    { "\"json\": { \"id\": 12345678901234567890,  \"p\": 1.10 } ", 200, "application/json",
      "{ \"id\": 12345678901234567890,  \"p\": 1.10 }" },
    { "\"json\":null,\"status\":404", 404, "application/json", "null" },
    { "\"json\":\"\\u00e9\"", 200, "application/json", "\"\\u00e9\"" },
    { "\"headers\":{\"content-TYPE\":\"a/b\"},\"json\":[]", 200, "a/b", "[]" },
};

static void config_respond_is_text_or_the_bytes_of_the_file(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(respond_rows); i++) {
        cleanup_buf struct buf text;
        buf_init(&text, TEXT_BYTES);
        (void)buf_add_format(&text, "{\"routes\":[{\"path\":\"/\",\"respond\":{%s}}]}", respond_rows[i].respond);

        struct config *config = config_bench_read_with(NULL, buf_view(&text));

        const struct route_respond *respond = &config->routes[0].respond;
        assert_int_equal(respond->status, respond_rows[i].status);
        assert_string_equal(respond->content_type, respond_rows[i].content_type);
        assert_text(respond->body, respond_rows[i].body);
        assert_int_equal(respond->field_count, 0);
        config_release(config);
    }
}

static void config_respond_has_headers_in_their_order(void **state)
{
    (void)state;

    struct config *config =
        config_bench_read("{\"routes\":[{\"path\":\"/\",\"respond\":{\"text\":\"\",\"headers\":{\"X-B\":\"1 2\","
                          "\"Content-Type\":\"text/html\",\"X-A\":\"~!\"}}}]}");

    const struct route_respond *respond = &config->routes[0].respond;
    assert_int_equal(respond->field_count, 2);
    assert_string_equal(respond->fields[0].name, "X-B");
    assert_string_equal(respond->fields[0].value, "1 2");
    assert_string_equal(respond->fields[1].name, "X-A");
    assert_string_equal(respond->fields[1].value, "~!");
    assert_string_equal(respond->content_type, "text/html");
    config_release(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_routes_have_what_the_file_says),
        cmocka_unit_test(config_routes_are_found_by_the_table),
        cmocka_unit_test(config_routes_may_be_10000),
        cmocka_unit_test(config_respond_is_text_or_the_bytes_of_the_file),
        cmocka_unit_test(config_respond_has_headers_in_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
