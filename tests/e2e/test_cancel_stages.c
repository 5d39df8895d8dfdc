/* SPDX-License-Identifier: MIT */
/*
 * A client that goes away, at every stage of its request and in every way: the calls end, the backend's connections
 * with them, the log and the counters say 499, and nothing stays in flight.
 */
#include <stdio.h>

#include "tests/support/blackhole.h"
#include "tests/support/config_scene.h"
#include "tests/support/metrics_page.h"
#include "tests/support/unit.h"

/* No delay or timeout here ends within a test's patience: what ends, ended because the client had left. */
static const char config[] =
    "{'deadline': '100s', 'limits': {'answer_bytes': 67108864}, 'backends': {"
    "   'b': {'servers': ['http://@0'], 'timeout': '90s', 'response_bytes': 33554432},"
    "   'narrow': {'servers': ['http://@0'], 'timeout': '90s', 'max_in_flight': 1, 'queue': 9,"
    "              'queue_timeout': '90s'},"
    "   'stuck': {'servers': ['http://@1'], 'timeout': '90s', 'connect_timeout': '80s'}},"
    " 'routes': ["
    "   {'path': '/slow', 'calls': {'res': {'backend': 'b', 'path': '/x?delay=60s'}}},"
    "   {'path': '/silent', 'calls': {'res': {'backend': 'b', 'path': '/x?fault=silent'}}},"
    "   {'path': '/stall', 'calls': {'res': {'backend': 'b', 'path': '/x?fault=stall'}}},"
    "   {'path': '/drip', 'calls': {'res': {'backend': 'b', 'path': '/x?fault=drip'}}},"
    "   {'path': '/pass', 'pass': true, 'calls': {'res': {'backend': 'b', 'path': '/x?fault=drip'}}},"
    "   {'path': '/chain', 'calls': {'a': {'backend': 'b', 'path': '/a?delay=0ms'},"
    "                                'res': {'backend': 'b', 'path': '/x/{a.message}?delay=60s'}}},"
    "   {'path': '/each', 'calls': {'a': {'backend': 'b', 'path': '/list?delay=0ms'},"
    "                               'res': {'backend': 'b', 'each': '{a}', 'path': '/x/{each}?delay=60s'}}},"
    "   {'path': '/optional', 'calls': {'res': {'backend': 'b', 'path': '/x?delay=60s', 'required': false}}},"
    "   {'path': '/narrow', 'calls': {'res': {'backend': 'narrow', 'path': '/n?delay=60s'}}},"
    "   {'path': '/stuck', 'calls': {'res': {'backend': 'stuck', 'path': '/'}}},"
    "   {'path': '/large', 'calls': {'res': {'backend': 'b', 'path': '/x?delay=0ms&bytes=16000000'}}},"
    "   {'path': '/hello', 'respond': {'text': 'Hello world'}}]}";

/* Those that can end a call. */
static const char *const modes[] = { "async", "wire", "threads", "mixed" };

static void leave_orderly(struct client *client)
{
    client_close(client);
}

static void (*const ways_to_leave[])(struct client *client) = { leave_orderly, client_reset };

static const char in_flight[] = "fanlight_requests_in_flight ";
static const char calls_in_flight[] = "fanlight_calls_in_flight{";
static const char calls_queued[] = "fanlight_calls_queued{";
static const char cancelled[] = "fanlight_calls_total{";

static void start(struct config_scene *scene)
{
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), "{'/list': ['a', 'b', 'c']}");
    (void)config_scene_add_port(scene, scene_closed_port());
    config_scene_start(scene, OPTIONS("--threads=8", "--workers=1"), config);
}

/* The account of the request, which must be over because its client left. */
static cJSON *account_of_gone(struct config_scene *scene, const char *request_id)
{
    cJSON *account = config_scene_account_of(scene, request_id);

    assert_int_equal(json_number(account, "status"), 499);
    assert_int_equal(process_count_events(&scene->gateway, "send", request_id), 0);
    return account;
}

static void assert_nothing_in_flight(struct config_scene *scene)
{
    metrics_page_wait_for(scene->admin_port, in_flight, 0);
    metrics_page_wait_for(scene->admin_port, calls_in_flight, 0);
    metrics_page_wait_for(scene->admin_port, calls_queued, 0);
}

/* ---- a backend at work ---- */

static const struct {
    const char *name;
    const char *target;
    size_t call_count;  /* of calls that the backend is at work on */
    size_t ended_count; /* of those before them */
} stages[] = {
    { "waits for the answer", "/slow", 1, 0 },       { "of a call that is not required", "/optional", 1, 0 },
    { "waits for anything", "/silent", 1, 0 },       { "has the head and waits for the body", "/stall", 1, 0 },
    { "gets the body byte by byte", "/drip", 1, 0 }, { "passes it on", "/pass", 1, 0 },
    { "is at its second call", "/chain", 1, 1 },     { "is at several elements", "/each", 3, 1 },
};

/* How many of its calls were ended by the client. */
static size_t count_cancelled(const cJSON *account)
{
    const cJSON *call = NULL;
    size_t count = 0;

    cJSON_ArrayForEach(call, cJSON_GetObjectItemCaseSensitive(account, "calls"))
    {
        count += strcmp(json_text(call, "error"), "cancelled") == 0;
    }
    return count;
}

static void check_stage(struct config_scene *scene, size_t stage, const char *mode, void (*leave)(struct client *))
{
    size_t all = stages[stage].call_count + stages[stage].ended_count;
    struct client client;
    config_scene_send(scene, mode, stages[stage].target, &client);
    cJSON *received = process_events(&scene->backends[0], "received", scene->request_id, all);

    leave(&client);

    cJSON *ended = process_events(&scene->backends[0], "done", scene->request_id, all);
    cJSON *account = account_of_gone(scene, scene->request_id);
    assert_int_equal(count_cancelled(account), stages[stage].call_count);
    assert_int_equal(cJSON_GetArraySize(ended), all);
    cJSON_Delete(received);
    cJSON_Delete(ended);
    cJSON_Delete(account);
}

static void a_client_that_leaves_ends_its_calls_whatever_the_backend_is_at(void **state)
{
    struct config_scene *scene = *state;
    size_t cancelled_count = 0;
    size_t gone_count = 0;
    start(scene);

    for (size_t i = 0; i < array_length(stages); i++) {
        for (size_t j = 0; j < array_length(modes); j++) {
            for (size_t k = 0; k < array_length(ways_to_leave); k++) {
                check_stage(scene, i, modes[j], ways_to_leave[k]);
                cancelled_count += stages[i].call_count;
                gone_count++;
            }
        }
    }

    assert_nothing_in_flight(scene);
    char by_error[96];
    (void)snprintf(by_error, sizeof by_error, "%sbackend=\"b\",server=\"127.0.0.1:%u\",error=\"cancelled\"} ",
                   cancelled, (unsigned)scene->backend_ports[0]);
    metrics_page_wait_for(scene->admin_port, by_error, cancelled_count);
    uint64_t counted = 0;
    for (size_t i = 0; i < array_length(stages); i++) {
        for (size_t j = 0; j < array_length(modes); j++) {
            char by_status[96];
            (void)snprintf(by_status, sizeof by_status,
                           "fanlight_requests_total{route=\"%s\",mode=\"%s\",status=\"499\"} ", stages[i].target,
                           modes[j]);
            counted += metrics_page_sum(scene->admin_port, by_status);
        }
    }
    assert_int_equal(counted, gone_count);
}

/* ---- no backend at work yet, or no more ---- */

static void check_in_line(struct config_scene *scene, const char *mode, void (*leave)(struct client *))
{
    struct client first;
    struct client second;
    char first_id[sizeof scene->request_id];
    config_scene_send(scene, mode, "/narrow", &first);
    (void)snprintf(first_id, sizeof first_id, "%s", scene->request_id);
    cJSON_Delete(process_events(&scene->backends[0], "received", first_id, 1));
    config_scene_send(scene, mode, "/narrow", &second);
    metrics_page_wait_for(scene->admin_port, calls_queued, 1);

    leave(&second);

    cJSON *account = account_of_gone(scene, scene->request_id);
    assert_true(json_is_null(account_call(account, "res", -1), "started_us"));
    metrics_page_wait_for(scene->admin_port, calls_queued, 0);
    assert_int_equal(metrics_page_sum(scene->admin_port, calls_in_flight), 1);
    assert_int_equal(process_count_events(&scene->backends[0], "received", scene->request_id), 0);
    leave(&first);
    cJSON_Delete(account);
    cJSON_Delete(account_of_gone(scene, first_id));
    metrics_page_wait_for(scene->admin_port, calls_in_flight, 0);
}

static void a_client_that_leaves_takes_its_call_out_of_the_line_at_a_gate(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (size_t i = 0; i < array_length(modes); i++) {
        for (size_t j = 0; j < array_length(ways_to_leave); j++) {
            check_in_line(scene, modes[i], ways_to_leave[j]);
        }
    }

    assert_nothing_in_flight(scene);
}

static void check_connecting(struct config_scene *scene, const char *mode, void (*leave)(struct client *))
{
    struct client client;
    config_scene_send(scene, mode, "/stuck", &client);
    metrics_page_wait_for(scene->admin_port, calls_in_flight, 1);

    leave(&client);

    cJSON *account = account_of_gone(scene, scene->request_id);
    const cJSON *call = account_call(account, "res", -1);
    assert_string_equal(json_text(call, "error"), "cancelled");
    assert_true(json_is_null(call, "connected_us"));
    metrics_page_wait_for(scene->admin_port, calls_in_flight, 0);
    cJSON_Delete(account);
}

/* What a call was opening goes with it: of more rounds than a mode may make things for itself, no descriptor stays. */
static void a_client_that_leaves_ends_a_call_that_still_connects(void **state)
{
    enum { ROUNDS = 16, SLACK = 8 };
    struct config_scene *scene = *state;
    struct blackhole blackhole;
    blackhole_open(&blackhole);
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    (void)config_scene_add_port(scene, blackhole.port);
    config_scene_start(scene, OPTIONS("--threads=2", "--workers=1"), config);

    for (size_t i = 0; i < array_length(modes); i++) {
        check_connecting(scene, modes[i], ways_to_leave[0]);
        assert_nothing_in_flight(scene);
        size_t before = process_descriptor_count(&scene->gateway);
        for (size_t j = 0; j < ROUNDS; j++) {
            check_connecting(scene, modes[i], ways_to_leave[j % array_length(ways_to_leave)]);
        }
        assert_nothing_in_flight(scene);
        process_wait_for_descriptors(&scene->gateway, before + SLACK);
    }

    blackhole_close(&blackhole);
}

static void a_client_that_leaves_before_its_body_is_there_leaves_nothing(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (size_t i = 0; i < array_length(ways_to_leave); i++) {
        struct client client;
        client_open(&client, scene->gateway_port);
        client_send(&client, "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf of it");
        metrics_page_wait_for(scene->admin_port, "fanlight_client_connections ", 1);

        ways_to_leave[i](&client);

        metrics_page_wait_for(scene->admin_port, "fanlight_client_connections ", 0);
    }

    assert_nothing_in_flight(scene);
    assert_int_equal(process_count_lines(&scene->backends[0], "\"event\":\"received\""), 0);
}

static void a_client_that_leaves_takes_its_pipelined_requests_along(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (size_t i = 0; i < array_length(modes); i++) {
        for (size_t j = 0; j < array_length(ways_to_leave); j++) {
            struct client client;
            char next_id[sizeof scene->request_id + 8];
            cleanup_buf struct buf request;
            (void)snprintf(next_id, sizeof next_id, "next-%zu-%zu", i, j);
            buf_init(&request, 1024);
            (void)buf_add_format(&request, "GET /slow HTTP/1.1\r\nHost: a\r\nX-Request-Id: first-%zu-%zu\r\n", i, j);
            (void)buf_add_format(&request, "Fanlight-Mode: %s\r\n\r\n", modes[i]);
            (void)buf_add_format(&request, "GET /slow HTTP/1.1\r\nHost: a\r\nX-Request-Id: %s\r\n\r\n", next_id);
            client_open(&client, scene->gateway_port);
            client_send_bytes(&client, request.base, request.length);
            char first_id[32];
            (void)snprintf(first_id, sizeof first_id, "first-%zu-%zu", i, j);
            cJSON_Delete(process_events(&scene->backends[0], "received", first_id, 1));

            ways_to_leave[j](&client);

            cJSON_Delete(account_of_gone(scene, first_id));
            metrics_page_wait_for(scene->admin_port, "fanlight_client_connections ", 0);
            assert_int_equal(process_count_events(&scene->gateway, "received", next_id), 0);
            assert_int_equal(process_count_events(&scene->backends[0], "received", next_id), 0);
        }
    }

    assert_nothing_in_flight(scene);
}

/* It had been answered: the log tells what was sent, as nginx's does. */
static void a_client_that_leaves_amid_its_answer_ends_the_request(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t j = 0; j < array_length(ways_to_leave); j++) {
            struct client client;
            config_scene_send(scene, *mode, "/large", &client);
            cJSON_Delete(process_events(&scene->gateway, "send", scene->request_id, 1));

            ways_to_leave[j](&client);

            cJSON *account = config_scene_account_of(scene, scene->request_id);
            assert_int_equal(json_number(account, "status"), 200);
            metrics_page_wait_for(scene->admin_port, "fanlight_client_connections ", 0);
            cJSON_Delete(account);
        }
    }

    assert_nothing_in_flight(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(a_client_that_leaves_ends_its_calls_whatever_the_backend_is_at),
        config_scene_test(a_client_that_leaves_takes_its_call_out_of_the_line_at_a_gate),
        config_scene_test(a_client_that_leaves_ends_a_call_that_still_connects),
        config_scene_test(a_client_that_leaves_before_its_body_is_there_leaves_nothing),
        config_scene_test(a_client_that_leaves_takes_its_pipelined_requests_along),
        config_scene_test(a_client_that_leaves_amid_its_answer_ends_the_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
