/* SPDX-License-Identifier: MIT */
#include "lab/results.h"

#include <cjson/cJSON.h>
#include <errno.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/sample_results.h"

enum { TEXT_BYTES = 64 * 1024 };

static void results_are_ok_when_every_task_took_what_theory_says(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init(&sample);

    assert_true(results_all_ok(&sample.experiment));
    assert_int_equal(sample.modes[0].total_us, 4006500);
    assert_int_equal(sample.modes[0].theory.latest_us, 4000000);
    assert_int_equal(sample.modes[1].total_us, 2002000);
}

static void results_are_not_ok_when_one_task_is_late(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init(&sample);
    sample.tasks[1][1].ended_us = 4000000;

    results_judge(&sample.modes[1]);

    assert_true(sample.tasks[1][0].ok);
    assert_false(sample.tasks[1][1].ok);
    assert_false(sample.modes[1].ok);
    assert_false(results_all_ok(&sample.experiment));
}

static void results_are_not_ok_when_a_status_is_not_2xx(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init(&sample);
    sample.tasks[0][0].status = 502;

    results_judge(&sample.modes[0]);

    assert_false(sample.modes[0].ok);
    assert_int_equal(sample.modes[0].total_us, 4006500);
}

static void results_of_nothing_are_not_ok(void **state)
{
    struct experiment_result nothing = { .delay_us = 1000 };

    (void)state;

    assert_false(results_all_ok(&nothing));
}

static void results_have_no_total_when_an_answer_never_came(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init(&sample);

    sample_results_fail(&sample, 1);

    assert_true(sample.modes[0].total_us == RESULTS_UNKNOWN_US);
    assert_true(results_elapsed_us(&sample.tasks[0][1]) == RESULTS_UNKNOWN_US);
    assert_false(sample.modes[0].ok);
}

static void results_as_json_have_exactly_the_promised_members(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, TEXT_BYTES);
    sample_results_init(&sample);

    assert_int_equal(results_add_json(&sample.experiment, &text), 0);

    assert_text(buf_view(&text),
                "{\"version\":1,\"delay_ms\":2000,\"modes\":["
                "{\"mode\":\"sync\",\"tasks\":["
                "{\"name\":\"task1\",\"sent_ms\":0,\"answered_ms\":2003,\"seconds\":2.003,\"status\":200},"
                "{\"name\":\"task2\",\"sent_ms\":0.5,\"answered_ms\":4006.5,\"seconds\":4.006,\"status\":200}],"
                "\"total_s\":4.0065,\"theory_s\":4,\"ratio\":1.0016,\"ok\":true},"
                "{\"mode\":\"async\",\"tasks\":["
                "{\"name\":\"task1\",\"sent_ms\":0,\"answered_ms\":2001,\"seconds\":2.001,\"status\":200},"
                "{\"name\":\"task2\",\"sent_ms\":0,\"answered_ms\":2002,\"seconds\":2.002,\"status\":200}],"
                "\"total_s\":2.002,\"theory_s\":2,\"ratio\":1.001,\"ok\":true}]}\n");
}

static void results_as_json_say_null_where_no_answer_came(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, TEXT_BYTES);
    sample_results_init(&sample);
    sample_results_fail(&sample, 1);
    sample.tasks[0][1].sent_us = RESULTS_UNKNOWN_US;

    assert_int_equal(results_add_json(&sample.experiment, &text), 0);

    cJSON *root = cJSON_ParseWithLength(text.base, text.length);
    const cJSON *mode = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "modes"), 0);
    const cJSON *task = cJSON_GetArrayItem(cJSON_GetObjectItem(mode, "tasks"), 1);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(task, "sent_ms")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(task, "answered_ms")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(task, "seconds")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(task, "status")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(mode, "total_s")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(mode, "ratio")));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(mode, "ok")));
    cJSON_Delete(root);
}

static void results_as_json_are_refused_where_there_is_no_room(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, 10);
    sample_results_init(&sample);

    assert_int_equal(results_add_json(&sample.experiment, &text), -ENOBUFS);
}

struct stretch_case {
    const char *name;
    struct task_result task;
    size_t count;
    struct stretch expected[STRETCHES_MOST];
};

#define UNKNOWN RESULTS_UNKNOWN_US

static const struct stretch_case stretch_cases[] = {
    { .name = "called at once",
      .task = { .sent_us = 0,
                .ended_us = 100000,
                .status = 200,
                .received_us = 0,
                .call_started_us = 1000,
                .call_done_us = 99000 },
      .count = 1,
      .expected = { { STRETCH_CALL, 0, 100000 } } },
    { .name = "waits, then is called",
      .task = { .sent_us = 0,
                .ended_us = 200000,
                .status = 200,
                .received_us = 100000,
                .call_started_us = 100000,
                .call_done_us = UNKNOWN },
      .count = 2,
      .expected = { { STRETCH_WAITING, 0, 100000 }, { STRETCH_CALL, 100000, 200000 } } },
    { .name = "received, waits for a thread",
      .task = { .sent_us = 0,
                .ended_us = 200000,
                .status = 200,
                .received_us = 1000,
                .call_started_us = 100000,
                .call_done_us = 200000 },
      .count = 2,
      .expected = { { STRETCH_WAITING, 0, 100000 }, { STRETCH_CALL, 100000, 200000 } } },
    { .name = "called back, then held",
      .task = { .sent_us = 0,
                .ended_us = 200000,
                .status = 200,
                .received_us = 0,
                .call_started_us = 0,
                .call_done_us = 100000 },
      .count = 2,
      .expected = { { STRETCH_CALL, 0, 100000 }, { STRETCH_HELD, 100000, 200000 } } },
    { .name = "all three",
      .task = { .sent_us = 5000,
                .ended_us = 300000,
                .status = 200,
                .received_us = 90000,
                .call_started_us = 100000,
                .call_done_us = 200000 },
      .count = 3,
      .expected = { { STRETCH_WAITING, 5000, 100000 },
                    { STRETCH_CALL, 100000, 200000 },
                    { STRETCH_HELD, 200000, 300000 } } },
    { .name = "the backend's log is not ours",
      .task = { .sent_us = 0,
                .ended_us = 200000,
                .status = 200,
                .received_us = 100000,
                .call_started_us = UNKNOWN,
                .call_done_us = UNKNOWN },
      .count = 2,
      .expected = { { STRETCH_WAITING, 0, 100000 }, { STRETCH_CALL, 100000, 200000 } } },
    { .name = "nothing is known",
      .task = { .sent_us = 0,
                .ended_us = 200000,
                .status = 200,
                .received_us = UNKNOWN,
                .call_started_us = UNKNOWN,
                .call_done_us = UNKNOWN },
      .count = 1,
      .expected = { { STRETCH_UNKNOWN, 0, 200000 } } },
    { .name = "failed",
      .task = { .sent_us = 0,
                .ended_us = 200000,
                .status = 0,
                .received_us = 0,
                .call_started_us = 0,
                .call_done_us = UNKNOWN },
      .count = 1,
      .expected = { { STRETCH_UNKNOWN, 0, 200000 } } },
    { .name = "stamps before the sending and behind the end",
      .task = { .sent_us = 5000,
                .ended_us = 200000,
                .status = 200,
                .received_us = 0,
                .call_started_us = 0,
                .call_done_us = 900000 },
      .count = 1,
      .expected = { { STRETCH_CALL, 5000, 200000 } } },
    { .name = "never sent", .task = { .sent_us = UNKNOWN, .ended_us = 0 }, .count = 0 },
};

static void results_cut_a_task_into_stretches_without_gaps(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(stretch_cases); i++) {
        const struct stretch_case *row = &stretch_cases[i];
        struct stretch stretches[STRETCHES_MOST];

        size_t count = results_stretches(&row->task, stretches);

        assert_case(row->name, count == row->count);
        for (size_t k = 0; k < count; k++) {
            assert_case(row->name, stretches[k].kind == row->expected[k].kind);
            assert_case(row->name, stretches[k].start_us == row->expected[k].start_us);
            assert_case(row->name, stretches[k].end_us == row->expected[k].end_us);
        }
    }
}

static void results_axis_is_never_shorter_than_the_delay(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init(&sample);

    assert_int_equal(results_longest_us(&sample.experiment), 4006500);
    sample.experiment.mode_count = 0;
    assert_int_equal(results_longest_us(&sample.experiment), 2000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_ok_when_every_task_took_what_theory_says),
        cmocka_unit_test(results_are_not_ok_when_one_task_is_late),
        cmocka_unit_test(results_are_not_ok_when_a_status_is_not_2xx),
        cmocka_unit_test(results_of_nothing_are_not_ok),
        cmocka_unit_test(results_have_no_total_when_an_answer_never_came),
        cmocka_unit_test(results_as_json_have_exactly_the_promised_members),
        cmocka_unit_test(results_as_json_say_null_where_no_answer_came),
        cmocka_unit_test(results_as_json_are_refused_where_there_is_no_room),
        cmocka_unit_test(results_cut_a_task_into_stretches_without_gaps),
        cmocka_unit_test(results_axis_is_never_shorter_than_the_delay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
