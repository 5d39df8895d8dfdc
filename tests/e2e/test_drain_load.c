/* SPDX-License-Identifier: MIT */
/*
 * SIGTERM under load: about 500 requests a second on kept connections, new connections all the time, a queue of
 * connections that nobody has accepted yet. Whoever is connected gets an answer, and the process ends with 0.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/support/config_scene.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum {
    KEPT = 20,
    TICK_MS = 40, /* each of them asks once in it: 500 requests a second */
    LOAD_MS = 600,
    CLOSED_WHEN_IDLE_MS = 900, /* the gateway closes a connection that has been idle for a second */
    QUEUE = 300,
};

static const struct {
    const char *mode;
    const char *target;
} cases[] = {
    { "--mode=sync", "/task1?delay=0ms" },   { "--mode=threads", "/task1?delay=20ms" },
    { "--mode=async", "/task1?delay=20ms" }, { "--mode=mixed", "/task1?delay=0ms" },
    { "--mode=wire", "/task1?delay=20ms" },
};

/* ---- new connections, each for one request: a thread of its own ---- */

struct newcomers {
    pthread_t thread;
    uint16_t port;
    const char *target;
    atomic_bool is_over;
    unsigned answered_count;
    unsigned lost_count;
    unsigned refused_count;
};

static bool try_one(const struct newcomers *newcomers, struct client *client, bool *ret_answered)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    if (client_try_open(client, newcomers->port) < 0) {
        return false;
    }
    client_get(client, newcomers->target);
    client_read(client, &answer);
    *ret_answered = answer.status == 200 && answer.is_complete;
    client_close(client);
    return true;
}

static void *come_all_the_time(void *context)
{
    struct newcomers *newcomers = context;
    struct client client;

    while (!atomic_load(&newcomers->is_over)) {
        bool is_answered = false;
        if (!try_one(newcomers, &client, &is_answered)) {
            newcomers->refused_count++;
            (void)poll(NULL, 0, 1);
        } else if (is_answered) {
            newcomers->answered_count++;
        } else {
            newcomers->lost_count++;
        }
    }
    return NULL;
}

/* ---- kept connections ---- */

struct kept {
    struct client client;
    bool is_waiting;
    bool is_over;         /* told so by an answer, or closed while it was idle */
    uint64_t asked_us[2]; /* before its last request but one was sent, and after the last one was */
};

struct load {
    struct kept kept[KEPT];
    unsigned answered_count;
    unsigned lost_count;
};

static void ask_again(struct kept *kept, const char *target)
{
    if (!kept->is_over && !kept->is_waiting) {
        kept->is_waiting = true;
        kept->asked_us[0] = kept->client.sent_us;
        client_get(&kept->client, target);
        kept->asked_us[1] = clock_monotonic_us();
    }
}

/* RFC 9112 §9.6: a request that is sent on a connection at the moment it is closed for idleness has no answer to
 * expect. None is idle for long here, unless the machine was. */
static bool may_have_been_idle(const struct kept *kept)
{
    return kept->asked_us[1] - kept->asked_us[0] > CLOSED_WHEN_IDLE_MS * (uint64_t)CLOCK_US_PER_MS;
}

static void look(struct load *load, struct kept *kept)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    if (kept->is_over || !kept->is_waiting || !client_poll(&kept->client, &answer)) {
        return;
    }
    kept->is_waiting = false;
    if (answer.status == 200 && answer.is_complete) {
        load->answered_count++;
        kept->is_over = answer_says_close(&answer);
    } else {
        load->lost_count += may_have_been_idle(kept) ? 0 : 1;
        kept->is_over = true;
    }
}

static bool all_are_over(const struct load *load)
{
    bool result = true;

    for (size_t i = 0; i < KEPT; i++) {
        result = result && load->kept[i].is_over;
    }
    return result;
}

/* For a while, or until all connections are over. */
static void go_on(struct load *load, const char *target, int duration_ms)
{
    uint64_t start_us = clock_monotonic_us();

    while (!all_are_over(load) && gate_milliseconds_left(start_us, duration_ms) > 0) {
        uint64_t tick_us = clock_monotonic_us();
        for (size_t i = 0; i < KEPT; i++) {
            ask_again(&load->kept[i], target);
        }
        while (gate_milliseconds_left(tick_us, TICK_MS) > 0) {
            for (size_t i = 0; i < KEPT; i++) {
                look(load, &load->kept[i]);
            }
            (void)poll(NULL, 0, 1);
        }
    }
}

static void check_load(struct scene *scene, const char *target)
{
    struct load load = { .answered_count = 0 };
    struct newcomers newcomers = { .port = scene->gateway_port, .target = target };
    for (size_t i = 0; i < KEPT; i++) {
        uint64_t before_us = clock_monotonic_us();
        client_open(&load.kept[i].client, scene->gateway_port);
        load.kept[i].client.sent_us = before_us;
    }
    assert_int_equal(pthread_create(&newcomers.thread, NULL, come_all_the_time, &newcomers), 0);

    go_on(&load, target, LOAD_MS);
    process_signal(&scene->gateway, SIGTERM);
    go_on(&load, target, TEST_PATIENCE_MS);
    int exit_code = process_wait(&scene->gateway);
    atomic_store(&newcomers.is_over, true);
    assert_int_equal(pthread_join(newcomers.thread, NULL), 0);

    print_message("%u on kept connections, %u on new ones\n", load.answered_count, newcomers.answered_count);
    assert_int_equal(exit_code, 0);
    assert_true(all_are_over(&load));
    assert_int_equal(load.lost_count, 0);
    assert_int_equal(newcomers.lost_count, 0);
    assert_true(load.answered_count >= KEPT && newcomers.answered_count > 0);
    for (size_t i = 0; i < KEPT; i++) {
        client_close(&load.kept[i].client);
    }
}

static void nobody_who_is_connected_loses_a_request(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < 2 * array_length(cases); i++) {
        const char *mode = cases[i % array_length(cases)].mode;
        scene_start(scene, OPTIONS("--delay=0ms", "--log-level=warn"),
                    OPTIONS(mode, "--log-level=warn", i < array_length(cases) ? "--workers=1" : "--workers=2"));
        check_load(scene, cases[i % array_length(cases)].target);
        process_clear(&scene->gateway);
        scene_stop(scene);
    }
}

/* ---- the listener's queue ---- */

static void open_queue(struct client *queue, uint16_t port)
{
    for (size_t i = 0; i < QUEUE; i++) {
        client_open(&queue[i], port);
        client_get(&queue[i], "/hello");
    }
}

static void read_queue(struct client *queue)
{
    for (size_t i = 0; i < QUEUE; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_read(&queue[i], &answer);
        assert_int_equal(answer.status, 200);
        assert_true(answer.is_complete);
        client_close(&queue[i]);
    }
}

static void a_queue_that_a_blocked_loop_has_not_accepted_is_answered(void **state)
{
    struct scene *scene = *state;
    static struct client queue[QUEUE];
    struct client blocking;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=500ms"), OPTIONS("--mode=sync"));
    client_open(&blocking, scene->gateway_port);
    client_get(&blocking, "/task1");
    (void)process_wait_for(&scene->backend, "Received task1 Request!!");

    open_queue(queue, scene->gateway_port);
    process_signal(&scene->gateway, SIGTERM);

    read_queue(queue);
    client_read(&blocking, &answer);
    assert_int_equal(answer.status, 200);
    client_close(&blocking);
    assert_int_equal(process_wait(&scene->gateway), 0);
}

static void a_queue_behind_the_limit_of_connections_is_answered(void **state)
{
    struct config_scene *scene = *state;
    static struct client queue[QUEUE];
    struct client busy[2];
    (void)config_scene_add_backend(scene, OPTIONS("--delay=500ms"), NULL);
    config_scene_start(scene, OPTIONS("--mode=async"),
                       "{'limits': {'connections': 2}, 'backends': {'b': {'servers': ['http://@0']}}, 'routes': ["
                       " {'path': '/hello', 'respond': {'text': 'Hello'}},"
                       " {'path': '/{task}', 'calls': {'a': {'backend': 'b', 'path': '/{task}'}}}]}");
    for (size_t i = 0; i < array_length(busy); i++) {
        client_open(&busy[i], scene->gateway_port);
        client_get(&busy[i], "/task1");
        process_wait_for_count(&scene->backends[0], "\"received\"", i + 1);
    }

    open_queue(queue, scene->gateway_port);
    process_signal(&scene->gateway, SIGTERM);

    read_queue(queue);
    for (size_t i = 0; i < array_length(busy); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_read(&busy[i], &answer);
        assert_int_equal(answer.status, 200);
        client_close(&busy[i]);
    }
    assert_int_equal(process_wait(&scene->gateway), 0);
}

/* They are accepted as others leave. */
static void a_queue_for_which_there_are_no_descriptors_is_answered(void **state)
{
    struct scene *scene = *state;
    static struct client queue[QUEUE];
    struct rlimit limit = { .rlim_cur = 0 };
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));
    assert_int_equal(prlimit(scene->gateway.pid, RLIMIT_NOFILE, NULL, &limit), 0);
    limit.rlim_cur = process_descriptor_count(&scene->gateway) + 12;
    assert_int_equal(prlimit(scene->gateway.pid, RLIMIT_NOFILE, &limit, NULL), 0);

    open_queue(queue, scene->gateway_port);
    process_signal(&scene->gateway, SIGTERM);

    read_queue(queue);
    assert_int_equal(process_wait(&scene->gateway), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(nobody_who_is_connected_loses_a_request),
        scene_test(a_queue_that_a_blocked_loop_has_not_accepted_is_answered),
        config_scene_test(a_queue_behind_the_limit_of_connections_is_answered),
        scene_test(a_queue_for_which_there_are_no_descriptors_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
