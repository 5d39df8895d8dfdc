/* SPDX-License-Identifier: MIT */
/*
 * How many calls a backend gets at once, who waits in line for it and how long.
 */
#include <signal.h>

#include "tests/support/config_scene.h"
#include "tests/support/fair_time.h"
#include "tests/support/metrics_page.h"
#include "tests/support/unit.h"

static const char *const concurrent_modes[] = { "threads", "async", "wire" };

static const char config[] =
    "{'backends': {"
    "   'two': {'servers': ['http://@0'], 'max_in_flight': 2, 'queue': 100},"
    "   'one': {'servers': ['http://@0'], 'max_in_flight': 1, 'queue': 1},"
    "   'no_line': {'servers': ['http://@0'], 'max_in_flight': 1, 'queue': 0},"
    "   'long_line': {'servers': ['http://@0'], 'max_in_flight': 1, 'queue': 10},"
    "   'hasty_line': {'servers': ['http://@0'], 'max_in_flight': 1, 'queue': 10, 'queue_timeout': '100ms'},"
    "   'free': {'servers': ['http://@0']}},"
    " 'routes': ["
    " {'path': '/two', 'calls': {"
    "   'a': {'backend': 'two', 'path': '/a?delay=200ms'}, 'b': {'backend': 'two', 'path': '/b?delay=200ms'}}},"
    " {'path': '/one/{delay}', 'calls': {'res': {'backend': 'one', 'path': '/one?delay={delay}'}}},"
    " {'path': '/at_once/{delay}', 'calls': {'res': {'backend': 'no_line', 'path': '/x?delay={delay}'}}},"
    " {'path': '/long/{name}/{delay}', 'calls': {'res': {'backend': 'long_line', 'path': '/{name}?delay={delay}'}}},"
    " {'path': '/hasty/{delay}', 'calls': {'res': {'backend': 'hasty_line', 'path': '/hasty?delay={delay}'}}},"
    " {'path': '/fault/{fault}', 'calls': {"
    "   'res': {'backend': 'hasty_line', 'timeout': '150ms', 'path': '/hasty?fault={fault}'}}},"
    " {'path': '/optional', 'calls': {"
    "   'a': {'backend': 'one', 'path': '/a?delay=100ms'},"
    "   'b': {'backend': 'one', 'path': '/b'},"
    "   'c': {'backend': 'one', 'path': '/c', 'required': false, 'default': 'full'}}},"
    " {'path': '/each', 'calls': {"
    "   'list': {'backend': 'free', 'path': '/list'},"
    "   'items': {'backend': 'one', 'each': '{list}', 'required': false, 'path': '/{each}?delay=30ms'}}}]}";

static const char hasty_in_flight[] = "fanlight_calls_in_flight{backend=\"hasty_line\"} ";

static void start(struct config_scene *scene, const char *option)
{
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms", option),
                                   "{'/list': [1, 2, 3, 4], '/1': 1, '/2': 2, '/3': 3, '/4': 4}");
    config_scene_start(scene, OPTIONS("--threads=16"), config);
}

static void wait_until_received(struct config_scene *scene, const char *request_id)
{
    cJSON_Delete(process_events(&scene->gateway, "received", request_id, 1));
}

static void wait_until_sent(struct config_scene *scene)
{
    cJSON_Delete(process_events(&scene->backends[0], "received", scene->request_id, 1));
}

/* ---- how many ---- */

enum { CROWD = 6 };

/* A backend that lets in as many as it may be asked at once: none of them has to queue there. */
static void a_backend_never_has_more_calls_at_once_than_it_may(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--concurrency=2");

    for (size_t i = 0; i < array_length(concurrent_modes); i++) {
        struct client clients[CROWD];
        struct answer answers[CROWD];
        uint64_t longest_ms = 0;

        for (size_t j = 0; j < CROWD; j++) {
            answer_init(&answers[j]);
            config_scene_send(scene, concurrent_modes[i], "/two", &clients[j]);
        }
        client_read_all(clients, answers, CROWD);

        for (size_t j = 0; j < CROWD; j++) {
            char request_id[16];
            assert_answer(&answers[j], 200, "{'a':{'message':'success'},'b':{'message':'success'}}");
            longest_ms = answers[j].elapsed_ms > longest_ms ? answers[j].elapsed_ms : longest_ms;
            (void)snprintf(request_id, sizeof request_id, "test-%zu", i * CROWD + j + 1);
            cJSON *done = process_events(&scene->backends[0], "done", request_id, 2);
            for (int k = 0; k < 2; k++) {
                assert_true(json_number(cJSON_GetArrayItem(done, k), "queue_us") < 100000);
            }
            cJSON_Delete(done);
            answer_clear(&answers[j]);
            client_close(&clients[j]);
        }
        assert_true(longest_ms >= 1080);
    }
}

/* ---- the line ---- */

static void the_line_is_first_come_first_served(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--seed=1");

    for (size_t i = 0; i < array_length(concurrent_modes); i++) {
        const char *mode = concurrent_modes[i];
        struct client clients[CROWD];
        struct answer answers[CROWD];
        char parts[CROWD][48];

        for (size_t j = 0; j < CROWD; j++) {
            char target[32];
            (void)snprintf(target, sizeof target, "/long/%s-%zu/%s", mode, j, j == 0 ? "200ms" : "0ms");
            (void)snprintf(parts[j], sizeof parts[j], "\"received\",\"request_id\":\"test-%zu\"", i * CROWD + j + 1);
            answer_init(&answers[j]);
            config_scene_send(scene, mode, target, &clients[j]);
            wait_until_received(scene, scene->request_id);
        }
        client_read_all(clients, answers, CROWD);

        for (size_t j = 0; j < CROWD; j++) {
            assert_int_equal(answers[j].status, 200);
            answer_clear(&answers[j]);
            client_close(&clients[j]);
        }
        cJSON_Delete(process_events(&scene->backends[0], "done", scene->request_id, 1));
        assert_order(&scene->backends[0],
                     (const char *const[]){ parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], NULL });
    }
}

static void a_full_line_refuses_at_once_and_the_backend_sees_nothing(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--seed=1");

    for (size_t i = 0; i < array_length(concurrent_modes); i++) {
        struct client first;
        struct client second;
        cleanup_answer struct answer answer = ANSWER_NONE;
        cleanup_answer struct answer refused = ANSWER_NONE;

        config_scene_send(scene, concurrent_modes[i], "/one/1500ms", &first);
        wait_until_sent(scene);
        config_scene_send(scene, concurrent_modes[i], "/one/0ms", &second);
        wait_until_received(scene, scene->request_id);
        config_scene_get(scene, concurrent_modes[i], "/one/0ms", &refused);

        assert_problem(&refused, 503, "connection_limit_reached");
        assert_text(answer_header(&refused, "Proxy-Status"), "fanlight; error=connection_limit_reached");
        assert_true(fair_ms(refused.elapsed_ms) < 1000);
        cJSON *account = config_scene_account(scene);
        assert_string_equal(json_text(account_call(account, "res", -1), "error"), "connection_limit_reached");
        assert_int_equal(json_number(account_call(account, "res", -1), "attempts"), 0);
        assert_true(json_is_null(account_call(account, "res", -1), "started_us"));
        cJSON_Delete(account);
        assert_int_equal(process_count_events(&scene->backends[0], "received", scene->request_id), 0);
        client_read(&first, &answer);
        assert_int_equal(answer.status, 200);
        client_read(&second, &answer);
        assert_int_equal(answer.status, 200);
        client_close(&first);
        client_close(&second);
    }
}

static void without_a_line_the_second_is_refused(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--seed=1");

    for (size_t i = 0; i < array_length(concurrent_modes); i++) {
        struct client first;
        cleanup_answer struct answer answer = ANSWER_NONE;
        cleanup_answer struct answer refused = ANSWER_NONE;

        config_scene_send(scene, concurrent_modes[i], "/at_once/1500ms", &first);
        wait_until_sent(scene);
        config_scene_get(scene, concurrent_modes[i], "/at_once/0ms", &refused);
        client_read(&first, &answer);

        assert_problem(&refused, 503, "connection_limit_reached");
        assert_int_equal(answer.status, 200);
        client_close(&first);
    }
}

static void a_call_that_waits_too_long_in_line_is_refused_and_never_sent(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--seed=1");

    for (size_t i = 0; i < array_length(concurrent_modes); i++) {
        struct client first;
        cleanup_answer struct answer refused = ANSWER_NONE;
        cleanup_answer struct answer after = ANSWER_NONE;
        char first_id[16];

        config_scene_send(scene, concurrent_modes[i], "/hasty/15s", &first);
        wait_until_sent(scene);
        (void)memcpy(first_id, scene->request_id, sizeof first_id);
        config_scene_get(scene, concurrent_modes[i], "/hasty/0ms", &refused);

        assert_problem(&refused, 503, "connection_limit_reached");
        assert_took(refused.elapsed_ms, 100);
        assert_int_equal(process_count_events(&scene->backends[0], "received", scene->request_id), 0);

        client_close(&first);
        cJSON_Delete(config_scene_account_of(scene, first_id));
        metrics_page_wait_for(scene->admin_port, hasty_in_flight, 0);
        config_scene_get(scene, concurrent_modes[i], "/hasty/0ms", &after);

        assert_int_equal(after.status, 200);
    }
}

static void every_way_to_fail_gives_the_place_back(void **state)
{
    static const char *const targets[] = { "/fault/reset",  "/fault/close-mid", "/fault/garbage",
                                           "/fault/silent", "/fault/endless",   "/fault/bad-json" };
    struct config_scene *scene = *state;
    start(scene, "--seed=1");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(targets); i++) {
            cleanup_answer struct answer failed = ANSWER_NONE;
            cleanup_answer struct answer after = ANSWER_NONE;

            config_scene_get(scene, *mode, targets[i], &failed);
            metrics_page_wait_for(scene->admin_port, hasty_in_flight, 0);
            config_scene_get(scene, *mode, "/hasty/0ms", &after);

            assert_true(failed.status == 502 || failed.status == 504);
            assert_int_equal(after.status, 200);
        }
    }
}

static void whoever_leaves_gives_the_place_up_in_line_and_at_the_backend(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--seed=1");

    for (size_t i = 0; i < array_length(concurrent_modes); i++) {
        struct client running;
        struct client in_line;
        struct client behind;
        cleanup_answer struct answer answer = ANSWER_NONE;
        char left_id[16];

        config_scene_send(scene, concurrent_modes[i], "/long/running/15s", &running);
        wait_until_sent(scene);
        config_scene_send(scene, concurrent_modes[i], "/long/in_line/0ms", &in_line);
        wait_until_received(scene, scene->request_id);
        (void)memcpy(left_id, scene->request_id, sizeof left_id);
        config_scene_send(scene, concurrent_modes[i], "/long/behind/0ms", &behind);
        wait_until_received(scene, scene->request_id);
        client_close(&in_line);
        cJSON_Delete(process_events(&scene->gateway, "done", left_id, 1));
        client_close(&running);
        client_read(&behind, &answer);

        assert_int_equal(answer.status, 200);
        assert_true(answer.elapsed_ms < 5000);
        assert_int_equal(process_count_events(&scene->backends[0], "received", left_id), 0);
        client_close(&behind);
    }
}

static void those_in_line_are_served_before_the_gateway_ends(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--seed=1");

    for (size_t i = 0; i < array_length(concurrent_modes); i++) {
        struct client clients[3];
        struct answer answers[3];

        for (size_t j = 0; j < array_length(clients); j++) {
            answer_init(&answers[j]);
            config_scene_send(scene, concurrent_modes[i], j == 0 ? "/long/x/1500ms" : "/long/x/0ms", &clients[j]);
            wait_until_received(scene, scene->request_id);
        }
        process_signal(&scene->gateway, SIGTERM);
        client_read_all(clients, answers, array_length(clients));

        for (size_t j = 0; j < array_length(clients); j++) {
            assert_answer(&answers[j], 200, "{'res':{'message':'success'}}");
            assert_true(answer_says_close(&answers[j]));
            answer_clear(&answers[j]);
            client_close(&clients[j]);
        }
        assert_int_equal(process_wait(&scene->gateway), 0);
        process_clear(&scene->gateway);
        config_scene_start(scene, OPTIONS("--threads=16"), config);
    }
}

static void a_place_is_for_a_call_not_for_a_request(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--seed=1");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer optional = ANSWER_NONE;
        cleanup_answer struct answer each = ANSWER_NONE;
        bool is_sync = strcmp(*mode, "sync") == 0;

        config_scene_get(scene, *mode, "/optional", &optional);
        config_scene_get(scene, *mode, "/each", &each);

        if (is_sync) { /* one after another: there is always room */
            assert_answer(&optional, 200,
                          "{'a':{'message':'success'},'b':{'message':'success'},'c':{'message':'success'}}");
            assert_answer(&each, 200, "{'list':[1, 2, 3, 4],'items':[1,2,3,4]}");
            continue;
        }
        assert_answer_like(&optional, 200,
                           "{'a':{'message':'success'},'b':{'message':'success'},'c':'full','_errors':["
                           "{'call':'c','error':'connection_limit_reached','status':null,'elapsed_ms':#}]}");
        assert_answer_like(&each, 200,
                           "{'list':[1, 2, 3, 4],'items':[1,2,null,null],'_errors':["
                           "{'call':'items','index':2,'error':'connection_limit_reached','status':null,'elapsed_ms':#},"
                           "{'call':'items','index':3,'error':'connection_limit_reached','status':null,'elapsed_ms':#}"
                           "]}");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(a_backend_never_has_more_calls_at_once_than_it_may),
        config_scene_test(the_line_is_first_come_first_served),
        config_scene_test(a_full_line_refuses_at_once_and_the_backend_sees_nothing),
        config_scene_test(without_a_line_the_second_is_refused),
        config_scene_test(a_call_that_waits_too_long_in_line_is_refused_and_never_sent),
        config_scene_test(every_way_to_fail_gives_the_place_back),
        config_scene_test(whoever_leaves_gives_the_place_up_in_line_and_at_the_backend),
        config_scene_test(those_in_line_are_served_before_the_gateway_ends),
        config_scene_test(a_place_is_for_a_call_not_for_a_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
