/* SPDX-License-Identifier: MIT */
/*
 * More clients than there is room for: by the limit of connections, and by the system's of descriptors. They wait, or
 * are told so; the processor rests meanwhile, the admin listener answers, and in the end all is as before.
 */
#include <sys/resource.h>

#include "common/clock.h"
#include "tests/support/config_scene.h"
#include "tests/support/metrics_page.h"
#include "tests/support/unit.h"

enum { LIMIT = 4, CROWD = 200, FEW_DESCRIPTORS = 64, LOOK_MS = 500 };

/* With the limit of connections, and what is to become of more. */
#define CONFIG(overflow)                                                                                               \
    "{'limits': {'connections': 4" overflow "}, 'routes': [{'path': '/hello', 'respond': {'text': 'Hello'}}]}"

static void start(struct config_scene *scene, const char *config)
{
    config_scene_start(scene, OPTIONS("--allow-mode-override"), config);
}

static void open_kept(struct config_scene *scene, struct client *clients, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_open(&clients[i], scene->gateway_port);
        client_get(&clients[i], "/hello");
        client_read(&clients[i], &answer);
        assert_int_equal(answer.status, 200);
    }
}

static void close_all(struct client *clients, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        client_close(&clients[i]);
    }
}

/* Of the half of a second for which nothing is to do: a thread that spins takes all of it. */
static void assert_rests(const struct process *process)
{
    uint64_t before_us = process_cpu_us(process);

    (void)usleep(LOOK_MS * CLOCK_US_PER_MS);
    assert_true(process_cpu_us(process) - before_us < LOOK_MS * CLOCK_US_PER_MS / 2);
}

/* ---- the limit of connections ---- */

static void connections_beyond_the_limit_wait_until_others_leave(void **state)
{
    struct config_scene *scene = *state;
    struct client kept[LIMIT];
    struct client late[LIMIT];
    start(scene, CONFIG(""));
    open_kept(scene, kept, LIMIT);

    for (size_t i = 0; i < LIMIT; i++) {
        client_open(&late[i], scene->gateway_port);
        client_get(&late[i], "/hello");
    }
    assert_false(client_sees_input(&late[0], 300));
    assert_rests(&scene->gateway);
    metrics_page_wait_for(scene->admin_port, "fanlight_connection_limit_reached_total ", 1);
    assert_int_equal(scene_metric(scene->admin_port, "fanlight_client_connections"), LIMIT);
    close_all(kept, LIMIT);

    for (size_t i = 0; i < LIMIT; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_read(&late[i], &answer);
        assert_int_equal(answer.status, 200);
    }
    assert_int_equal(scene_metric(scene->admin_port, "fanlight_client_connections_refused_total"), 0);
    close_all(late, LIMIT);
}

/* Some have sent their request by then, others send it afterwards, some never do. */
static void check_refused(struct config_scene *scene, unsigned kind)
{
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_open(&client, scene->gateway_port);
    if (kind == 0) {
        client_get(&client, "/hello");
    }
    client_read(&client, &answer);
    if (kind == 1) {
        client_get(&client, "/hello");
    }

    assert_int_equal(answer.status, 503);
    assert_true(answer.is_complete);
    assert_true(answer_says_close(&answer));
    assert_text(answer_header(&answer, "Retry-After"), "1");
    assert_text(answer_header(&answer, "Content-Length"), "0");
    client_close(&client);
}

static void connections_beyond_the_limit_are_answered_503_where_that_is_configured(void **state)
{
    struct config_scene *scene = *state;
    struct client kept[LIMIT];
    struct client after;
    start(scene, CONFIG(", 'connection_overflow': 'refuse'"));
    open_kept(scene, kept, LIMIT);
    size_t descriptors = process_descriptor_count(&scene->gateway);

    for (unsigned i = 0; i < CROWD; i++) {
        check_refused(scene, i % 3);
    }

    process_wait_for_descriptors(&scene->gateway, descriptors);
    metrics_page_wait_for(scene->admin_port, "fanlight_client_connections_refused_total ", CROWD);
    assert_int_equal(scene_metric(scene->admin_port, "fanlight_connection_limit_reached_total"), 1);
    for (size_t i = 0; i < LIMIT; i++) { /* the others are none the worse */
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_get(&kept[i], "/hello");
        client_read(&kept[i], &answer);
        assert_int_equal(answer.status, 200);
    }
    close_all(kept, LIMIT);
    metrics_page_wait_for(scene->admin_port, "fanlight_client_connections ", 0);
    open_kept(scene, &after, 1);
    client_close(&after);
}

/* All of them at once: no descriptor is kept for any of them. */
static void a_crowd_beyond_the_limit_is_refused_without_a_second_queue(void **state)
{
    struct config_scene *scene = *state;
    struct client kept[LIMIT];
    struct client crowd[CROWD];
    start(scene, CONFIG(", 'connection_overflow': 'refuse'"));
    open_kept(scene, kept, LIMIT);
    size_t descriptors = process_descriptor_count(&scene->gateway);

    for (size_t i = 0; i < CROWD; i++) {
        client_open(&crowd[i], scene->gateway_port);
        client_get(&crowd[i], "/hello");
    }
    for (size_t i = 0; i < CROWD; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_read(&crowd[i], &answer);
        assert_int_equal(answer.status, 503);
        assert_true(process_descriptor_count(&scene->gateway) <= descriptors + 1);
    }

    close_all(crowd, CROWD);
    close_all(kept, LIMIT);
}

/* ---- the system's limit ---- */

static const char *const modes[] = { "--mode=sync", "--mode=threads", "--mode=async", "--mode=mixed", "--mode=wire" };

static void start_with_few_descriptors(struct scene *scene, const char *mode)
{
    char backend[64];

    scene_start_backend(scene, OPTIONS("--delay=0ms"));
    (void)snprintf(backend, sizeof backend, "--backend=http://127.0.0.1:%u", (unsigned)scene->backend_port);
    process_start_limited(&scene->gateway, "gateway",
                          OPTIONS("--listen=127.0.0.1:0", "--admin=127.0.0.1:0", "--threads=2", backend, mode),
                          FEW_DESCRIPTORS);
    scene->admin_port = process_port(&scene->gateway, "admin on ");
    scene->gateway_port = process_port(&scene->gateway, "listening on ");
}

/* Each asks for a call, and stays until it is its turn to leave. */
static void check_crowd(struct scene *scene)
{
    static struct client clients[CROWD];
    struct client after;
    cleanup_answer struct answer last = ANSWER_NONE;

    for (size_t i = 0; i < CROWD; i++) {
        client_open(&clients[i], scene->gateway_port);
        client_get(&clients[i], "/task1");
    }
    assert_false(client_sees_input(&clients[CROWD - 1], 300)); /* those in front have all there is */
    assert_rests(&scene->gateway);
    assert_true(process_descriptor_count(&scene->gateway) <= FEW_DESCRIPTORS);
    cleanup_answer struct answer health = ANSWER_NONE;
    client_fetch(scene->admin_port, "/healthz", &health);
    assert_int_equal(health.status, 200);
    for (size_t i = 0; i < CROWD; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_read(&clients[i], &answer);
        assert_int_equal(answer.status, 200);
        client_close(&clients[i]);
    }

    client_open(&after, scene->gateway_port);
    client_get(&after, "/task1");
    client_read(&after, &last);
    assert_int_equal(last.status, 200);
    client_close(&after);
}

static void with_64_descriptors_200_clients_are_served_one_after_the_other(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < array_length(modes); i++) {
        start_with_few_descriptors(scene, modes[i]);
        check_crowd(scene);
        assert_true(scene_metric(scene->admin_port, "fanlight_connection_limit_reached_total") > 0);
        scene_stop(scene);
    }
}

/* What is open stays open: that many more can be had. */
static void leave_descriptors(const struct process *process, size_t count)
{
    struct rlimit limit = { .rlim_cur = 0 };

    assert_int_equal(prlimit(process->pid, RLIMIT_NOFILE, NULL, &limit), 0);
    limit.rlim_cur = process_descriptor_count(process) + count;
    assert_int_equal(prlimit(process->pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

static void descriptors_that_run_out_while_it_runs_are_counted_and_come_back(void **state)
{
    struct scene *scene = *state;
    struct client clients[24];
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));
    leave_descriptors(&scene->gateway, array_length(clients) / 2);

    for (size_t i = 0; i < array_length(clients); i++) {
        client_open(&clients[i], scene->gateway_port);
        client_get(&clients[i], "/hello");
    }
    assert_false(client_sees_input(&clients[array_length(clients) - 1], 300));
    assert_rests(&scene->gateway);
    for (size_t i = 0; i < array_length(clients); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_read(&clients[i], &answer);
        assert_int_equal(answer.status, 200);
        client_close(&clients[i]);
    }

    assert_true(scene_metric(scene->admin_port, "fanlight_accept_pauses_total") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(connections_beyond_the_limit_wait_until_others_leave),
        config_scene_test(connections_beyond_the_limit_are_answered_503_where_that_is_configured),
        config_scene_test(a_crowd_beyond_the_limit_is_refused_without_a_second_queue),
        scene_test(with_64_descriptors_200_clients_are_served_one_after_the_other),
        scene_test(descriptors_that_run_out_while_it_runs_are_counted_and_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
