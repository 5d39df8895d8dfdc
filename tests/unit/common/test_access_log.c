/* SPDX-License-Identifier: MIT */
#include "common/access_log.h"

#include <cjson/cJSON.h>
#include <regex.h>
#include <sys/mman.h>

#include "common/clock.h"
#include "tests/support/unit.h"

#define TEXT_STAMP "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} - "
#define JSON_STAMP "\\{\"ts\":\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}\\+00:00\","

struct fixture {
    int descriptor;
    struct log_sink sink;
    struct log log;
    char output[8192];
};

static void open_fixture(struct fixture *fixture, enum log_format format, enum log_level level)
{
    const struct log_options options = { .format = (int)format, .level = (int)level };

    fixture->descriptor = memfd_create("log", MFD_CLOEXEC);
    assert_true(fixture->descriptor >= 0);
    log_sink_init(&fixture->sink, fixture->descriptor, &options);
    log_init(&fixture->log, &fixture->sink);
}

static void close_fixture(struct fixture *fixture)
{
    log_clear(&fixture->log);
    log_sink_clear(&fixture->sink);
    (void)close(fixture->descriptor);
}

static const char *flushed(struct fixture *fixture)
{
    log_flush(&fixture->log);
    ssize_t count = pread(fixture->descriptor, fixture->output, sizeof fixture->output - 1, 0);
    assert_true(count >= 0);
    fixture->output[count] = '\0';
    return fixture->output;
}

/* The whole output, from its first byte to its last line break. */
static void assert_matches(const char *text, const char *pattern)
{
    regex_t regex;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    int result = regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    if (result != 0) {
        fail_msg("\"%s\" does not match %s", text, pattern);
    }
}

static struct access_entry entry_for(struct str target, int status)
{
    return (struct access_entry){
        .method = STR("GET"),
        .target = target,
        .protocol = STR("HTTP/1.1"),
        .client = STR("127.0.0.1:52673"),
        .status = status,
    };
}

static void access_log_has_the_three_lines_of_the_notes(void **state)
{
    const struct access_entry entry = entry_for(STR("/task1"), 200);
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    access_log_received(&fixture.log, &entry);
    access_log_send(&fixture.log, &entry);
    access_log_done(&fixture.log, &entry, STR(""));

    assert_matches(flushed(&fixture), "^" TEXT_STAMP "Received task1 Request!!\n" TEXT_STAMP "Send task1 response\n"
                                      "INFO:     127\\.0\\.0\\.1:52673 - \"GET /task1 HTTP/1\\.1\" 200 OK\n$");
    close_fixture(&fixture);
}

static void access_log_says_499_in_words(void **state)
{
    const struct access_entry entry = entry_for(STR("/task1?x=1"), 499);
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    access_log_done(&fixture.log, &entry, STR(",\"total_us\":1"));

    assert_string_equal(flushed(&fixture),
                        "INFO:     127.0.0.1:52673 - \"GET /task1?x=1 HTTP/1.1\" 499 Client Closed Request\n");
    close_fixture(&fixture);
}

static void access_log_names_the_path_without_slash_and_query(void **state)
{
    const struct {
        struct str target;
        const char *word;
    } cases[] = {
        { STR("/hello"), "hello" },
        { STR("/fanout?tasks=a,b"), "fanout" },
        { STR("/dashboard/7"), "dashboard/7" },
        { STR("//x"), "/x" },
        { STR("/"), "" },
        { STR("/?a"), "" },
        { STR("*"), "\\*" },
        { STR(""), "" },
        { STR("/a?b?c"), "a" },
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct access_entry entry = entry_for(cases[i].target, 200);
        struct fixture fixture;
        char pattern[200];
        open_fixture(&fixture, LOG_TEXT, LOG_INFO);
        (void)snprintf(pattern, sizeof pattern,
                       "^" TEXT_STAMP "Received %s Request!!\n" TEXT_STAMP "Send %s response\n$", cases[i].word,
                       cases[i].word);

        access_log_received(&fixture.log, &entry);
        access_log_send(&fixture.log, &entry);

        assert_matches(flushed(&fixture), pattern);
        close_fixture(&fixture);
    }
}

static void access_log_escapes_all_that_comes_from_outside(void **state)
{
    const struct access_entry entry = {
        .method = STR("G\nT"),
        .target = STR("/a\r\nINFO:     \"\x1b[2J\xff\\"),
        .protocol = STR("HTTP/1.1\n"),
        .client = STR("127.0.0.1:1\n"),
        .status = 400,
    };
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    access_log_done(&fixture.log, &entry, STR(""));

    assert_string_equal(flushed(&fixture),
                        "INFO:     127.0.0.1:1\\x0A - \"G\\x0AT /a\\x0D\\x0AINFO:     \\x22\\x1B[2J\\xFF\\x5C "
                        "HTTP/1.1\\x0A\" 400 Bad Request\n");
    close_fixture(&fixture);
}

static void access_log_escapes_the_word_too(void **state)
{
    const struct access_entry entry = entry_for(STR("/a\n\"b"), 200);
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    access_log_received(&fixture.log, &entry);
    access_log_send(&fixture.log, &entry);

    assert_matches(flushed(&fixture), "^" TEXT_STAMP "Received a\\\\x0A\\\\x22b Request!!\n" TEXT_STAMP
                                      "Send a\\\\x0A\\\\x22b response\n$");
    close_fixture(&fixture);
}

static void access_log_in_json_keeps_the_order_of_members(void **state)
{
    struct access_entry entry = entry_for(STR("/task1?a=b"), 200);
    struct fixture fixture;
    (void)state;
    entry.members = STR(",\"request_id\":\"r\",\"worker\":0");
    open_fixture(&fixture, LOG_JSON, LOG_INFO);

    access_log_received(&fixture.log, &entry);
    access_log_send(&fixture.log, &entry);
    access_log_done(&fixture.log, &entry, STR(",\"total_us\":7,\"calls\":[]"));

#define MIDDLE                                                                                                         \
    "\",\"request_id\":\"r\",\"worker\":0,\"method\":\"GET\",\"target\":\"/"                                           \
    "task1\\?a=b\",\"client\":\"127\\.0\\.0\\.1:52673\""
    assert_matches(flushed(&fixture),
                   "^" JSON_STAMP "\"event\":\"received" MIDDLE "\\}\n" JSON_STAMP "\"event\":\"send" MIDDLE
                   ",\"status\":200\\}\n" JSON_STAMP "\"event\":\"done" MIDDLE
                   ",\"status\":200,\"total_us\":7,\"calls\":\\[\\]\\}\n$");
#undef MIDDLE
    close_fixture(&fixture);
}

/* ---- the done event alone ---- */

static struct str rendered(const struct access_entry *entry, struct str account, struct buf *json)
{
    struct time_stamp stamp;

    time_stamp_init(&stamp);
    access_log_render_done(&stamp, clock_wall_us(), entry, account, json);
    return buf_view(json);
}

static void access_log_renders_the_done_event_as_the_log_has_it(void **state)
{
    struct access_entry entry = entry_for(STR("/task1?a=b"), 200);
    const struct str account = STR(",\"total_us\":7,\"calls\":[]");
    const size_t time_bytes = sizeof "{\"ts\":\"2026-01-02T03:04:05.123456+00:00\"" - 1;
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    entry.members = STR(",\"request_id\":\"r\",\"worker\":0");
    buf_init(&json, sizeof fixture.output);
    open_fixture(&fixture, LOG_JSON, LOG_INFO);

    struct str object = rendered(&entry, account, &json);
    access_log_done(&fixture.log, &entry, account);

    struct str line = str_of(flushed(&fixture));
    assert_true(object.length > time_bytes);
    assert_int_equal(line.length, object.length + 1);
    assert_int_equal(line.base[object.length], '\n');
    assert_memory_equal(line.base + time_bytes, object.base + time_bytes, object.length - time_bytes);
    close_fixture(&fixture);
}

static void access_log_renders_the_done_event_without_a_line_break(void **state)
{
    const struct access_entry entry = entry_for(STR("/a\n\"b\xff"), 499);
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, 4096);

    (void)rendered(&entry, STR(""), &json);
    (void)buf_add_byte(&json, '\0');

    assert_matches(json.base,
                   "^" JSON_STAMP "\"event\":\"done\",\"method\":\"GET\",\"target\":\"/a\\\\u000a\\\\\"b\\\\ufffd\""
                   ",\"client\":\"127\\.0\\.0\\.1:52673\",\"status\":499\\}$");
}

/* An event's data line, for one. */
static void access_log_renders_the_done_event_behind_what_is_there(void **state)
{
    const struct access_entry entry = entry_for(STR("/a"), 200);
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, 4096);
    (void)buf_add_text(&json, "data: ");

    (void)rendered(&entry, STR(""), &json);
    (void)rendered(&entry, STR(""), &json);

    struct str text = buf_view(&json);
    assert_true(str_starts_with(text, STR("data: {\"ts\":\"")));
    assert_int_equal((text.length - 6) % 2, 0);
    assert_true(str_starts_with(str_from(text, 6 + (text.length - 6) / 2), STR("{\"ts\":\"")));
}

static void access_log_says_so_where_the_done_event_does_not_fit(void **state)
{
    const struct access_entry entry = entry_for(STR("/a"), 200);
    cleanup_buf struct buf json;
    cleanup_buf struct buf less;
    (void)state;
    buf_init(&json, 4096);
    size_t length = rendered(&entry, STR(",\"x\":1"), &json).length;
    buf_init(&less, length - 1);

    (void)rendered(&entry, STR(",\"x\":1"), &less);

    assert_false(json.failed);
    assert_true(less.failed);
}

static void access_log_in_json_is_json_whatever_bytes_come_in(void **state)
{
    const struct access_entry entry = entry_for(STR("/\"\\\n\xff\0</script>"), 400);
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_JSON, LOG_INFO);

    access_log_done(&fixture.log, &entry, STR(""));

    cJSON *tree = cJSON_Parse(flushed(&fixture));
    assert_non_null(tree);
    assert_int_equal(cJSON_GetArraySize(tree), 6);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(tree, "event")), "done");
    assert_int_equal(strlen(strchr(fixture.output, '\n')), 1);
    cJSON_Delete(tree);
    close_fixture(&fixture);
}

static void access_log_is_silent_above_info(void **state)
{
    const struct access_entry entry = entry_for(STR("/task1"), 200);
    const enum log_format formats[] = { LOG_TEXT, LOG_JSON };
    (void)state;
    for (size_t i = 0; i < array_length(formats); i++) {
        struct fixture fixture;
        open_fixture(&fixture, formats[i], LOG_WARN);

        access_log_received(&fixture.log, &entry);
        access_log_send(&fixture.log, &entry);
        access_log_done(&fixture.log, &entry, STR(""));

        assert_string_equal(flushed(&fixture), "");
        close_fixture(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(access_log_has_the_three_lines_of_the_notes),
        cmocka_unit_test(access_log_says_499_in_words),
        cmocka_unit_test(access_log_names_the_path_without_slash_and_query),
        cmocka_unit_test(access_log_escapes_all_that_comes_from_outside),
        cmocka_unit_test(access_log_escapes_the_word_too),
        cmocka_unit_test(access_log_in_json_keeps_the_order_of_members),
        cmocka_unit_test(access_log_renders_the_done_event_as_the_log_has_it),
        cmocka_unit_test(access_log_renders_the_done_event_without_a_line_break),
        cmocka_unit_test(access_log_renders_the_done_event_behind_what_is_there),
        cmocka_unit_test(access_log_says_so_where_the_done_event_does_not_fit),
        cmocka_unit_test(access_log_in_json_is_json_whatever_bytes_come_in),
        cmocka_unit_test(access_log_is_silent_above_info),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
