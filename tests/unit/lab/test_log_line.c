/* SPDX-License-Identifier: MIT */
#include "lab/log_line.h"

#include "tests/support/unit.h"

#define AT(hours, minutes, seconds, us) ((((uint64_t)(hours)*60 + (minutes)) * 60 + (seconds)) * 1000000 + (us))

static const struct {
    const char *name;
    const char *line;
    enum log_line_event event;
    const char *task;
    bool has_stamp;
    uint64_t day_us;
} cases[] = {
    { "received", "2024-04-20 07:59:04,572 - Received task1 Request!!", LOG_LINE_RECEIVED, "task1", true,
      AT(7, 59, 4, 572000) },
    { "send", "2024-04-20 23:59:59,999 - Send task2 response", LOG_LINE_SEND, "task2", true, AT(23, 59, 59, 999000) },
    { "done", "INFO:     127.0.0.1:52673 - \"GET /task1 HTTP/1.1\" 200 OK", LOG_LINE_DONE, "task1", false, 0 },
    { "done, with a query", "INFO:     127.0.0.1:52673 - \"GET /a/b?c=/d HTTP/1.1\" 200 OK", LOG_LINE_DONE, "a/b",
      false, 0 },
    { "done, cut off", "INFO:     127.0.0.1", LOG_LINE_DONE, "", false, 0 },
    { "begun", "2024-04-20 00:00:00,000 - --- task1 -----", LOG_LINE_BEGUN, "task1", true, 0 },
    { "sent", "2024-04-20 00:00:00,000 - --- task1 Send!!", LOG_LINE_SENT, "task1", true, 0 },
    { "answered", "2024-04-20 00:00:00,000 - --- task1 status = 502", LOG_LINE_ANSWERED, "task1", true, 0 },
    { "failed", "2024-04-20 00:00:00,000 - --- task1 error = connection_refused", LOG_LINE_FAILED, "task1", true, 0 },
    { "a body", "2024-04-20 00:00:00,000 - --- task1{\"res\":1}", LOG_LINE_OTHER, "", true, 0 },
    { "a body of words", "2024-04-20 00:00:00,000 - --- task1Hello Send!! world", LOG_LINE_OTHER, "", true, 0 },
    { "a name with a slash", "2024-04-20 07:59:04,572 - Received dashboard/7 Request!!", LOG_LINE_RECEIVED,
      "dashboard/7", true, AT(7, 59, 4, 572000) },
    { "an empty name", "2024-04-20 07:59:04,572 - Received  Request!!", LOG_LINE_RECEIVED, "", true,
      AT(7, 59, 4, 572000) },
    { "too short to be one", "2024-04-20 07:59:04,572 - Received Request!!", LOG_LINE_OTHER, "", true,
      AT(7, 59, 4, 572000) },
    { "no stamp", "Received task1 Request!!", LOG_LINE_OTHER, "", false, 0 },
    { "a broken stamp", "2024-04-20 07:5x:04,572 - Received task1 Request!!", LOG_LINE_OTHER, "", false, 0 },
    { "nothing", "", LOG_LINE_OTHER, "", false, 0 },
    { "JSON received",
      "{\"ts\":\"2026-01-02T03:04:05.123456+00:00\",\"event\":\"received\",\"target\":\"/task1?delay=1s\"}",
      LOG_LINE_RECEIVED, "task1", true, AT(3, 4, 5, 123456) },
    { "JSON send", "{\"ts\":\"2026-01-02T03:04:05.123456+00:00\",\"event\":\"send\",\"target\":\"/a\"}", LOG_LINE_SEND,
      "a", true, AT(3, 4, 5, 123456) },
    { "JSON done", "{\"ts\":\"2026-01-02T03:04:05.123456+00:00\",\"event\":\"done\",\"target\":\"/a\"}", LOG_LINE_DONE,
      "a", true, AT(3, 4, 5, 123456) },
    { "JSON of the sender",
      "{\"ts\":\"2026-01-02T03:04:05.123456+00:00\",\"event\":\"log\",\"message\":\"--- a Send!!\"}", LOG_LINE_SENT,
      "a", true, AT(3, 4, 5, 123456) },
    { "JSON of another message",
      "{\"ts\":\"2026-01-02T03:04:05.123456+00:00\",\"event\":\"log\",\"message\":\"admin on 127.0.0.1:1\"}",
      LOG_LINE_OTHER, "", true, AT(3, 4, 5, 123456) },
    { "no JSON after all", "{\"ts\":", LOG_LINE_OTHER, "", false, 0 },
    { "JSON of other types", "{\"ts\":5,\"event\":[],\"target\":null}", LOG_LINE_OTHER, "", false, 0 },
};

static void log_line_reads_both_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct log_line read;

        log_line_read(str_of(cases[i].line), &read);

        assert_case(cases[i].name, read.event == cases[i].event);
        assert_case(cases[i].name, strcmp(read.name, cases[i].task) == 0);
        assert_case(cases[i].name, read.has_stamp == cases[i].has_stamp);
        assert_case(cases[i].name, read.day_us == cases[i].day_us);
    }
}

static void log_line_names_are_cut_to_fit(void **state)
{
    char line[1024];
    char name[600];
    struct log_line read;

    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    (void)snprintf(line, sizeof line, "2024-04-20 07:59:04,572 - Received %s Request!!", name);

    log_line_read(str_of(line), &read);

    assert_int_equal(strlen(read.name), LOG_LINE_NAME_BYTES - 1);
}

static void log_line_time_passes_across_midnight_and_never_backwards(void **state)
{
    (void)state;

    assert_int_equal(log_line_elapsed_us(AT(7, 0, 0, 0), AT(7, 0, 2, 5)), 2000005);
    assert_int_equal(log_line_elapsed_us(AT(23, 59, 59, 0), AT(0, 0, 1, 0)), 2000000);
    assert_int_equal(log_line_elapsed_us(AT(7, 0, 0, 1000), AT(7, 0, 0, 0)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_line_reads_both_forms),
        cmocka_unit_test(log_line_names_are_cut_to_fit),
        cmocka_unit_test(log_line_time_passes_across_midnight_and_never_backwards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
