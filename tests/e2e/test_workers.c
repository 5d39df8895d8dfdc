/* SPDX-License-Identifier: MIT */
/*
 * Several workers share one port: each is a thread with a loop of its own, and a blocked one is handed nothing.
 */
#include "tests/support/gate.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

enum { DELAY_MS = 1200 };

/* Looks at `count` events of that kind in the gateway's JSON log; adds 1 for each worker seen in `seen`. */
static void count_workers(struct process *gateway, const char *event, size_t count, unsigned seen[2])
{
    while (count > 0) {
        const char *line = process_line(gateway, TEST_PATIENCE_MS);
        assert_non_null(line);
        cJSON *object = cJSON_ParseWithOpts(line, NULL, 1);
        assert_non_null(object); /* lines of two threads never mix */
        if (strcmp(json_text(object, "event"), event) == 0) {
            const cJSON *worker = cJSON_GetObjectItemCaseSensitive(object, "worker");
            assert_true(cJSON_IsNumber(worker) && worker->valuedouble >= 0 && worker->valuedouble < 2);
            seen[(int)worker->valuedouble]++;
            count--;
        }
        cJSON_Delete(object);
    }
}

static void a_blocked_worker_leaves_the_next_connection_to_the_other(void **state)
{
    struct scene *scene = *state;
    struct client clients[2];
    struct answer answers[2] = { ANSWER_NONE, ANSWER_NONE };
    unsigned seen[2] = { 0, 0 };
    scene_start(scene, OPTIONS("--delay=1200ms"), OPTIONS("--mode=sync", "--workers=2", "--log-format=json"));

    for (size_t i = 0; i < 2; i++) {
        client_open(&clients[i], scene->gateway_port);
        client_get(&clients[i], "/task1");
        process_wait_for_count(&scene->backend, "Received task1 Request!!", i + 1);
    }
    client_read_all(clients, answers, 2);

    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(answers[i].status, 200);
        assert_took(answers[i].elapsed_ms, DELAY_MS);
        client_close(&clients[i]);
        answer_clear(&answers[i]);
    }
    count_workers(&scene->gateway, "done", 2, seen);
    assert_int_equal(seen[0], 1);
    assert_int_equal(seen[1], 1);
}

static void two_workers_in_sync_answer_four_tasks_after_one_and_two_delays(void **state)
{
    struct scene *scene = *state;
    struct client clients[4];
    struct answer answers[4] = { ANSWER_NONE };
    unsigned within_one_delay = 0;
    scene_start(scene, OPTIONS("--delay=1200ms"), OPTIONS("--mode=sync", "--workers=2"));
    for (size_t i = 0; i < 4; i++) {
        client_open(&clients[i], scene->gateway_port);
        client_get(&clients[i], "/task1");
        if (i < 2) { /* both workers are blocked before the others come */
            process_wait_for_count(&scene->backend, "Received task1 Request!!", i + 1);
        }
    }

    client_read_all(clients, answers, 4);

    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(answers[i].status, 200);
        within_one_delay += answers[i].elapsed_ms < 2 * DELAY_MS * 9 / 10 ? 1 : 0;
        client_close(&clients[i]);
        answer_clear(&answers[i]);
    }
    assert_true(within_one_delay >= 2);
}

enum { ROUNDS = 20, CROWD = 16 };

static void lines_of_two_busy_workers_stay_whole(void **state)
{
    struct scene *scene = *state;
    struct client clients[CROWD];
    unsigned seen[2] = { 0, 0 };
    scene_start(scene, OPTIONS("--delay=1ms"), OPTIONS("--mode=async", "--workers=2", "--log-format=json"));
    for (size_t i = 0; i < CROWD; i++) {
        client_open(&clients[i], scene->gateway_port);
    }

    for (int round = 0; round < ROUNDS; round++) {
        struct answer answers[CROWD] = { ANSWER_NONE };
        for (size_t i = 0; i < CROWD; i++) {
            client_get(&clients[i], "/fanout?n=3");
        }
        client_read_all(clients, answers, CROWD);
        for (size_t i = 0; i < CROWD; i++) {
            assert_int_equal(answers[i].status, 200);
            answer_clear(&answers[i]);
        }
    }

    count_workers(&scene->gateway, "done", (size_t)ROUNDS * CROWD, seen);
    assert_int_equal(seen[0] + seen[1], ROUNDS * CROWD);
    for (size_t i = 0; i < CROWD; i++) {
        client_close(&clients[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(a_blocked_worker_leaves_the_next_connection_to_the_other),
        scene_test(two_workers_in_sync_answer_four_tasks_after_one_and_two_delays),
        scene_test(lines_of_two_busy_workers_stay_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
