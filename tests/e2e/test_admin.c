/* SPDX-License-Identifier: MIT */
/*
 * The admin listener answers while every worker is blocked, and its requests are never among the log lines.
 */
#include "tests/support/fair_time.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

enum { PROMPT_MS = 1000 };

static void healthz_answers_while_the_only_worker_is_blocked(void **state)
{
    struct scene *scene = *state;
    struct client blocked;
    cleanup_answer struct answer health = ANSWER_NONE;
    cleanup_answer struct answer ready = ANSWER_NONE;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=4s"), OPTIONS("--mode=sync"));
    client_open(&blocked, scene->gateway_port);
    client_get(&blocked, "/task1");
    (void)process_wait_for(&scene->backend, "Received task1 Request!!");

    client_fetch(scene->admin_port, "/healthz", &health);
    client_fetch(scene->admin_port, "/readyz", &ready);
    bool is_answered = client_poll(&blocked, &answer);

    assert_false(is_answered);
    assert_int_equal(health.status, 200);
    assert_int_equal(ready.status, 200);
    assert_true(fair_ms(health.elapsed_ms) < PROMPT_MS);
    assert_true(fair_ms(ready.elapsed_ms) < PROMPT_MS);
    client_read(&blocked, &answer);
    assert_int_equal(answer.status, 200);
    client_close(&blocked);
}

static const struct {
    const char *method;
    const char *target;
    int status;
} admin_cases[] = {
    { "GET", "/healthz", 200 },  { "HEAD", "/healthz", 200 }, { "GET", "/readyz", 200 }, { "GET", "/readyz?x=1", 200 },
    { "POST", "/healthz", 405 }, { "GET", "/", 200 },         { "GET", "/task1", 404 },  { "GET", "/healthz/", 404 },
};

static void admin_knows_its_pages_and_logs_none_of_them(void **state)
{
    struct scene *scene = *state;
    struct client client;
    cleanup_answer struct answer last = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));
    client_open(&client, scene->admin_port);

    for (size_t i = 0; i < array_length(admin_cases); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_request(&client, admin_cases[i].method, admin_cases[i].target, "", NULL);
        client_read(&client, &answer);

        if (answer.status != admin_cases[i].status) {
            fail_msg("%s %s: %d", admin_cases[i].method, admin_cases[i].target, answer.status);
        }
        if (answer.status >= 400) {
            assert_problem(&answer, answer.status, "");
        }
    }
    client_close(&client);
    client_fetch(scene->gateway_port, "/hello", &last);

    process_wait_for_count(&scene->gateway, "INFO:", 1);
    assert_int_equal(process_count_lines(&scene->gateway, "Received "), 1);
    assert_int_equal(process_count_lines(&scene->gateway, "healthz"), 0);
}

static void admin_can_be_off(void **state)
{
    struct scene *scene = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    process_start(&scene->gateway, "gateway", OPTIONS("--listen=127.0.0.1:0", "--admin=off"));

    uint16_t port = process_port(&scene->gateway, "listening on ");
    client_fetch(port, "/hello", &answer);

    assert_int_equal(answer.status, 200);
    assert_int_equal(process_count_lines(&scene->gateway, "admin on"), 0);
}

static void the_public_listener_has_no_admin_pages(void **state)
{
    struct scene *scene = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene->backend_port = scene_closed_port();
    scene_start_gateway(scene, OPTIONS("--mode=async"));

    client_fetch(scene->gateway_port, "/healthz", &answer);

    assert_problem(&answer, 502, "connection_refused"); /* a task of that name */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(healthz_answers_while_the_only_worker_is_blocked),
        scene_test(admin_knows_its_pages_and_logs_none_of_them),
        scene_test(admin_can_be_off),
        scene_test(the_public_listener_has_no_admin_pages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
