/* SPDX-License-Identifier: MIT */
/*
 * The backend does without connections for a while: it closes kept ones when they are used again, and refuses new ones.
 */
#include <signal.h>

#include "common/clock.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

#define SUCCESS "{\"message\":\"success\"}"

/* ---- close-next ---- */

/* The next request on that connection is whatever it likes. */
static const struct {
    const char *name; /* its target */
    const char *method;
    const char *body;
} next_requests[] = {
    { "/b", "GET", NULL },     { "/b?status=201&fault=stall", "GET", NULL }, { "/b?delay=soon", "POST", "{}" },
    { "/hello", "GET", NULL }, { "/_refuse?for=1m", "POST", NULL },
};

static void close_next_answers_and_closes_when_the_next_request_arrives(void **state)
{
    struct scene *scene = *state;
    scene_start_backend(scene, OPTIONS("--delay=0ms"));

    for (size_t i = 0; i < array_length(next_requests); i++) {
        struct client client;
        cleanup_answer struct answer first = ANSWER_NONE;
        cleanup_answer struct answer next = ANSWER_NONE;
        client_open(&client, scene->backend_port);

        client_get(&client, "/a?fault=close-next&status=201&bytes=3");
        client_read(&client, &first);
        bool has_ended_early = client_sees_end(&client, 50);
        client_request(&client, next_requests[i].method, next_requests[i].name, "", next_requests[i].body);
        client_read(&client, &next);

        assert_case(next_requests[i].name, first.status == 201 && first.is_complete && !answer_says_close(&first));
        assert_text(answer_body(&first), "\"x\"");
        assert_case(next_requests[i].name, !has_ended_early);
        assert_case(next_requests[i].name, next.status == 0 && next.head.length == 0);
        assert_case(next_requests[i].name, client.is_at_end && !client.is_reset);
        client_close(&client);
    }
    process_wait_for_count(&scene->backend, "/a?fault=close-next&status=201&bytes=3 HTTP/1.1\" 201 Created",
                           array_length(next_requests));
    process_wait_for_count(&scene->backend, " HTTP/1.1\" 444 ", array_length(next_requests));
}

static void close_next_does_nothing_to_other_connections(void **state)
{
    struct scene *scene = *state;
    struct client marked;
    struct client other;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start_backend(scene, OPTIONS("--delay=0ms"));
    client_open(&marked, scene->backend_port);
    client_open(&other, scene->backend_port);

    client_get(&marked, "/a?fault=close-next");
    client_read(&marked, &answer);
    for (int i = 0; i < 2; i++) {
        client_get(&other, "/b");
        client_read(&other, &answer);

        assert_int_equal(answer.status, 200);
    }
    client_close(&marked);
    client_close(&other);
}

/* ---- POST /_refuse ---- */

static void refuse(struct client *client, const char *target)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_request(client, "POST", target, "", NULL);
    client_read(client, &answer);
    assert_int_equal(answer.status, 200);
    assert_text(answer_body(&answer), SUCCESS);
    assert_took(answer.elapsed_ms, 0);
}

static void refuse_closes_the_port_for_that_time_and_kept_connections_are_served(void **state)
{
    struct scene *scene = *state;
    struct client kept;
    struct client early;
    struct client refused;
    cleanup_answer struct answer answer = ANSWER_NONE;
    cleanup_answer struct answer after = ANSWER_NONE;
    scene_start_backend(scene, OPTIONS("--delay=300ms"));
    client_open(&kept, scene->backend_port);
    client_open(&early, scene->backend_port);
    client_get(&early, "/early");
    (void)process_wait_for(&scene->backend, "Received early Request!!");
    uint64_t start_us = clock_monotonic_us();

    refuse(&kept, "/_refuse?for=1500ms");
    int result = client_try_open(&refused, scene->backend_port);
    client_get(&kept, "/kept?delay=0ms");
    client_read(&kept, &answer);
    client_read(&early, &after);
    (void)process_wait_for(&scene->backend, "accepting connections again");
    uint64_t closed_ms = (clock_monotonic_us() - start_us) / CLOCK_US_PER_MS;

    assert_int_equal(result, -1);
    assert_int_equal(answer.status, 200);
    assert_int_equal(after.status, 200);
    assert_took(closed_ms, 1500);
    client_fetch(scene->backend_port, "/again", &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(process_count_lines(&scene->backend, "listening on "), 1);
    client_close(&kept);
    client_close(&early);
}

static void refuse_twice_lasts_until_the_later_end(void **state)
{
    static const struct {
        const char *first;
        const char *second;
    } cases[] = {
        { "/_refuse?for=200ms", "/_refuse?for=1500ms" },
        { "/_refuse?for=1500ms", "/_refuse?for=0ms" },
    };
    struct scene *scene = *state;
    struct client kept;
    struct client refused;
    scene_start_backend(scene, OPTIONS("--delay=1m"));
    client_open(&kept, scene->backend_port);

    for (size_t i = 0; i < array_length(cases); i++) {
        uint64_t start_us = clock_monotonic_us();
        refuse(&kept, cases[i].first);
        refuse(&kept, cases[i].second);
        assert_int_equal(client_try_open(&refused, scene->backend_port), -1);

        process_wait_for_count(&scene->backend, "accepting connections again", i + 1);

        assert_took((clock_monotonic_us() - start_us) / CLOCK_US_PER_MS, 1500);
    }
    client_close(&kept);
}

static const struct {
    const char *name; /* the target */
    const char *method;
    int status;
} not_refusing[] = {
    { "/_refuse", "POST", 400 },           { "/_refuse?for=", "POST", 400 },
    { "/_refuse?for=61s", "POST", 400 },   { "/_refuse?for=1s&for=1s", "POST", 400 },
    { "/_refuse?for=10s", "GET", 200 },    { "/_refuse/?for=10s", "POST", 200 },
    { "/a/_refuse?for=10s", "POST", 200 },
};

static void what_is_no_good_refusal_leaves_the_port_open(void **state)
{
    struct scene *scene = *state;
    struct client client;
    scene_start_backend(scene, OPTIONS("--delay=0ms"));
    client_open(&client, scene->backend_port);

    for (size_t i = 0; i < array_length(not_refusing); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        cleanup_answer struct answer hello = ANSWER_NONE;

        client_request(&client, not_refusing[i].method, not_refusing[i].name, "", NULL);
        client_read(&client, &answer);
        client_fetch(scene->backend_port, "/hello", &hello);

        assert_case(not_refusing[i].name, answer.status == not_refusing[i].status);
        assert_case(not_refusing[i].name, hello.status == 200);
        if (answer.status == 400) {
            assert_problem(&answer, 400, "");
        }
    }
    client_close(&client);
}

static void a_stop_while_the_port_is_closed_drains_and_ends(void **state)
{
    struct scene *scene = *state;
    struct client kept;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start_backend(scene, OPTIONS("--delay=300ms"));
    client_open(&kept, scene->backend_port);
    refuse(&kept, "/_refuse?for=1m");
    client_get(&kept, "/last");
    (void)process_wait_for(&scene->backend, "Received last Request!!");

    process_signal(&scene->backend, SIGTERM);
    client_read(&kept, &answer);

    assert_int_equal(answer.status, 200);
    assert_int_equal(process_wait(&scene->backend), 0);
    assert_int_equal(process_count_lines(&scene->backend, "accepting connections again"), 0);
    client_close(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(close_next_answers_and_closes_when_the_next_request_arrives),
        scene_test(close_next_does_nothing_to_other_connections),
        scene_test(refuse_closes_the_port_for_that_time_and_kept_connections_are_served),
        scene_test(refuse_twice_lasts_until_the_later_end),
        scene_test(what_is_no_good_refusal_leaves_the_port_open),
        scene_test(a_stop_while_the_port_is_closed_drains_and_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
