/* SPDX-License-Identifier: MIT */
/*
 * A thousand clients that take their time, with heads, with bodies, with their answers: what each costs in memory is
 * bounded by the configuration, others are served as if they were not there, and they are ended when their time is up.
 *
 * The processor's time is compared with that of a gateway without them, turn and turn about: a ratio, which a busy
 * machine keeps where all share one processor. Across two, what it costs to wake a thread depends on where the
 * scheduler has put it, which a process that works more may well find out differently than one that works less.
 */
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/support/config_scene.h"
#include "tests/support/metrics_page.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

enum {
    SLOW = 1000,
    ROUNDS = 4,
    ROUNDS_AT_MOST = 40,
    REQUESTS = 300, /* of a round */
    DRIPS_EVERY = 10,
    SENT_BODY_BYTES = 4096,
    ANSWER_BYTES = 65536,
    HEADER_KIB = 16,
    RESPONSE_HEADER_KIB = 8,
    OWN_KIB = 8, /* a connection and a request of our own and of microhttpd's */
};

static const char config[] =
    "{'limits': {'connections': 1100, 'header_bytes': 16384, 'header_timeout': '10m', 'body_timeout': '10m',"
    "            'send_timeout': '10m'},"
    " 'backends': {'b': {'servers': ['http://@0']}}, 'routes': ["
    " {'path': '/hello', 'respond': {'text': 'Hello'}},"
    " {'path': '/large', 'pass': true, 'calls': {'a': {'backend': 'b', 'path': '/a?bytes=65536'}}},"
    " {'path': '/body', 'methods': ['POST'], 'calls': {'a': {'backend': 'b', 'path': '/a', 'body': 'request'}}},"
    " {'path': '/{task}', 'calls': {'a': {'backend': 'b', 'path': '/{task}'}}}]}";

static struct client slow[SLOW];

static void allow_descriptors(void)
{
    struct rlimit limit = { .rlim_cur = 0 };

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Whoever is started from now on stays there, too. */
static int stay_on_one_processor(void **state)
{
    cpu_set_t allowed;
    cpu_set_t one;
    size_t first = 0;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    while (!CPU_ISSET(first, &allowed)) {
        first++;
    }
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    return sched_setaffinity(0, sizeof one, &one);
}

static void start(struct config_scene *scene)
{
    allow_descriptors();
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms", "--log-level=warn"), NULL);
    config_scene_start(scene, OPTIONS("--log-level=warn"), config);
}

/* ---- three kinds of slowness ---- */

static void begin_head(struct client *client)
{
    client_send(client, "GET /hello HTTP/1.1\r\nHost: a\r\nX: ");
}

static void begin_body(struct client *client)
{
    static char body[SENT_BODY_BYTES];

    (void)memset(body, 'x', sizeof body);
    client_send(client, "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    client_send_bytes(client, body, sizeof body);
}

/* Its window is as small as can be, and it reads nothing. */
static void begin_answer(struct client *client)
{
    client_get(client, "/large");
}

static const struct slowness {
    const char *name;
    void (*begin)(struct client *client);
    bool drips;
    size_t held_kib; /* of what it sent, or of its answer */
} kinds[] = {
    { "heads", begin_head, true, 0 },
    { "bodies", begin_body, true, SENT_BODY_BYTES * 2 / 1024 },
    { "answers", begin_answer, false, ANSWER_BYTES * 2 / 1024 },
};

static void open_slow(struct config_scene *scene, const struct slowness *kind)
{
    int small = 1;

    for (size_t i = 0; i < SLOW; i++) {
        client_open(&slow[i], scene->gateway_port);
        (void)setsockopt(slow[i].descriptor, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        kind->begin(&slow[i]);
    }
    metrics_page_wait_for(scene->admin_port, "fanlight_client_connections ", SLOW);
}

static void wait_until_none_is_left(struct config_scene *scene)
{
    metrics_page_wait_for(scene->admin_port, "fanlight_client_connections ", 0);
}

static void close_slow(struct config_scene *scene)
{
    for (size_t i = 0; i < SLOW; i++) {
        client_close(&slow[i]);
    }
    wait_until_none_is_left(scene);
}

/* ---- the others ---- */

static void ask(struct client *client, const char *mode, const char *target)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    char fields[64];

    (void)snprintf(fields, sizeof fields, "Fanlight-Mode: %s\r\n", mode);
    client_request(client, "GET", target, fields, NULL);
    client_read(client, &answer);
    assert_int_equal(answer.status, 200);
}

/* The gateway's processor time for a round of requests. */
static uint64_t spend(struct config_scene *scene, const char *mode, bool drips)
{
    struct client client;
    client_open(&client, scene->gateway_port);
    ask(&client, mode, "/task1");
    uint64_t before_us = process_cpu_us(&scene->gateway);

    for (size_t i = 0; i < REQUESTS; i++) {
        ask(&client, mode, "/task1");
        if (drips && i % DRIPS_EVERY == 0) {
            client_send(&slow[i % SLOW], "x");
        }
    }

    uint64_t spent_us = process_cpu_us(&scene->gateway) - before_us;
    client_close(&client);
    return spent_us;
}

static const char *const modes[] = { "async", "wire", "threads" };

/* Turn and turn about with a gateway that has no slow clients: what else the machine does meets both, and can only add.
 */
static void check_times(struct config_scene *scene, struct config_scene *alone, const struct slowness *kind)
{
    for (size_t i = 0; i < array_length(modes); i++) {
        uint64_t least_us = UINT64_MAX;
        uint64_t least_alone_us = UINT64_MAX;
        for (int round = 0; round < ROUNDS || (round < ROUNDS_AT_MOST && least_us >= least_alone_us * 3 / 2); round++) {
            uint64_t alone_us = spend(alone, modes[i], false);
            uint64_t spent_us = spend(scene, modes[i], kind->drips);
            least_alone_us = alone_us < least_alone_us ? alone_us : least_alone_us;
            least_us = spent_us < least_us ? spent_us : least_us;
        }
        print_message("%s, %s: %.2f times what it takes without them\n", kind->name, modes[i],
                      (double)least_us / (double)least_alone_us);
        assert_true(least_us < least_alone_us * 3 / 2);
    }
}

static void assert_memory(const struct slowness *kind, size_t grown_kib)
{
    print_message("%s: %zu KiB for each\n", kind->name, grown_kib / SLOW);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(grown_kib < SLOW * (HEADER_KIB + RESPONSE_HEADER_KIB + OWN_KIB + kind->held_kib));
#endif
}

static void a_thousand_slow_clients_cost_bounded_memory_and_nobody_elses_time(void **state)
{
    struct config_scene *scene = *state;
    void *alone = NULL;
    start(scene);
    assert_int_equal(config_scene_setup(&alone), 0);
    start(alone);
    for (size_t i = 0; i < array_length(modes); i++) {
        (void)spend(scene, modes[i], false); /* what is opened once, is by now */
    }

    for (size_t i = 0; i < array_length(kinds); i++) {
        size_t descriptors = process_descriptor_count(&scene->gateway);
        size_t before_kib = process_resident_kib(&scene->gateway);

        open_slow(scene, &kinds[i]);
        check_times(scene, alone, &kinds[i]);
        size_t now_kib = process_resident_kib(&scene->gateway);
        close_slow(scene);

        assert_memory(&kinds[i], now_kib > before_kib ? now_kib - before_kib : 0);
        /* microhttpd's epolls stay for the next crowd, and so do connections to the backend, if they had calls. */
        size_t kept = SLOW * microhttpd_descriptors_of_a_daemon() / 32 + 16 + (kinds[i].drips ? 0 : SLOW);
        process_wait_for_descriptors(&scene->gateway, descriptors + kept);
    }
    assert_int_equal(config_scene_teardown(&alone), 0);
}

static void slow_clients_are_all_ended_when_their_time_is_up(void **state)
{
    struct config_scene *scene = *state;
    allow_descriptors();
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms", "--log-level=warn"), NULL);
    config_scene_start(
        scene, OPTIONS("--log-level=warn"),
        "{'limits': {'connections': 1100, 'header_timeout': '1s', 'body_timeout': '1s',"
        "            'send_timeout': '1s'},"
        " 'backends': {'b': {'servers': ['http://@0']}}, 'routes': ["
        " {'path': '/hello', 'respond': {'text': 'Hello'}},"
        " {'path': '/large', 'pass': true, 'calls': {'a': {'backend': 'b', 'path': '/a?bytes=1000000'}}},"
        " {'path': '/body', 'methods': ['POST'], 'respond': {'text': 'never'}}]}");

    for (size_t i = 0; i < SLOW; i++) {
        client_open(&slow[i], scene->gateway_port);
        kinds[i % 2].begin(&slow[i]);
    }
    for (size_t i = 0; i < SLOW; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_read(&slow[i], &answer);
        assert_int_equal(answer.status, 408);
        client_close(&slow[i]);
    }

    wait_until_none_is_left(scene); /* a 408 is counted when its connection is closed, which the client sees first */
    metrics_page_wait_for(scene->admin_port, "fanlight_requests_refused_total ", SLOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(a_thousand_slow_clients_cost_bounded_memory_and_nobody_elses_time),
        config_scene_test(slow_clients_are_all_ended_when_their_time_is_up),
    };

    return cmocka_run_group_tests(tests, stay_on_one_processor, NULL);
}
