/* SPDX-License-Identifier: MIT */
#include "lab/results_json.h"

#include <errno.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/sample_results.h"

enum { TEXT_BYTES = 64 * 1024 };

static void results_json_begins_with_the_promised_members_and_has_the_others_behind_them(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, TEXT_BYTES);
    sample_results_init(&sample);

    assert_int_equal(results_json_print(results_json(&sample.experiment, NULL), &text), 0);

    assert_text(
        buf_view(&text),
        "{\"version\":1,\"delay_ms\":2000,\"modes\":["
        "{\"mode\":\"sync\",\"tasks\":["
        "{\"name\":\"task1\",\"sent_ms\":0,\"answered_ms\":2003,\"seconds\":2.003,\"status\":200,\"error\":null,"
        "\"theory_s\":2,\"theory_earliest_s\":2,\"ratio\":1.0015,\"ok\":true,"
        "\"parts\":[{\"kind\":\"backend\",\"start_ms\":0,\"end_ms\":2003}]},"
        "{\"name\":\"task2\",\"sent_ms\":0.5,\"answered_ms\":4006.5,\"seconds\":4.006,\"status\":200,\"error\":null,"
        "\"theory_s\":4,\"theory_earliest_s\":4,\"ratio\":1.0015,\"ok\":true,"
        "\"parts\":[{\"kind\":\"waiting\",\"start_ms\":0.5,\"end_ms\":2004},"
        "{\"kind\":\"backend\",\"start_ms\":2004,\"end_ms\":4006.5}]}],"
        "\"total_s\":4.0065,\"theory_s\":4,\"ratio\":1.0016,\"ok\":true,\"theory_earliest_s\":4},"
        "{\"mode\":\"async\",\"tasks\":["
        "{\"name\":\"task1\",\"sent_ms\":0,\"answered_ms\":2001,\"seconds\":2.001,\"status\":200,\"error\":null,"
        "\"theory_s\":2,\"theory_earliest_s\":2,\"ratio\":1.0005,\"ok\":true,"
        "\"parts\":[{\"kind\":\"backend\",\"start_ms\":0,\"end_ms\":2001}]},"
        "{\"name\":\"task2\",\"sent_ms\":0,\"answered_ms\":2002,\"seconds\":2.002,\"status\":200,\"error\":null,"
        "\"theory_s\":2,\"theory_earliest_s\":2,\"ratio\":1.001,\"ok\":true,"
        "\"parts\":[{\"kind\":\"backend\",\"start_ms\":0,\"end_ms\":2002}]}],"
        "\"total_s\":2.002,\"theory_s\":2,\"ratio\":1.001,\"ok\":true,\"theory_earliest_s\":2}],"
        "\"kind\":\"experiment\",\"threads\":16,\"blocking\":[\"task1\"]}\n");
}

static void results_json_says_where_it_comes_from_at_its_end(void **state)
{
    const struct origin origin = { .command = STR("lab experiment"), .measured_us = 0, .was_interrupted = true };
    struct sample_results sample;

    (void)state;
    sample_results_init(&sample);
    sample.experiment.mode_count = 0;

    cJSON *document = results_json(&sample.experiment, &origin);

    const cJSON *last = cJSON_GetObjectItem(document, "origin");
    assert_non_null(last);
    assert_null(last->next);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(last, "interrupted")));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(last, "command")), "lab experiment");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(document, "modes")), 0);
    cJSON_Delete(document);
}

static void results_json_says_null_where_no_answer_came(void **state)
{
    static const char *const nulls[] = { "sent_ms", "answered_ms", "seconds", "status", "ratio" };
    struct sample_results sample;

    (void)state;
    sample_results_init(&sample);
    sample_results_fail(&sample, 1);
    sample.tasks[0][1].sent_us = RESULTS_UNKNOWN_US;
    results_cut(&sample.modes[0]);

    cJSON *mode = results_json_mode(&sample.modes[0]);

    const cJSON *task = cJSON_GetArrayItem(cJSON_GetObjectItem(mode, "tasks"), 1);
    for (size_t i = 0; i < array_length(nulls); i++) {
        assert_case(nulls[i], cJSON_IsNull(cJSON_GetObjectItem(task, nulls[i])));
    }
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(task, "error")), "connection_refused");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(task, "parts")), 0);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(task, "ok")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(mode, "total_s")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(mode, "ratio")));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(mode, "ok")));
    cJSON_Delete(mode);
}

static void results_json_names_are_those_that_can_be_tasks(void **state)
{
    static const struct {
        const char *names, *expected;
    } rows[] = {
        { "task1", "[\"task1\"]\n" },
        { "a,b.c,d-e", "[\"a\",\"b.c\",\"d-e\"]\n" },
        { "", "[]\n" },
        { ",,", "[]\n" },
        { "good,not good,\xff\"<,_no", "[\"good\"]\n" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        cleanup_buf struct buf text = { .base = NULL };
        buf_init(&text, TEXT_BYTES);

        assert_int_equal(results_json_print(results_json_names(rows[i].names), &text), 0);

        assert_text(buf_view(&text), rows[i].expected);
    }
}

static void results_json_is_refused_where_there_is_no_room(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, 10);
    sample_results_init(&sample);

    assert_int_equal(results_json_print(results_json(&sample.experiment, NULL), &text), -ENOBUFS);
    assert_int_equal(results_json_print(NULL, &text), -ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_json_begins_with_the_promised_members_and_has_the_others_behind_them),
        cmocka_unit_test(results_json_says_where_it_comes_from_at_its_end),
        cmocka_unit_test(results_json_says_null_where_no_answer_came),
        cmocka_unit_test(results_json_names_are_those_that_can_be_tasks),
        cmocka_unit_test(results_json_is_refused_where_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
