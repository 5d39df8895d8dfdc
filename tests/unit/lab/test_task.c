/* SPDX-License-Identifier: MIT */
#include "lab/task.h"

#include "tests/support/unit.h"

static void task_names_are_those_the_gateway_takes(void **state)
{
    const struct {
        struct str name;
        bool expected;
    } rows[] = {
        { STR("task1"), true },
        { STR("A.b-c_9"), true },
        { STR("..."), true },
        { STR(""), false },
        { STR("_task"), false },
        { STR("."), false },
        { STR(".."), false },
        { STR("a b"), false },
        { STR("a/b"), false },
        { STR("a?b"), false },
        { STR("\xc3\xa9"), false },
        { STR("a\0b"), false },
        { STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), true },
        { STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), false },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        assert_case(rows[i].name.base, task_is_name(rows[i].name) == rows[i].expected);
    }
}

static void task_urls_join_the_gateways_path_and_the_task(void **state)
{
    static const struct {
        const char *gateway, *task, *authority, *path;
    } rows[] = {
        { "http://127.0.0.1:8080", "task1", "127.0.0.1:8080", "/task1" },
        { "http://127.0.0.1:8080/", "task1", "127.0.0.1:8080", "/task1" },
        { "http://127.0.0.1:8080", "/task1", "127.0.0.1:8080", "/task1" },
        { "http://gateway/api", "fanout?n=10", "gateway", "/api/fanout?n=10" },
        { "http://[::1]:8080/api/", "a/b", "[::1]:8080", "/api/a/b" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct url gateway;
        struct url url;
        struct error error;
        assert_int_equal(url_parse(str_of(rows[i].gateway), &gateway, &error), 0);

        assert_int_equal(task_url(&gateway, str_of(rows[i].task), &url, &error), 0);

        assert_string_equal(url.authority, rows[i].authority);
        assert_string_equal(url.path, rows[i].path);
    }
}

static void task_urls_are_refused_where_they_cannot_be(void **state)
{
    static const struct {
        const char *name, *gateway, *task;
    } rows[] = {
        { "the gateway has a query", "http://127.0.0.1:8080/?a=b", "task1" },
        { "a blank", "http://127.0.0.1:8080", "a b" },
        { "a fragment", "http://127.0.0.1:8080", "a#b" },
        { "a line break", "http://127.0.0.1:8080", "a\r\nX: y" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct url gateway;
        struct url url;
        struct error error = { { '\0' } };
        assert_case(rows[i].name, url_parse(str_of(rows[i].gateway), &gateway, &error) == 0);

        assert_case(rows[i].name, task_url(&gateway, str_of(rows[i].task), &url, &error) < 0);

        assert_case(rows[i].name, error.text[0] != '\0');
    }
}

static void task_urls_have_a_longest(void **state)
{
    char task[4096];
    struct url gateway;
    struct url url;
    struct error error;

    (void)state;
    memset(task, 'a', sizeof task - 1);
    task[sizeof task - 1] = '\0';
    assert_int_equal(url_parse(STR("http://127.0.0.1:8080"), &gateway, &error), 0);

    assert_true(task_url(&gateway, str_of(task), &url, &error) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(task_names_are_those_the_gateway_takes),
        cmocka_unit_test(task_urls_join_the_gateways_path_and_the_task),
        cmocka_unit_test(task_urls_are_refused_where_they_cannot_be),
        cmocka_unit_test(task_urls_have_a_longest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
