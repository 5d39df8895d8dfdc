/* SPDX-License-Identifier: MIT */
#include "lab/gateway_records.h"

#include <stdio.h>

#include "tests/support/unit.h"

/* 2026-11-22T03:13:20.000000Z */
#define ORIGIN_WALL_US UINT64_C(1795317200000000)
#define UNKNOWN RESULTS_UNKNOWN_US

struct scene {
    struct task_result tasks[2];
    struct mode_result mode;
};

/* Two tasks of the same name, sent from ports 1001 and 1002, answered after one second. */
static void make_scene(struct scene *scene)
{
    *scene = (struct scene){ .mode = { .mode = MODE_ASYNC, .tasks = scene->tasks, .task_count = 2 } };
    for (size_t i = 0; i < 2; i++) {
        scene->tasks[i] = results_new_task("task1");
        scene->tasks[i].port = (uint16_t)(1001 + i);
        scene->tasks[i].sent_us = i * 100;
        scene->tasks[i].ended_us = 1000000;
        scene->tasks[i].status = 200;
    }
}

static size_t read_text(struct scene *scene, const char *json)
{
    return gateway_records_read(str_of(json), ORIGIN_WALL_US, &scene->mode);
}

#define CALL                                                                                                           \
    "{\"name\":\"task1\",\"reused\":false,\"queued_us\":28,\"started_us\":46,\"connected_us\":375,\"sent_us\":376,"    \
    "\"first_byte_us\":998000,\"done_us\":998052}"
#define RECORD(ts, port, total, calls)                                                                                 \
    "{\"ts\":\"" ts "\",\"event\":\"done\",\"worker\":3,\"client\":\"127.0.0.1:" port "\",\"total_us\":" total         \
    ",\"calls\":[" calls "]}"

static void records_are_put_on_the_axis_of_the_task_that_had_their_port(void **state)
{
    struct scene scene;

    (void)state;
    make_scene(&scene);

    size_t missing =
        read_text(&scene, "[" RECORD("2026-11-22T03:13:20.999500+00:00", "1002", "999000",
                                     CALL) "," RECORD("2026-11-22T03:13:20.999200+00:00", "1001", "999000", CALL) "]");

    assert_int_equal(missing, 0);
    const struct record_times *second = &scene.tasks[1].record;
    assert_true(second->is_known);
    assert_true(second->has_call);
    assert_int_equal(second->worker, 3);
    assert_int_equal(second->read_us, 500);
    assert_int_equal(second->queued_us, 528);
    assert_int_equal(second->started_us, 546);
    assert_int_equal(second->connected_us, 875);
    assert_int_equal(second->sent_us, 876);
    assert_int_equal(second->done_us, 998552);
    assert_int_equal(scene.tasks[0].record.read_us, 200);
}

static void records_say_what_did_not_happen(void **state)
{
    struct scene scene;

    (void)state;
    make_scene(&scene);

    (void)read_text(&scene, "[" RECORD("2026-11-22T03:13:20.999200+00:00", "1001", "999000",
                                       "{\"queued_us\":1,\"started_us\":null,\"connected_us\":-4,\"sent_us\":1e99,"
                                       "\"done_us\":\"x\"}") "," RECORD("2026-11-22T03:13:20.999500+00:00", "1002",
                                                                        "999000", "") "]");

    const struct record_times *first = &scene.tasks[0].record;
    assert_true(first->has_call);
    assert_int_equal(first->queued_us, 201);
    assert_true(first->started_us == UNKNOWN && first->connected_us == UNKNOWN && first->sent_us == UNKNOWN &&
                first->done_us == UNKNOWN);
    assert_true(scene.tasks[1].record.is_known);
    assert_false(scene.tasks[1].record.has_call);
}

static const struct {
    const char *name;
    const char *json;
} useless[] = {
    { "nothing", "" },
    { "no JSON", "[{\"ts\":" },
    { "no array", "{}" },
    { "no records in it", "[]" },
    { "records of other types", "[1,null,\"x\",[],{\"ts\":5,\"client\":{},\"total_us\":\"x\",\"calls\":7}]" },
    { "another client's", "[" RECORD("2026-11-22T03:13:20.999200+00:00", "999", "999000", CALL) "]" },
    { "port 0", "[" RECORD("2026-11-22T03:13:20.999200+00:00", "0", "999000", CALL) "]" },
    { "no port", "[" RECORD("2026-11-22T03:13:20.999200+00:00", "", "999000", CALL) "]" },
    { "no stamp", "[" RECORD("yesterday", "1001", "999000", CALL) "]" },
    { "a stamp of letters", "[" RECORD("2026-11-22T03:13:2x.999200+00:00", "1001", "999000", CALL) "]" },
    { "before the sending: the clock was set",
      "[" RECORD("2026-11-22T03:13:20.700000+00:00", "1001", "999000", CALL) "]" },
    { "behind the answer: the clock was set",
      "[" RECORD("2026-11-22T03:13:50.000000+00:00", "1001", "999000", CALL) "]" },
    { "longer than there is time", "[" RECORD("1970-01-01T00:00:01.000000+00:00", "1001", "999000000", CALL) "]" },
};

static void records_that_cannot_be_of_a_task_tell_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(useless); i++) {
        struct scene scene;
        make_scene(&scene);

        size_t missing = read_text(&scene, useless[i].json);

        assert_case(useless[i].name, missing == 2);
        assert_case(useless[i].name, !scene.tasks[0].record.is_known);
    }
}

static void records_are_not_missed_of_tasks_that_were_not_answered(void **state)
{
    struct scene scene;

    (void)state;
    make_scene(&scene);
    scene.tasks[1].status = 0;

    assert_int_equal(read_text(&scene, "[]"), 1);
}

static void records_that_are_a_little_early_begin_with_the_sending(void **state)
{
    struct scene scene;

    (void)state;
    make_scene(&scene);

    (void)read_text(&scene, "[" RECORD("2026-11-22T03:13:20.998050+00:00", "1002", "999000", CALL) "]");

    assert_true(scene.tasks[1].record.is_known);
    assert_int_equal(scene.tasks[1].record.read_us, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_put_on_the_axis_of_the_task_that_had_their_port),
        cmocka_unit_test(records_say_what_did_not_happen),
        cmocka_unit_test(records_that_cannot_be_of_a_task_tell_nothing),
        cmocka_unit_test(records_are_not_missed_of_tasks_that_were_not_answered),
        cmocka_unit_test(records_that_are_a_little_early_begin_with_the_sending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
