/* SPDX-License-Identifier: MIT */
#include "lab/experiment_events.h"

#include "common/json_scan.h"
#include "lab/results_json.h"
#include "tests/support/unit.h"
#include "tests/unit/lab/sample_results.h"

enum { OUTPUT_BYTES = 64 * 1024 };

struct scene {
    char text[OUTPUT_BYTES];
    struct sample_results sample;
    struct experiment_events events;
};

static void open_scene(struct scene *scene)
{
    memset(scene->text, 0, sizeof scene->text);
    sample_results_init(&scene->sample);
    scene->events.output = fmemopen(scene->text, sizeof scene->text, "w");
    assert_non_null(scene->events.output);
    experiment_events_init(&scene->events);
}

static void close_scene(struct scene *scene)
{
    (void)fclose(scene->events.output);
}

static void events_begin_with_what_is_going_to_happen_and_theory(void **state)
{
    static struct scene scene;

    (void)state;
    open_scene(&scene);

    scene.events.audience.on_begin(&scene.events.audience, &scene.sample.experiment);

    assert_string_equal(
        scene.text,
        "{\"event\":\"begin\",\"kind\":\"experiment\",\"delay_ms\":2000,\"modes\":[\"sync\",\"async\"],"
        "\"tasks\":[\"task1\",\"task2\"],\"threads\":16,\"blocking\":[\"task1\"],\"theory\":["
        "{\"mode\":\"sync\",\"tasks\":[{\"earliest_s\":2,\"latest_s\":2},{\"earliest_s\":4,\"latest_s\":4}]},"
        "{\"mode\":\"async\",\"tasks\":[{\"earliest_s\":2,\"latest_s\":2},{\"earliest_s\":2,\"latest_s\":2}]}]}\n");
    close_scene(&scene);
}

static void events_of_a_mode_are_written_as_they_come(void **state)
{
    static struct scene scene;
    static const struct url gateway = { .authority = "127.0.0.1:1" };
    struct audience *audience = &scene.events.audience;

    (void)state;
    open_scene(&scene);

    audience->on_mode(audience, &scene.sample.modes[1], &gateway);
    assert_string_equal(scene.text, "{\"event\":\"mode\",\"mode\":\"async\"}\n");
    size_t first_length = strlen(scene.text);
    audience->on_mode_done(audience, &scene.sample.modes[1]);

    const char *done = scene.text + first_length;
    assert_true(
        strstr(done, "{\"event\":\"mode_done\",\"mode\":\"async\",\"result\":{\"mode\":\"async\",\"tasks\":[{") ==
        done);
    assert_int_equal(json_scan_check(str_of(done), JSON_SCAN_DEPTH, NULL), 0);
    close_scene(&scene);
}

static void events_say_what_a_line_tells_of_which_task(void **state)
{
    static const struct {
        const char *name;
        enum journal_side side;
        enum log_line_event event;
        const char *task;
        const char *expected;
    } rows[] = {
        { "sent", JOURNAL_SENDER, LOG_LINE_SENT, "task1", "\"task\":\"task1\",\"what\":\"send\"}\n" },
        { "received", JOURNAL_GATEWAY, LOG_LINE_RECEIVED, "task1", "\"task\":\"task1\",\"what\":\"received\"}\n" },
        { "call started", JOURNAL_BACKEND, LOG_LINE_RECEIVED, "a", "\"task\":\"a\",\"what\":\"call_started\"}\n" },
        { "call done", JOURNAL_BACKEND, LOG_LINE_SEND, "a", "\"task\":\"a\",\"what\":\"call_done\"}\n" },
        { "gateway answers", JOURNAL_GATEWAY, LOG_LINE_SEND, "a", "\"task\":\"a\",\"what\":\"answered\"}\n" },
        { "sender has it", JOURNAL_SENDER, LOG_LINE_ANSWERED, "a", "\"task\":\"a\",\"what\":\"answered\"}\n" },
        { "the rest", JOURNAL_GATEWAY, LOG_LINE_DONE, NULL, "\"task\":null,\"what\":\"other\"}\n" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        static struct scene scene;
        open_scene(&scene);
        const struct audience_line line = {
            .mode = &scene.sample.modes[0],
            .side = rows[i].side,
            .event = rows[i].event,
            .at_us = 12345,
            .text = STR("text"),
            .task = rows[i].task,
        };

        scene.events.audience.on_line(&scene.events.audience, &line);

        const char *front = "{\"event\":\"line\",\"mode\":\"sync\",\"side\":\"";
        assert_case(rows[i].name, strstr(scene.text, front) == scene.text);
        assert_case(rows[i].name, strstr(scene.text, "\"at_ms\":12.345,\"text\":\"text\",") != NULL);
        assert_case(rows[i].name, strcmp(strstr(scene.text, "\"task\":"), rows[i].expected) == 0);
        close_scene(&scene);
    }
}

static void events_with_any_bytes_are_one_line_of_valid_json(void **state)
{
    static struct scene scene;
    const struct audience_line line = {
        .mode = &scene.sample.modes[0],
        .side = JOURNAL_SENDER,
        .text = STR_STATIC("\"}\n\r\x00\x1b\x7f\xff\xc3\xed\xa0\x80</script>\xe2\x80\xa8\\"),
    };

    (void)state;
    open_scene(&scene);

    scene.events.audience.on_line(&scene.events.audience, &line);
    experiment_events_fail(&scene.events, "a \"bad\" \xff byte");

    struct str rest = str_of(scene.text);
    struct str first = str_split(&rest, '\n');
    struct str second = str_split(&rest, '\n');
    assert_int_equal(json_scan_check(first, JSON_SCAN_DEPTH, NULL), 0);
    assert_text(second, "{\"event\":\"failed\",\"error\":\"a \\\"bad\\\" \\ufffd byte\"}");
    assert_int_equal(rest.length, 0);
    close_scene(&scene);
}

static void events_end_with_the_whole_document(void **state)
{
    static struct scene scene;

    (void)state;
    open_scene(&scene);

    experiment_events_end(&scene.events, results_json(&scene.sample.experiment, NULL));

    const char *front = "{\"event\":\"end\",\"document\":{\"version\":1,\"delay_ms\":2000,\"modes\":[";
    assert_true(strstr(scene.text, front) == scene.text);
    assert_int_equal(json_scan_check(str_of(scene.text), JSON_SCAN_DEPTH, NULL), 0);
    close_scene(&scene);
}

static void events_end_with_a_failure_where_there_was_no_memory_for_the_document(void **state)
{
    static struct scene scene;

    (void)state;
    open_scene(&scene);

    experiment_events_end(&scene.events, NULL);

    assert_string_equal(scene.text, "{\"event\":\"failed\",\"error\":\"out of memory\"}\n");
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_begin_with_what_is_going_to_happen_and_theory),
        cmocka_unit_test(events_of_a_mode_are_written_as_they_come),
        cmocka_unit_test(events_say_what_a_line_tells_of_which_task),
        cmocka_unit_test(events_with_any_bytes_are_one_line_of_valid_json),
        cmocka_unit_test(events_end_with_the_whole_document),
        cmocka_unit_test(events_end_with_a_failure_where_there_was_no_memory_for_the_document),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
