/* SPDX-License-Identifier: MIT */
/*
 * A thousand clients that leave, crowd after crowd and all at once: descriptors, threads, memory and everything in
 * flight return to where they were.
 */
#include <stdio.h>

#include "common/descriptors.h"
#include "tests/support/metrics_page.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

enum { CROWD = 50, CROWDS = 20, BURST = CROWD * CROWDS, CROWD_OF_SYNC = 5 };

/* Two thousand clients and more leave: one thing forgotten for each of them is far over these. Descriptors: what groups
 * of connections and threads that had nothing to do before take for themselves and keep. Memory: what malloc keeps of
 * what was given back. The address sanitizer keeps it all for a while, and says itself what was not given back; the
 * thread sanitizer keeps a shadow of it all, and histories of 60 threads. */
enum { DESCRIPTORS_SLACK = 64 };
#ifdef __SANITIZE_ADDRESS__
enum { SLACK_KIB = 512 * 1024 };
#elif defined(__SANITIZE_THREAD__)
enum { SLACK_KIB = 128 * 1024 };
#else
enum { SLACK_KIB = 8 * 1024 };
#endif

static const struct {
    const char *option;
    const char *more;
} modes[] = {
    { "--mode=async", "--threads=4" },
    { "--mode=wire", "--threads=4" },
    { "--mode=threads", "--threads=60" },
    { "--mode=mixed", "--threads=4" },
};

struct standing {
    size_t descriptors;
    size_t threads;
    size_t resident_kib;
};

static struct standing standing_of(const struct scene *scene)
{
    return (struct standing){
        .descriptors = process_descriptor_count(&scene->gateway),
        .threads = process_thread_count(&scene->gateway),
        .resident_kib = process_resident_kib(&scene->gateway),
    };
}

static void wait_until_all_is_over(const struct scene *scene)
{
    metrics_page_wait_for(scene->admin_port, "fanlight_client_connections ", 0);
    metrics_page_wait_for(scene->admin_port, "fanlight_requests_in_flight ", 0);
    metrics_page_wait_for(scene->admin_port, "fanlight_calls_in_flight{", 0);
    metrics_page_wait_for(scene->admin_port, "fanlight_calls_queued{", 0);
}

/* Every other one orderly. */
static void leave(struct client *clients, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i % 2 == 0) {
            client_close(&clients[i]);
        } else {
            client_reset(&clients[i]);
        }
    }
}

static void send_all(const struct scene *scene, struct client *clients, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        client_open(&clients[i], scene->gateway_port);
        client_get(&clients[i], "/task9");
    }
}

static size_t gone_count(struct scene *scene)
{
    return process_count_lines(&scene->gateway, "\"GET /task9 HTTP/1.1\" 499 Client Closed Request");
}

/* Each call is with the backend when its client leaves. */
static void pass_through(struct scene *scene, struct client *clients, size_t count)
{
    size_t gone = gone_count(scene);
    size_t received = process_count_lines(&scene->backend, "Received task9");

    send_all(scene, clients, count);
    process_wait_for_count(&scene->backend, "Received task9", received + count);
    leave(clients, count);
    process_wait_for_count(&scene->gateway, "\"GET /task9 HTTP/1.1\" 499 Client Closed Request", gone + count);
    process_wait_for_count(&scene->backend, "\"GET /task9 HTTP/1.1\" 499 Client Closed Request", gone + count);
}

/* Before the backend, the gateway or anybody has done much. */
static void leave_at_once(struct scene *scene, struct client *clients, size_t count)
{
    static const char accepted[] = "fanlight_client_connections_accepted_total ";
    uint64_t accepted_before = metrics_page_value(scene->admin_port, accepted);

    send_all(scene, clients, count);
    leave(clients, count);
    metrics_page_wait_for(scene->admin_port, accepted, accepted_before + count);
    wait_until_all_is_over(scene);
}

static void assert_same_standing(struct scene *scene, const struct standing *before)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    wait_until_all_is_over(scene);
    client_fetch(scene->gateway_port, "/task1?delay=0ms", &answer);
    assert_int_equal(answer.status, 200);
    wait_until_all_is_over(scene);
    struct standing after = standing_of(scene);
    if (after.descriptors > before->descriptors + DESCRIPTORS_SLACK || after.threads != before->threads ||
        after.resident_kib > before->resident_kib + SLACK_KIB) {
        fail_msg("%zu descriptors, %zu threads, %zu KiB; before: %zu, %zu, %zu", after.descriptors, after.threads,
                 after.resident_kib, before->descriptors, before->threads, before->resident_kib);
    }
}

/* Crowds in front, so that all is there which is made once and kept. */
static struct standing warm_up(struct scene *scene, struct client *clients, size_t count)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    pass_through(scene, clients, count);
    pass_through(scene, clients, count);
    client_fetch(scene->gateway_port, "/task1?delay=0ms", &answer);
    assert_int_equal(answer.status, 200);
    wait_until_all_is_over(scene);
    return standing_of(scene);
}

static void crowd_after_crowd_of_clients_that_leave_leaves_nothing_behind(void **state)
{
    struct scene *scene = *state;
    struct client clients[CROWD];

    for (size_t i = 0; i < array_length(modes); i++) {
        print_message("%s\n", modes[i].option);
        scene_start(scene, OPTIONS("--delay=60s"), OPTIONS(modes[i].option, modes[i].more, "--workers=1"));
        struct standing before = warm_up(scene, clients, CROWD);

        for (int j = 0; j < CROWDS; j++) {
            pass_through(scene, clients, CROWD);
        }
        for (int j = 0; j < CROWDS; j++) {
            leave_at_once(scene, clients, CROWD);
        }

        assert_same_standing(scene, &before);
        process_wait_for_count(&scene->gateway, "\"GET /task1?delay=0ms HTTP/1.1\" 200 OK", 2);
        assert_true(gone_count(scene) >= process_count_lines(&scene->gateway, "Received task9"));
        scene_stop(scene);
    }
}

static void a_thousand_clients_that_leave_at_once_leave_nothing_behind(void **state)
{
    struct scene *scene = *state;
    cleanup_free struct client *clients = calloc(BURST, sizeof *clients);
    assert_non_null(clients);
    assert_true(descriptors_raise_limit() > BURST + 100);

    for (size_t i = 0; i < 2; i++) {
        print_message("%s\n", modes[i].option);
        scene_start(scene, OPTIONS("--delay=60s"), OPTIONS(modes[i].option, "--workers=1"));
        struct standing before = warm_up(scene, clients, BURST);

        pass_through(scene, clients, BURST);
        pass_through(scene, clients, BURST);

        assert_same_standing(scene, &before);
        scene_stop(scene);
    }
}

/* It cannot end a call, and answers whoever is gone. */
static void sync_comes_through_those_that_leave_and_serves_the_next(void **state)
{
    struct scene *scene = *state;
    struct client clients[CROWD_OF_SYNC];
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=20ms"), OPTIONS("--mode=sync", "--workers=1"));
    client_fetch(scene->gateway_port, "/task1", &answer);
    wait_until_all_is_over(scene);
    struct standing before = standing_of(scene);

    for (int i = 0; i < CROWDS; i++) {
        leave_at_once(scene, clients, CROWD_OF_SYNC);
    }

    assert_same_standing(scene, &before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(crowd_after_crowd_of_clients_that_leave_leaves_nothing_behind),
        scene_test(a_thousand_clients_that_leave_at_once_leave_nothing_behind),
        scene_test(sync_comes_through_those_that_leave_and_serves_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
