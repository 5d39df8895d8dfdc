/* SPDX-License-Identifier: MIT */
#include "lab/hello_rows.h"

#include "tests/support/unit.h"

static const struct hello_target targets[] = { { .name = "aiohttp", .url = "http://127.0.0.1:8081/" } };

static const struct hello_own own = {
    .sync = { .authority = "127.0.0.1:1" },
    .async = { .authority = "127.0.0.1:2" },
};

static struct hello_config config_with(const char *command, bool only_targets)
{
    return (struct hello_config){
        .delay_us = 1000,
        .client_command = command,
        .targets = targets,
        .target_count = array_length(targets),
        .only_targets = only_targets,
    };
}

static void rows_are_the_published_ours_and_the_others(void **state)
{
    static const struct {
        const char *name, *url;
    } expected[] = {
        { "published", "" },
        { "hello", "http://127.0.0.1:2/hello" },
        { "aiohttp", "http://127.0.0.1:8081/" },
        { "sync", "http://127.0.0.1:1/task1" },
        { "async", "http://127.0.0.1:2/task1" },
    };
    const struct hello_config config = config_with(NULL, false);
    struct hello_result result = { .rows = NULL };

    (void)state;
    assert_int_equal(hello_rows_make(&config, &own, &result), 0);

    assert_int_equal(result.row_count, array_length(expected));
    for (size_t i = 0; i < array_length(expected); i++) {
        assert_string_equal(result.rows[i].name, expected[i].name);
        assert_string_equal(result.rows[i].url, expected[i].url);
    }
    assert_int_equal(result.rows[0].client, HELLO_CLIENT_PUBLISHED);
    assert_int_equal(result.rows[1].client, HELLO_CLIENT_LIGHT);
    assert_true(result.rows[3].is_gateway && result.rows[3].mode == MODE_SYNC);
    assert_false(result.rows[1].is_gateway);
    assert_true(result.rows[1].is_ours);
    assert_false(result.rows[2].is_ours);
    assert_string_equal(result.client_label, "");
    hello_result_clear(&result);
}

static void rows_stand_twice_when_there_is_another_client(void **state)
{
    static const char *const expected[] = { "published", "hello", "hello", "aiohttp", "aiohttp",
                                            "sync",      "sync",  "async", "async" };
    const struct hello_config config = config_with("python3 examples/aiohttp/hello_client.py", false);
    struct hello_result result = { .rows = NULL };

    (void)state;
    assert_int_equal(hello_rows_make(&config, &own, &result), 0);

    assert_int_equal(result.row_count, array_length(expected));
    for (size_t i = 0; i < array_length(expected); i++) {
        assert_string_equal(result.rows[i].name, expected[i]);
        assert_true(i == 0 || result.rows[i].client == (i % 2 == 1 ? HELLO_CLIENT_LIGHT : HELLO_CLIENT_COMMAND));
    }
    assert_string_equal(result.client_label, "hello_client");
    hello_result_clear(&result);
}

static void rows_are_the_others_alone_when_asked_for(void **state)
{
    const struct hello_config config = config_with(NULL, true);
    struct hello_result result = { .rows = NULL };

    (void)state;
    assert_int_equal(hello_rows_make(&config, &own, &result), 0);

    assert_int_equal(result.row_count, 2);
    assert_string_equal(result.rows[1].name, "aiohttp");
    hello_result_clear(&result);
}

static void client_of_a_command_is_called_by_its_file(void **state)
{
    static const struct {
        const char *command, *expected;
    } rows[] = {
        { "python3 examples/aiohttp/hello_client.py", "hello_client" },
        { "./client", "client" },
        { "client", "client" },
        { "  node /opt/client.mjs  ", "client" },
        { ".hidden", ".hidden" },
        { "a/", "command" },
        { "cl\x1b[31mient", "command" },
        { "\xc3\xa9", "command" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        char label[32];

        hello_rows_client_label(rows[i].command, label, sizeof label);

        assert_string_equal(label, rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_the_published_ours_and_the_others),
        cmocka_unit_test(rows_stand_twice_when_there_is_another_client),
        cmocka_unit_test(rows_are_the_others_alone_when_asked_for),
        cmocka_unit_test(client_of_a_command_is_called_by_its_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
