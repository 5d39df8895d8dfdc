/* SPDX-License-Identifier: MIT */
/*
 * What lines look like, and which there are. How they get out: test_log_output.
 */
#include "common/log.h"

#include <cjson/cJSON.h>

#include "common/clock.h"
#include "tests/support/unit.h"
#include "tests/unit/common/log_fixture.h"

static void log_text_line_has_local_time_and_milliseconds(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);

    (void)buf_add_text(log_begin(&fixture.log, UINT64_C(1713567544572999)), "Received task1 Request!!");
    log_end(&fixture.log);
    log_flush(&fixture.log);

    assert_string_equal(log_fixture_written(&fixture), "2024-04-20 07:59:04,572 - Received task1 Request!!\n");
    log_fixture_close(&fixture);
}

static void log_json_line_has_universal_time_and_microseconds(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_JSON, LOG_INFO);

    (void)buf_add_text(log_begin(&fixture.log, UINT64_C(1767323045123456)), ",\"event\":\"x\"}");
    log_end(&fixture.log);
    log_flush(&fixture.log);

    assert_string_equal(log_fixture_written(&fixture),
                        "{\"ts\":\"2026-01-02T03:04:05.123456+00:00\",\"event\":\"x\"}\n");
    log_fixture_close(&fixture);
}

/* A machine whose clock was never set. */
static void log_json_line_has_its_time_in_the_clocks_first_second_too(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_JSON, LOG_INFO);

    (void)buf_add_text(log_begin(&fixture.log, 1), ",\"event\":\"x\"}");
    log_end(&fixture.log);
    log_flush(&fixture.log);

    assert_string_equal(log_fixture_written(&fixture),
                        "{\"ts\":\"1970-01-01T00:00:00.000001+00:00\",\"event\":\"x\"}\n");
    log_fixture_close(&fixture);
}

static void log_stamp_follows_the_clock_in_both_directions(void **state)
{
    const uint64_t second_us = CLOCK_US_PER_SECOND;
    const uint64_t start_us = UINT64_C(1713567544000000);
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);

    const uint64_t times_us[] = { start_us, start_us + 999999, start_us + second_us, start_us - 1, 0 };
    for (size_t i = 0; i < array_length(times_us); i++) {
        (void)log_begin(&fixture.log, times_us[i]);
        log_end(&fixture.log);
    }
    log_flush(&fixture.log);

    assert_string_equal(log_fixture_written(&fixture), "2024-04-20 07:59:04,000 - \n"
                                                       "2024-04-20 07:59:04,999 - \n"
                                                       "2024-04-20 07:59:05,000 - \n"
                                                       "2024-04-20 07:59:03,999 - \n"
                                                       "1970-01-01 09:00:00,000 - \n");
    log_fixture_close(&fixture);
}

static void log_bare_line_has_no_stamp(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);

    (void)buf_add_text(log_begin_bare(&fixture.log), "INFO:     x");
    log_end(&fixture.log);
    log_flush(&fixture.log);

    assert_string_equal(log_fixture_written(&fixture), "INFO:     x\n");
    log_fixture_close(&fixture);
}

static void log_line_formats_its_arguments(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "listening on %s:%d", "127.0.0.1", 8080);
    log_flush(&fixture.log);

    assert_true(log_fixture_matches(log_fixture_written(&fixture),
                                    "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} - "
                                    "listening on 127\\.0\\.0\\.1:8080\n$"));
    log_fixture_close(&fixture);
}

static void log_json_message_is_an_object_with_level_and_message(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_JSON, LOG_INFO);

    log_line(&fixture.log, LOG_WARN, "a \"quoted\" %s\n%c", "word", 0x1b);
    log_flush(&fixture.log);

    assert_true(log_fixture_matches(
        log_fixture_written(&fixture),
        "^\\{\"ts\":\"[0-9-]{10}T[0-9:]{8}\\.[0-9]{6}\\+00:00\",\"event\":\"log\",\"level\":\"warn\","
        "\"message\":\"a \\\\\"quoted\\\\\" word\\\\u000a\\\\u001b\"\\}\n$"));
    cJSON *tree = cJSON_Parse(fixture.output);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(tree, "message")), "a \"quoted\" word\n\x1b");
    cJSON_Delete(tree);
    log_fixture_close(&fixture);
}

static void log_text_message_stays_on_one_line(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "a\r\nINFO:     %s\x7f\xc3\xa9", "forged\n");
    log_flush(&fixture.log);

    assert_true(log_fixture_matches(log_fixture_written(&fixture), " - a  INFO:     forged  \xc3\xa9\n$"));
    assert_ptr_equal(strchr(fixture.output, '\n'), strrchr(fixture.output, '\n'));
    log_fixture_close(&fixture);
}

static void log_text_message_shows_a_terminal_nothing_it_would_obey(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "a\x1b[2J\xc2\x9b\x32J b\xe2\x80\xae\xe2\x80\xac c\x9b d\xe2\x82");
    log_flush(&fixture.log);

    assert_true(log_fixture_matches(log_fixture_written(&fixture), " - a \\[2J  2J b       c  d  \n$"));
    log_fixture_close(&fixture);
}

static void log_leaves_out_lines_below_its_level(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_WARN);

    log_line(&fixture.log, LOG_ERROR, "one");
    log_line(&fixture.log, LOG_WARN, "two");
    log_line(&fixture.log, LOG_INFO, "three");
    log_line(&fixture.log, LOG_DEBUG, "four");
    log_flush(&fixture.log);

    assert_true(log_fixture_matches(log_fixture_written(&fixture), " - one\n[0-9].* - two\n$"));
    assert_true(log_wants(&fixture.log, LOG_WARN));
    assert_false(log_wants(&fixture.log, LOG_INFO));
    log_fixture_close(&fixture);
}

static void log_announces_at_every_level(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_ERROR);

    log_line(&fixture.log, LOG_INFO, "quiet");
    log_announce(&fixture.log, "listening on %s", "127.0.0.1:8080");
    log_flush(&fixture.log);

    assert_true(
        log_fixture_matches(log_fixture_written(&fixture), "^[^\n]{23} - listening on 127\\.0\\.0\\.1:8080\n$"));
    log_fixture_close(&fixture);
}

static void log_cuts_a_text_line_that_is_too_long(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "before");
    struct buf *line = log_begin_bare(&fixture.log);
    for (int i = 0; i < 1000000; i++) {
        (void)buf_add_byte(line, 'x');
    }
    log_end(&fixture.log);
    log_line(&fixture.log, LOG_INFO, "after");
    log_flush(&fixture.log);

    assert_true(log_fixture_matches(log_fixture_written(&fixture), "^[^\n]* - before\nx+\n[^\n]* - after\n$"));
    assert_in_range(strlen(fixture.output), 256 * 1024, 257 * 1024);
    log_fixture_close(&fixture);
}

static void log_replaces_a_json_line_that_is_too_long(void **state)
{
    struct log_fixture fixture;
    cleanup_free char *message = malloc(400000);
    (void)state;
    assert_non_null(message);
    memset(message, 'x', 399999);
    message[399999] = '\0';
    log_fixture_open(&fixture, LOG_JSON, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "before");
    log_line(&fixture.log, LOG_INFO, "%s", message);
    log_line(&fixture.log, LOG_INFO, "after");
    log_flush(&fixture.log);

    assert_true(log_fixture_matches(log_fixture_written(&fixture),
                                    "^[^\n]*\"before\"\\}\n[^\n]*a line of over 256 KiB was left out\"\\}\n"
                                    "[^\n]*\"after\"\\}\n$"));
    assert_true(strlen(fixture.output) < 1000);
    log_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_text_line_has_local_time_and_milliseconds),
        cmocka_unit_test(log_json_line_has_universal_time_and_microseconds),
        cmocka_unit_test(log_json_line_has_its_time_in_the_clocks_first_second_too),
        cmocka_unit_test(log_stamp_follows_the_clock_in_both_directions),
        cmocka_unit_test(log_bare_line_has_no_stamp),
        cmocka_unit_test(log_line_formats_its_arguments),
        cmocka_unit_test(log_json_message_is_an_object_with_level_and_message),
        cmocka_unit_test(log_text_message_stays_on_one_line),
        cmocka_unit_test(log_text_message_shows_a_terminal_nothing_it_would_obey),
        cmocka_unit_test(log_leaves_out_lines_below_its_level),
        cmocka_unit_test(log_announces_at_every_level),
        cmocka_unit_test(log_cuts_a_text_line_that_is_too_long),
        cmocka_unit_test(log_replaces_a_json_line_that_is_too_long),
    };

    return cmocka_run_group_tests(tests, log_fixture_set_time_zone, NULL);
}
