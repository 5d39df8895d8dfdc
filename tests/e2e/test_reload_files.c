/* SPDX-License-Identifier: MIT */
/*
 * A file that is refused on SIGHUP changes nothing but one log line and one counter.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/support/reload_scene.h"
#include "tests/support/unit.h"

#define GOOD(word) "{'routes': [{'path': '/hello', 'respond': {'text': '" word "'}}]}"

static const char good_count[] = "fanlight_config_reloads_total{result=\"good\"} ";
static const char bad_count[] = "fanlight_config_reloads_total{result=\"bad\"} ";
static const char last_success[] = "fanlight_config_last_reload_success ";

enum { LONG_KEY_BYTES = 300 * 1024, MANY_FAULTS = 150, TEXT_BYTES = 8 * 1024 * 1024 };

/* In text form: the lines as a person sees them. */
static void start(struct reload_scene *reload)
{
    reload_scene_start(reload, OPTIONS("--log-format=text"), GOOD("one"));
}

static void fetch_hello(const struct reload_scene *reload, const char *expected)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_fetch(reload->scene->gateway_port, "/hello", &answer);
    assert_answer(&answer, 200, expected);
}

/* Behind "YYYY-MM-DD HH:MM:SS,mmm - " the line is this one, with the file's path for FILE; and there is only that one.
 */
static void assert_refused_with(struct reload_scene *reload, const char *name, const char *expected)
{
    static const char words[] = " - reload refused, the configuration stays as it was: ";
    struct process *gateway = &reload->scene->gateway;
    size_t lines = process_count_lines(gateway, "");

    reload_scene_hang_up_and_refuse(reload);
    const char *line = process_wait_for(gateway, words);

    struct str rest = str_of(line + strlen("2026-01-02 03:04:05,678"));
    if (!str_starts_with(rest, str_of(words)) ||
        !str_starts_with(str_from(rest, strlen(words)), str_of(reload->path)) ||
        !str_equal(str_from(rest, strlen(words) + strlen(reload->path)), str_of(expected))) {
        fail_msg("case \"%s\": %s\nis not: %s", name, line, expected);
    }
    assert_int_equal(process_count_lines(gateway, ""), lines + 1);
}

/* ---- what is wrong with it ---- */

#define REST "'routes': [{'path': '/hello', 'respond': {'text': 'bad'}}]}"

static const struct {
    const char *name;
    const char *config;
    const char *expected;
} bad_cases[] = {
    { "nothing", "", ":1:1: not valid JSON: unexpected end" },
    { "a brace is missing", "{'routes': [\n  {'path': '/hello'\n", ":3:1: not valid JSON: unexpected end" },
    { "an unknown key", "{'routes': [\n  {'pth': '/hello', 'respond': {'text': 'bad'}, 'path': '/'}]}",
      ":2:4: routes[0].pth: unknown key \"pth\"; did you mean \"path\"?" },
    { "several faults", "{'mode': 'asink',\n 'deadline': 5,\n 'routes': [{'path': 'hello', 'respond': {'text': 'x'}}]}",
      ":1:10: mode: expected one of sync, threads, async, mixed, wire, not \"asink\"; did you mean async?"
      " (and 2 more faults)" },
    { "line breaks in a value", "{'mode': 'a\\nb\\r\\u2028', " REST,
      ":1:10: mode: expected one of sync, threads, async, mixed, wire, not \"a\\x0Ab\\x0D\\xE2\\x80\\xA8\"" },
    { "a backend nobody knows",
      "{'backends': {'users': {'servers': ['http://127.0.0.1:9']}}, 'routes': [\n"
      "{'path': '/a', 'calls': {'a':\n  {'backend': 'user', 'path': '/'}}}]}",
      ":3:15: routes[0].calls.a.backend: unknown backend \"user\"; did you mean \"users\"?" },
};

static void a_bad_file_is_one_line_with_file_path_line_and_column(void **state)
{
    struct reload_scene *reload = *state;
    start(reload);

    for (size_t i = 0; i < array_length(bad_cases); i++) {
        reload_scene_write(reload, bad_cases[i].config);
        assert_refused_with(reload, bad_cases[i].name, bad_cases[i].expected);
        fetch_hello(reload, "one");
        process_wait_for_count(&reload->scene->gateway, "INFO:", i + 1);
    }
}

/* Wherever a byte of the file comes into the line. */
static void a_key_of_control_bytes_makes_no_second_line(void **state)
{
    struct reload_scene *reload = *state;
    start(reload);
    reload_scene_write(reload, "{'a\\nb': 1, 'c\\r\\n2026-01-02 03:04:05,678 - listening on 127.0.0.1:1': 2, " REST);
    size_t lines = process_count_lines(&reload->scene->gateway, "");

    reload_scene_hang_up_and_refuse(reload);
    reload_scene_take(reload, GOOD("two"));

    assert_int_equal(process_count_lines(&reload->scene->gateway, ""), lines + 2);
    assert_int_equal(process_count_lines(&reload->scene->gateway, "listening on "), 1);
}

static void a_key_of_300_kib_is_cut(void **state)
{
    struct reload_scene *reload = *state;
    cleanup_buf struct buf text;
    start(reload);
    buf_init(&text, TEXT_BYTES);
    (void)buf_add_text(&text, "{\"");
    for (size_t i = 0; i < LONG_KEY_BYTES; i++) {
        (void)buf_add_byte(&text, 'k');
    }
    (void)buf_add_text(&text, "\": 1}");
    assert_false(text.failed);
    reload_scene_write_bytes(reload, buf_view(&text));

    reload_scene_hang_up_and_refuse(reload);
    const char *line = process_wait_for(&reload->scene->gateway, "reload refused");

    assert_true(strlen(line) < 1024);
    assert_non_null(strstr(line, "\"routes\" is missing (and 1 more fault)"));
    fetch_hello(reload, "one");
}

static void of_more_faults_than_are_told_the_number_is_told(void **state)
{
    struct reload_scene *reload = *state;
    cleanup_buf struct buf text;
    start(reload);
    buf_init(&text, TEXT_BYTES);
    (void)buf_add_byte(&text, '{');
    for (int i = 0; i < MANY_FAULTS; i++) {
        (void)buf_add_format(&text, "\"key%d\": 1, ", i);
    }
    (void)buf_add_text(&text, "\"routes\": []}");
    assert_false(text.failed);
    reload_scene_write_bytes(reload, buf_view(&text));

    reload_scene_hang_up_and_refuse(reload);
    const char *line = process_wait_for(&reload->scene->gateway, "reload refused");

    assert_non_null(strstr(line, ":1:2: key0: unknown key \"key0\""));
    assert_non_null(strstr(line, "(and at least 99 more faults)"));
}

/* ---- what is in its place ---- */

static void put_nothing(struct reload_scene *reload)
{
    reload_scene_remove(reload);
}

static void put_directory(struct reload_scene *reload)
{
    reload_scene_remove(reload);
    assert_int_equal(mkdir(reload->path, 0700), 0);
}

static void put_loop_of_links(struct reload_scene *reload)
{
    reload_scene_remove(reload);
    assert_int_equal(symlink(reload->path, reload->path), 0);
}

static void put_nul(struct reload_scene *reload)
{
    static const char bytes[] = "{\"routes\":\0 []}";

    reload_scene_write_bytes(reload, (struct str){ bytes, sizeof bytes - 1 });
}

static void put_too_much(struct reload_scene *reload)
{
    enum { BYTES = 4 * 1024 * 1024 + 1 };
    cleanup_free char *bytes = malloc(BYTES);

    assert_non_null(bytes);
    memset(bytes, ' ', BYTES);
    reload_scene_write_bytes(reload, (struct str){ bytes, BYTES });
}

static const struct {
    const char *name;
    void (*put)(struct reload_scene *reload);
    const char *expected;
} place_cases[] = {
    { "vanished", put_nothing, ": cannot be read: No such file or directory" },
    { "a directory", put_directory, ": cannot be read: Is a directory" },
    { "a loop of links", put_loop_of_links, ": cannot be read: Too many levels of symbolic links" },
    { "a NUL", put_nul, ":1:11: not valid JSON: a NUL byte" },
    { "too much", put_too_much, ":1:1: has more than 4 MiB" },
};

static void a_file_that_vanished_or_cannot_be_read_is_refused_and_may_come_back(void **state)
{
    struct reload_scene *reload = *state;
    start(reload);

    for (size_t i = 0; i < array_length(place_cases); i++) {
        place_cases[i].put(reload);
        assert_refused_with(reload, place_cases[i].name, place_cases[i].expected);
        fetch_hello(reload, i == 0 ? "one" : "two");

        (void)remove(reload->path);
        reload_scene_take(reload, GOOD("two"));
        fetch_hello(reload, "two");
        process_wait_for_count(&reload->scene->gateway, "INFO:", 2 * (i + 1));
    }
}

/* ---- counters, and /config ---- */

static void the_counters_tell_good_from_bad_and_how_the_last_one_went(void **state)
{
    struct reload_scene *reload = *state;
    start(reload);
    assert_int_equal(reload_scene_metric(reload, good_count), 0);
    assert_int_equal(reload_scene_metric(reload, bad_count), 0);
    assert_int_equal(reload_scene_metric(reload, last_success), 1);

    reload_scene_refuse(reload, "{");
    assert_int_equal(reload_scene_metric(reload, good_count), 0);
    assert_int_equal(reload_scene_metric(reload, bad_count), 1);
    assert_int_equal(reload_scene_metric(reload, last_success), 0);

    reload_scene_take(reload, GOOD("two"));
    reload_scene_take(reload, GOOD("three"));
    assert_int_equal(reload_scene_metric(reload, good_count), 2);
    assert_int_equal(reload_scene_metric(reload, bad_count), 1);
    assert_int_equal(reload_scene_metric(reload, last_success), 1);

    reload_scene_refuse(reload, "{");
    reload_scene_refuse(reload, "");
    assert_int_equal(reload_scene_metric(reload, good_count), 2);
    assert_int_equal(reload_scene_metric(reload, bad_count), 3);
    assert_int_equal(reload_scene_metric(reload, last_success), 0);
}

static void read_page(const struct reload_scene *reload, const char *target, struct answer *answer)
{
    client_fetch(reload->scene->admin_port, target, answer);
    assert_int_equal(answer->status, 200);
}

static void the_admins_page_shows_the_file_in_use(void **state)
{
    struct reload_scene *reload = *state;
    cleanup_answer struct answer before = ANSWER_NONE;
    cleanup_answer struct answer after = ANSWER_NONE;
    reload_scene_start(reload, OPTIONS("--mode=async"),
                       "{'backends': {'b': {'servers': ['http://127.0.0.1:9'], 'timeout': '3s'}}, 'routes': ["
                       " {'path': '/run/{id}', 'calls': {'run': {'backend': 'b', 'path': '/{id}'}}}]}");
    read_page(reload, "/config", &before);

    reload_scene_refuse(reload, "{'backends': {'b': {'servers': ['http://127.0.0.1:9'], 'timeout': 'soon'}}, " REST);
    read_page(reload, "/config", &after);
    assert_true(str_equal(answer_body(&after), answer_body(&before)));

    reload_scene_take(reload, "{'deadline': '5s', 'limits': {'body_bytes': 77}, 'backends': {'c': {'servers': ["
                              " 'http://127.0.0.1:9'], 'timeout': '4s'}}, 'routes': ["
                              " {'path': '/walk/{id}', 'calls': {'run': {'backend': 'c', 'path': '/{id}'}}}]}");
    cJSON *config = reload_scene_config(reload);
    const cJSON *backends = cJSON_GetObjectItemCaseSensitive(config, "backends");
    assert_string_equal(json_text(config, "deadline"), "5s");
    assert_int_equal(json_number(cJSON_GetObjectItemCaseSensitive(config, "limits"), "body_bytes"), 77);
    assert_null(cJSON_GetObjectItemCaseSensitive(backends, "b"));
    assert_string_equal(json_text(cJSON_GetObjectItemCaseSensitive(backends, "c"), "timeout"), "4s");
    const cJSON *route = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(config, "routes"), 0);
    assert_string_equal(json_text(route, "path"), "/walk/{id}");
    cJSON_Delete(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reload_test(a_bad_file_is_one_line_with_file_path_line_and_column),
        reload_test(a_key_of_control_bytes_makes_no_second_line),
        reload_test(a_key_of_300_kib_is_cut),
        reload_test(of_more_faults_than_are_told_the_number_is_told),
        reload_test(a_file_that_vanished_or_cannot_be_read_is_refused_and_may_come_back),
        reload_test(the_counters_tell_good_from_bad_and_how_the_last_one_went),
        reload_test(the_admins_page_shows_the_file_in_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
