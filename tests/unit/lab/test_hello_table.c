/* SPDX-License-Identifier: MIT */
#include "lab/hello_table.h"

#include "tests/support/unit.h"
#include "tests/unit/lab/hello_fixture.h"

static void fill(struct hello_result *result)
{
    hello_fixture_make(result);
    struct hello_row *hello = hello_fixture_row(result, "hello", HELLO_CLIENT_LIGHT);
    struct hello_row *sync = hello_fixture_row(result, "sync", HELLO_CLIENT_LIGHT);
    hello_fixture_add(hello, 0, 0.05, 0.02, 0.03);
    hello_fixture_add(hello, 0, 0.06, 0.02, 0.03);
    hello_fixture_add(hello, 1, 0.2, 0.24, 0.16);
    hello_fixture_add(sync, 1, 4.2, 0.1, 0.2);
}

static void hello_table_shows_seconds_ratios_processor_time_and_limits(void **state)
{
    static const char expected[] = "Seconds for 1000 requests, mean over the client processes (median of 2 repeats)\n"
                                   "clients                                  1       4\n"
                                   "published             aiohttp        0.464   0.719\n"
                                   "Fanlight /hello       light          0.055   0.200\n"
                                   "Fanlight /hello       heavy              -       -\n"
                                   "other                 light              -       -\n"
                                   "other                 heavy              -       -\n"
                                   "gateway sync, 1ms     light              -   4.200\n"
                                   "gateway sync, 1ms     heavy              -       -\n"
                                   "  theory                             1.000   4.000\n"
                                   "gateway async, 1ms    light              -       -\n"
                                   "gateway async, 1ms    heavy              -       -\n"
                                   "  theory                             1.000   1.000\n"
                                   "\n"
                                   "Ratio: to what was published; of a gateway to theory\n"
                                   "Fanlight /hello       light           0.12    0.28\n";
    struct hello_result result;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    fill(&result);
    buf_init(&text, 64 * 1024);
    hello_table_add(&text, &result, STR(""), false);
    assert_int_equal(buf_add_byte(&text, '\0'), 0);

    assert_int_equal(strncmp(text.base, expected, strlen(expected)), 0);
    assert_non_null(strstr(text.base, "gateway sync, 1ms     light              -    1.05\n"));
    assert_non_null(strstr(text.base, "parts of the median\nFanlight /hello       light            18%      0%\n"));
    assert_non_null(
        strstr(text.base, "clients for a request, us\nFanlight /hello       light             20      60\n"));
    assert_non_null(
        strstr(text.base, "server for a request, us\nFanlight /hello       light             30      40\n"));
    assert_non_null(strstr(text.base, "\nFanlight /hello       light         server machine\n"));
    assert_non_null(strstr(text.base, "\ngateway sync, 1ms     light              - backend\n"));
    assert_null(strstr(text.base, "What the figures show"));
    assert_null(strstr(text.base, "\033"));
    hello_result_clear(&result);
}

static void hello_table_is_never_wider_than_100_columns(void **state)
{
    struct hello_result result;
    cleanup_buf struct buf text = { .base = NULL };
    char findings[4 * 1024] = "";

    (void)state;
    fill(&result);
    result.column_count = HELLO_COLUMNS_MOST;
    for (size_t i = 0; i < HELLO_COLUMNS_MOST; i++) {
        result.clients[i] = i + 1;
        hello_fixture_add(&result.rows[1], i, 1234.5, 100, 100);
    }
    for (size_t i = 0; i < 100; i++) {
        (void)snprintf(findings + strlen(findings), sizeof findings - strlen(findings), "%s%zu", i > 0 ? " word" : "",
                       i);
    }
    buf_init(&text, 64 * 1024);
    hello_table_add(&text, &result, str_of(findings), false);

    struct str rest = buf_view(&text);
    while (rest.length > 0) {
        struct str line = str_split(&rest, '\n');
        assert_in_range(line.length, 0, 100);
    }
    hello_result_clear(&result);
}

static void hello_table_cuts_more_than_8_columns_into_blocks(void **state)
{
    struct hello_result result;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    fill(&result);
    result.column_count = 10;
    for (size_t i = 0; i < result.column_count; i++) {
        result.clients[i] = i + 1;
    }
    buf_init(&text, 64 * 1024);
    hello_table_add(&text, &result, STR(""), false);
    assert_int_equal(buf_add_byte(&text, '\0'), 0);

    assert_non_null(strstr(text.base, "       1       2       3       4       5       6       7       8\n"));
    assert_non_null(strstr(text.base, "clients                                  9      10\n"));
    hello_result_clear(&result);
}

static void hello_table_lists_findings_below(void **state)
{
    struct hello_result result;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    fill(&result);
    buf_init(&text, 64 * 1024);
    hello_table_add(&text, &result, STR("One thing.\nAnother.\n"), true);
    assert_int_equal(buf_add_byte(&text, '\0'), 0);

    assert_non_null(strstr(text.base, "\033[1mWhat the figures show\033[0m\n- One thing.\n- Another.\n"));
    hello_result_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_table_shows_seconds_ratios_processor_time_and_limits),
        cmocka_unit_test(hello_table_is_never_wider_than_100_columns),
        cmocka_unit_test(hello_table_cuts_more_than_8_columns_into_blocks),
        cmocka_unit_test(hello_table_lists_findings_below),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
