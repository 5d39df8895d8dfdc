/* SPDX-License-Identifier: MIT */
#include "lab/results_parts.h"

#include "tests/support/unit.h"

#define UNKNOWN RESULTS_UNKNOWN_US

/* One task, all by itself. */
struct part_case {
    const char *name;
    struct task_result task;
    size_t count;
    struct part expected[PARTS_MOST];
};

static void assert_parts(const char *name, const struct task_result *task, size_t count, const struct part *expected)
{
    if (task->part_count != count) {
        fail_msg("case \"%s\": %zu parts instead of %zu", name, task->part_count, count);
    }
    for (size_t i = 0; i < count; i++) {
        assert_case(name, task->parts[i].kind == expected[i].kind);
        assert_case(name, task->parts[i].start_us == expected[i].start_us);
        assert_case(name, task->parts[i].end_us == expected[i].end_us);
    }
}

static void cut_alone(struct task_result *task)
{
    struct mode_result mode = { .mode = MODE_ASYNC, .tasks = task, .task_count = 1 };

    results_cut(&mode);
}

/* ---- what logs tell ---- */

static const struct part_case log_cases[] = {
    { .name = "called at once",
      .task = { .ended_us = 100000, .status = 200, .call_received_us = 1000, .call_answered_us = 99000 },
      .count = 1,
      .expected = { { PART_BACKEND, 0, 100000 } } },
    { .name = "waits, then is called",
      .task = { .ended_us = 200000,
                .status = 200,
                .received_us = 100000,
                .call_received_us = 100000,
                .call_answered_us = UNKNOWN },
      .count = 2,
      .expected = { { PART_WAITING, 0, 100000 }, { PART_BACKEND, 100000, 200000 } } },
    { .name = "received, waits for a thread",
      .task = { .ended_us = 200000,
                .status = 200,
                .received_us = 1000,
                .call_received_us = 100000,
                .call_answered_us = 200000 },
      .count = 2,
      .expected = { { PART_WAITING, 0, 100000 }, { PART_BACKEND, 100000, 200000 } } },
    { .name = "called back, then held",
      .task = { .ended_us = 200000, .status = 200, .call_answered_us = 100000 },
      .count = 2,
      .expected = { { PART_BACKEND, 0, 100000 }, { PART_WAITING, 100000, 200000 } } },
    { .name = "waits twice",
      .task = { .sent_us = 5000,
                .ended_us = 300000,
                .status = 200,
                .received_us = 90000,
                .call_received_us = 100000,
                .call_answered_us = 200000 },
      .count = 3,
      .expected = { { PART_WAITING, 5000, 100000 },
                    { PART_BACKEND, 100000, 200000 },
                    { PART_WAITING, 200000, 300000 } } },
    { .name = "the backend's log is not ours",
      .task = { .ended_us = 200000,
                .status = 200,
                .received_us = 100000,
                .call_received_us = UNKNOWN,
                .call_answered_us = UNKNOWN },
      .count = 2,
      .expected = { { PART_WAITING, 0, 100000 }, { PART_BACKEND, 100000, 200000 } } },
    { .name = "nothing is known",
      .task = { .ended_us = 200000,
                .status = 200,
                .received_us = UNKNOWN,
                .call_received_us = UNKNOWN,
                .call_answered_us = UNKNOWN },
      .count = 1,
      .expected = { { PART_UNKNOWN, 0, 200000 } } },
    { .name = "failed",
      .task = { .ended_us = 200000, .status = 0, .call_answered_us = UNKNOWN },
      .count = 1,
      .expected = { { PART_UNKNOWN, 0, 200000 } } },
    { .name = "stamps before the sending and behind the end",
      .task = { .sent_us = 5000, .ended_us = 200000, .status = 200, .call_answered_us = 900000 },
      .count = 1,
      .expected = { { PART_BACKEND, 5000, 200000 } } },
    { .name = "never sent", .task = { .sent_us = UNKNOWN, .status = 0 }, .count = 0 },
    { .name = "answered before it was sent", .task = { .sent_us = 5000, .ended_us = 5000, .status = 200 }, .count = 0 },
};

static void parts_are_cut_by_log_stamps_where_there_is_no_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(log_cases); i++) {
        struct task_result task = log_cases[i].task;

        cut_alone(&task);

        assert_parts(log_cases[i].name, &task, log_cases[i].count, log_cases[i].expected);
    }
}

/* ---- what a record tells ---- */

/* The request was read after 10 µs, its call was ready to be made after 20. */
#define RECORD(started, connected, sent, done)                                                                         \
    {                                                                                                                  \
        .is_known = true, .has_call = true, .read_us = 10, .queued_us = 20, .started_us = (started),                   \
        .connected_us = (connected), .sent_us = (sent), .done_us = (done)                                              \
    }
#define AT_ONCE RECORD(30, 40, 50, 100000)
#define TASK .ended_us = 100100, .status = 200, .call_answered_us = 99000

static const struct part_case record_cases[] = {
    { .name = "to the microsecond",
      .task = { TASK, .record = AT_ONCE },
      .count = 5,
      .expected = { { PART_WAITING, 0, 10 },
                    { PART_GATEWAY, 10, 30 },
                    { PART_CONNECTING, 30, 40 },
                    { PART_GATEWAY, 40, 50 },
                    { PART_BACKEND, 50, 100000 } } },
    { .name = "waits for a thread",
      .task = { TASK, .record = RECORD(50020, 50030, 50030, 100000) },
      .count = 5,
      .expected = { { PART_WAITING, 0, 10 },
                    { PART_GATEWAY, 10, 20 },
                    { PART_WAITING, 20, 50020 },
                    { PART_CONNECTING, 50020, 50030 },
                    { PART_BACKEND, 50030, 100000 } } },
    { .name = "on a kept connection",
      .task = { TASK, .record = RECORD(30, UNKNOWN, 50, 100000) },
      .count = 3,
      .expected = { { PART_WAITING, 0, 10 }, { PART_GATEWAY, 10, 50 }, { PART_BACKEND, 50, 100000 } } },
    { .name = "could not connect",
      .task = { TASK, .record = RECORD(30, UNKNOWN, UNKNOWN, 100000) },
      .count = 3,
      .expected = { { PART_WAITING, 0, 10 }, { PART_GATEWAY, 10, 30 }, { PART_CONNECTING, 30, 100000 } } },
    { .name = "no thread ever came",
      .task = { TASK, .record = RECORD(UNKNOWN, UNKNOWN, UNKNOWN, 100000) },
      .count = 3,
      .expected = { { PART_WAITING, 0, 10 }, { PART_GATEWAY, 10, 20 }, { PART_WAITING, 20, 100000 } } },
    { .name = "the answer lay there",
      .task = { .ended_us = 100100, .status = 200, .call_answered_us = 60000, .record = AT_ONCE },
      .count = 6,
      .expected = { { PART_WAITING, 0, 10 },
                    { PART_GATEWAY, 10, 30 },
                    { PART_CONNECTING, 30, 40 },
                    { PART_GATEWAY, 40, 50 },
                    { PART_BACKEND, 50, 60000 },
                    { PART_WAITING, 60000, 100000 } } },
    { .name = "no call at all",
      .task = { TASK, .record = { .is_known = true, .read_us = 10 } },
      .count = 1,
      .expected = { { PART_WAITING, 0, 10 } } },
    { .name = "a record that says it was read before it was sent",
      .task = { .sent_us = 60, TASK, .record = AT_ONCE },
      .count = 1,
      .expected = { { PART_BACKEND, 60, 100000 } } },
    { .name = "a record that ends behind the answer",
      .task = { TASK, .record = RECORD(30, 40, 50, 900000) },
      .count = 5,
      .expected = { { PART_WAITING, 0, 10 },
                    { PART_GATEWAY, 10, 30 },
                    { PART_CONNECTING, 30, 40 },
                    { PART_GATEWAY, 40, 50 },
                    { PART_BACKEND, 50, 100100 } } },
};

static void parts_are_cut_by_the_gateways_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(record_cases); i++) {
        const struct part_case *row = &record_cases[i];
        struct task_result task = row->task;
        struct part expected[PARTS_MOST];
        size_t count = row->count;

        memcpy(expected, row->expected, sizeof expected);
        if (expected[count - 1].end_us < task.ended_us) { /* the way back to the client is the gateway's in all */
            expected[count] = (struct part){ PART_GATEWAY, expected[count - 1].end_us, task.ended_us };
            count++;
        }

        cut_alone(&task);

        assert_parts(row->name, &task, count, expected);
    }
}

/* ---- what others did to the loop ---- */

/* A task that does not block, and one whose call held the loop from 1 ms to 50 ms. */
struct company_scene {
    struct task_result tasks[2];
    struct mode_result mode;
};

static void make_company(struct company_scene *scene)
{
    *scene = (struct company_scene){
        .tasks = { { .ended_us = 100100, .status = 200, .call_answered_us = 99500, .record = AT_ONCE },
                   { .ended_us = 50100,
                     .status = 200,
                     .is_blocking = true,
                     .call_answered_us = UNKNOWN,
                     .record = { .is_known = true,
                                 .has_call = true,
                                 .started_us = 1000,
                                 .connected_us = UNKNOWN,
                                 .sent_us = 1000,
                                 .done_us = 50000 } } },
    };
    scene->mode = (struct mode_result){ .mode = MODE_MIXED, .tasks = scene->tasks, .task_count = 2 };
}

static void parts_of_a_connection_that_the_loop_could_not_look_at_are_waiting(void **state)
{
    static const struct part expected[] = { { PART_WAITING, 0, 10 },           { PART_GATEWAY, 10, 30 },
                                            { PART_CONNECTING, 30, 1000 },     { PART_WAITING, 1000, 50000 },
                                            { PART_CONNECTING, 50000, 50010 }, { PART_GATEWAY, 50010, 50020 },
                                            { PART_BACKEND, 50020, 100000 },   { PART_GATEWAY, 100000, 100100 } };
    struct company_scene scene;

    (void)state;
    make_company(&scene);
    scene.tasks[0].record.connected_us = 50010;
    scene.tasks[0].record.sent_us = 50020;

    results_cut(&scene.mode);

    assert_parts("connecting", &scene.tasks[0], array_length(expected), expected);
}

static void parts_of_an_answer_that_could_not_go_out_are_waiting(void **state)
{
    static const struct part expected[] = { { PART_WAITING, 0, 10 },       { PART_GATEWAY, 10, 30 },
                                            { PART_CONNECTING, 30, 40 },   { PART_GATEWAY, 40, 50 },
                                            { PART_BACKEND, 50, 900 },     { PART_GATEWAY, 900, 1000 },
                                            { PART_WAITING, 1000, 50000 }, { PART_GATEWAY, 50000, 50500 } };
    struct company_scene scene;

    (void)state;
    make_company(&scene);
    scene.tasks[0].record.done_us = 900;
    scene.tasks[0].call_answered_us = 0;
    scene.tasks[0].ended_us = 50500;

    results_cut(&scene.mode);

    assert_parts("answering", &scene.tasks[0], array_length(expected), expected);
}

static void parts_of_the_backend_are_its_own_while_the_loop_stands_still(void **state)
{
    struct company_scene scene;

    (void)state;
    make_company(&scene);

    results_cut(&scene.mode);

    assert_int_equal(scene.tasks[0].parts[4].kind, PART_BACKEND);
    assert_int_equal(scene.tasks[0].parts[4].end_us, 100000);
}

static void parts_heed_no_call_that_blocks_another_loop_or_nothing_or_for_an_instant(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct company_scene scene;
        make_company(&scene);
        scene.tasks[0].record.connected_us = 50010;
        scene.tasks[0].record.sent_us = 50020;
        scene.tasks[1].record.worker = i == 0 ? 1 : 0;
        scene.tasks[1].is_blocking = i != 1;
        scene.tasks[1].record.done_us = i == 2 ? 1900 : 50000;
        scene.tasks[1].record.is_known = i != 3;

        results_cut(&scene.mode);

        assert_int_equal(scene.tasks[0].parts[2].kind, PART_CONNECTING);
        assert_int_equal(scene.tasks[0].parts[2].end_us, 50010);
    }
}

static void parts_never_have_gaps_and_are_never_too_many(void **state)
{
    enum { TASKS = 8, ROUNDS = 20000, STEP_US = 4000 };
    uint32_t seed = 1;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct task_result tasks[TASKS];
        struct mode_result mode = { .tasks = tasks, .task_count = TASKS };
        for (size_t i = 0; i < TASKS; i++) {
            uint64_t times[9];
            for (size_t k = 0; k < array_length(times); k++) {
                seed = seed * 1664525 + 1013904223;
                times[k] = (seed >> 24) < 20 ? UNKNOWN : (uint64_t)(seed >> 28) * STEP_US;
            }
            tasks[i] = (struct task_result){
                .sent_us = 100,
                .ended_us = times[0] != UNKNOWN ? times[0] : STEP_US,
                .status = 200,
                .is_blocking = i % 2 == 0,
                .call_answered_us = times[1],
                .call_received_us = times[2],
                .record = { .is_known = (seed & 7) != 0,
                            .has_call = (seed & 8) != 0,
                            .read_us = times[3],
                            .queued_us = times[4],
                            .started_us = times[5],
                            .connected_us = times[6],
                            .sent_us = times[7],
                            .done_us = times[8] },
            };
        }

        results_cut(&mode);

        for (size_t i = 0; i < TASKS; i++) {
            uint64_t at_us = tasks[i].sent_us;
            for (size_t k = 0; k < tasks[i].part_count; k++) {
                assert_int_equal(tasks[i].parts[k].start_us, at_us);
                assert_true(tasks[i].parts[k].end_us > at_us);
                at_us = tasks[i].parts[k].end_us;
            }
            assert_true(tasks[i].part_count <= PARTS_MOST);
            assert_true(at_us == tasks[i].ended_us || tasks[i].ended_us <= tasks[i].sent_us);
        }
    }
}

static void parts_know_which_kinds_can_be_seen(void **state)
{
    bool all[PART_KIND_COUNT] = { false };
    bool seen[PART_KIND_COUNT] = { false };
    struct company_scene scene;

    (void)state;
    make_company(&scene);
    results_cut(&scene.mode);

    results_find_kinds(&scene.mode, 1, all);
    results_find_kinds(&scene.mode, 1000, seen);

    assert_true(all[PART_WAITING] && all[PART_CONNECTING] && all[PART_BACKEND] && all[PART_GATEWAY]);
    assert_true(seen[PART_BACKEND]);
    assert_false(all[PART_UNKNOWN]);
    assert_false(seen[PART_CONNECTING]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_cut_by_log_stamps_where_there_is_no_record),
        cmocka_unit_test(parts_are_cut_by_the_gateways_record),
        cmocka_unit_test(parts_of_a_connection_that_the_loop_could_not_look_at_are_waiting),
        cmocka_unit_test(parts_of_an_answer_that_could_not_go_out_are_waiting),
        cmocka_unit_test(parts_of_the_backend_are_its_own_while_the_loop_stands_still),
        cmocka_unit_test(parts_heed_no_call_that_blocks_another_loop_or_nothing_or_for_an_instant),
        cmocka_unit_test(parts_never_have_gaps_and_are_never_too_many),
        cmocka_unit_test(parts_know_which_kinds_can_be_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
