/* SPDX-License-Identifier: MIT */
/*
 * Backends that have a name, in every mode, with a name server of the test's: silence, absence, another address.
 */
#include <signal.h>

#include "common/clock.h"
#include "tests/support/config_scene.h"
#include "tests/support/name_server.h"
#include "tests/support/unit.h"

/* ---- the scene ---- */

#define CONFIG(timeout)                                                                                                \
    "{'backends': {'named': {'servers': ['http://users.test:@p'], 'timeout': '" timeout "', 'connect_timeout': '2s'}," \
    "              'plain': {'servers': ['http://@0', 'http://localhost:@p']}},"                                       \
    " 'routes': [{'path': '/hello', 'respond': {'text': 'Hello world'}},"                                              \
    "            {'path': '/named', 'calls': {'res': {'backend': 'named', 'path': '/x'}}},"                            \
    "            {'path': '/plain', 'calls': {'res': {'backend': 'plain', 'path': '/x'}}},"                            \
    "            {'path': '/fan', 'calls': {'a': {'backend': 'named', 'path': '/a'},"                                  \
    "                                       'b': {'backend': 'named', 'path': '/b'},"                                  \
    "                                       'c': {'backend': 'named', 'path': '/c'}}},"                                \
    "            {'path': '/either', 'calls': {'bad': {'backend': 'plain', 'path': '/x?status=500'},"                  \
    "                                          'named': {'backend': 'named', 'path': '/x'}}}]}"

static void say(struct name_server *names, const char *addresses, unsigned ttl_s)
{
    name_server_say(names, "users.test", &(struct name_server_saying){ .addresses = addresses, .ttl_s = ttl_s });
}

static void say_manner(struct name_server *names, enum name_server_manner manner)
{
    name_server_say(names, "users.test", &(struct name_server_saying){ .manner = manner });
}

/* A backend without a delay, and a gateway that asks this name server. */
static void start(struct config_scene *scene, struct name_server *names, const char *config)
{
    char option[64];

    (void)snprintf(option, sizeof option, "--name-servers=%s", name_server_address(names));
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=1", "--blocking=res", option), config);
}

static void outlive_a_second(void)
{
    const struct timespec moment = { .tv_sec = 1, .tv_nsec = 100 * 1000 * 1000 };

    (void)nanosleep(&moment, NULL);
}

static const char *error_in_log(struct config_scene *scene, char *text, size_t size)
{
    cJSON *done = config_scene_account(scene);

    (void)snprintf(text, size, "%s", json_text(cJSON_GetArrayItem(cJSON_GetObjectItem(done, "calls"), 0), "error"));
    cJSON_Delete(done);
    return text;
}

/* ---- silence ---- */

enum { TIMEOUT_MS = 600 };

static void a_silent_name_server_is_a_dns_timeout_at_the_calls_timeout(void **state)
{
    struct config_scene *scene = *state;
    struct name_server *names = name_server_start();
    say_manner(names, NAME_SERVER_IS_SILENT);
    start(scene, names, CONFIG("600ms"));

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        char text[64];

        config_scene_get(scene, *mode, "/named", &answer);

        assert_problem(&answer, 504, "dns_timeout");
        assert_took(answer.elapsed_ms, TIMEOUT_MS);
        assert_string_equal(error_in_log(scene, text, sizeof text), "dns_timeout");
    }
    name_server_stop(names);
}

static void the_loop_answers_others_while_a_name_server_is_silent(void **state)
{
    static const char *const modes[] = { "async", "threads", "wire" };
    struct config_scene *scene = *state;
    struct name_server *names = name_server_start();
    say_manner(names, NAME_SERVER_IS_SILENT);
    start(scene, names, CONFIG("10s"));
    size_t thread_count = process_thread_count(&scene->gateway);

    for (size_t i = 0; i < array_length(modes); i++) {
        struct client client;
        config_scene_send(scene, modes[i], "/named", &client);
        name_server_wait_for_questions(names, "users.test", 1);

        for (int k = 0; k < 20; k++) {
            cleanup_answer struct answer hello = ANSWER_NONE;
            config_scene_get(scene, modes[i], "/hello", &hello);
            assert_int_equal(hello.status, 200);
        }

        assert_false(client_sees_input(&client, 0)); /* the call waits on, and no thread for it */
        assert_int_equal(process_thread_count(&scene->gateway), thread_count);
        client_close(&client);
    }
    name_server_stop(names);
}

/* ---- while it is looked up ---- */

static void a_client_that_leaves_while_a_name_is_looked_up_is_499(void **state)
{
    static const char *const modes[] = { "async", "threads", "wire" };
    struct config_scene *scene = *state;
    struct name_server *names = name_server_start();
    say_manner(names, NAME_SERVER_IS_SILENT);
    start(scene, names, CONFIG("15s"));

    for (size_t i = 0; i < array_length(modes); i++) {
        struct client client;
        uint64_t start_us = clock_monotonic_us();
        config_scene_send(scene, modes[i], "/named", &client);
        (void)process_wait_for(&scene->gateway, "\"received\"");
        name_server_wait_for_questions(names, "users.test", 1);

        client_close(&client);
        cJSON *done = config_scene_account(scene);

        assert_int_equal(json_number(done, "status"), 499);
        assert_string_equal(json_text(account_call(done, "res", -1), "error"), "cancelled");
        assert_true(clock_monotonic_us() - start_us < 10 * (uint64_t)CLOCK_US_PER_SECOND);
        cJSON_Delete(done);
    }
    name_server_stop(names);
}

static void a_required_call_that_fails_ends_one_that_waits_for_its_name(void **state)
{
    static const char *const modes[] = { "async", "threads", "wire" };
    struct config_scene *scene = *state;
    struct name_server *names = name_server_start();
    say_manner(names, NAME_SERVER_IS_SILENT);
    start(scene, names, CONFIG("15s"));

    for (size_t i = 0; i < array_length(modes); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, modes[i], "/either", &answer);

        assert_problem(&answer, 502, "http_response_status");
        assert_true(answer.elapsed_ms < 10000);
    }
    name_server_stop(names);
}

/* The scene's end asks for exit 0, too; here it must come long before the call's own time is over. */
static void a_gateway_stops_while_a_name_is_looked_up(void **state)
{
    struct config_scene *scene = *state;
    struct name_server *names = name_server_start();
    struct client client;
    say_manner(names, NAME_SERVER_IS_SILENT);
    start(scene, names, CONFIG("15s"));
    config_scene_send(scene, "async", "/named", &client);
    name_server_wait_for_questions(names, "users.test", 1);
    uint64_t start_us = clock_monotonic_us();

    process_signal(&scene->gateway, SIGTERM);
    (void)process_wait_for(&scene->gateway, "draining");
    client_close(&client);

    assert_int_equal(process_wait(&scene->gateway), 0);
    assert_true(clock_monotonic_us() - start_us < 10 * (uint64_t)CLOCK_US_PER_SECOND);
    name_server_stop(names);
}

/* ---- absence ---- */

static void a_name_that_nobody_has_is_a_dns_error_and_does_not_stop_the_start(void **state)
{
    struct config_scene *scene = *state;
    struct name_server *names = name_server_start();
    say_manner(names, NAME_SERVER_KNOWS_NONE);
    start(scene, names, CONFIG("10s"));

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer before = ANSWER_NONE;
        cleanup_answer struct answer after = ANSWER_NONE;
        char text[64];
        say_manner(names, NAME_SERVER_KNOWS_NONE);
        outlive_a_second();

        config_scene_get(scene, *mode, "/named", &before);
        const char *error = error_in_log(scene, text, sizeof text);
        assert_problem(&before, 502, "dns_error");
        assert_string_equal(error, "dns_error");
        say(names, "127.0.0.1", 1);
        outlive_a_second();
        config_scene_get(scene, *mode, "/named", &after);

        assert_answer(&after, 200, "{'res':{'message':'success'}}");
    }
    name_server_stop(names);
}

/* ---- who is asked, and how often ---- */

static void calls_of_a_request_ask_once_and_addresses_ask_nobody(void **state)
{
    static const char *const modes[] = { "async", "threads", "wire", "sync", "mixed" };
    struct config_scene *scene = *state;
    struct name_server *names = name_server_start();
    say(names, "127.0.0.1", 3600);
    start(scene, names, CONFIG("10s"));

    for (size_t i = 0; i < array_length(modes); i++) {
        for (int k = 0; k < 2; k++) {
            cleanup_answer struct answer answer = ANSWER_NONE;
            config_scene_get(scene, modes[i], "/plain", &answer);
            assert_answer(&answer, 200, "{'res':{'message':'success'}}");
        }
    }
    assert_int_equal(name_server_total_count(names), 0);
    for (size_t i = 0; i < array_length(modes); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        config_scene_get(scene, modes[i], "/fan", &answer);
        assert_int_equal(answer.status, 200);
    }

    assert_int_equal(name_server_question_count(names, "users.test"), 1);
    name_server_stop(names);
}

/* ---- another address ---- */

static void another_address_is_taken_up_in_every_mode(void **state)
{
    struct config_scene *scene = *state;
    struct process other = PROCESS_NONE;
    struct name_server *names = name_server_start();
    char option[64];
    say(names, "127.0.0.1", 1);
    start(scene, names, CONFIG("10s"));
    (void)snprintf(option, sizeof option, "--listen=127.0.0.2:%u", (unsigned)scene->backend_ports[0]);
    process_start(&other, "backend", OPTIONS(option, "--delay=0ms"));
    (void)process_wait_for(&other, "listening on ");
    size_t count = 0;

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer first = ANSWER_NONE;
        cleanup_answer struct answer kept = ANSWER_NONE;
        cleanup_answer struct answer moved = ANSWER_NONE;
        say(names, "127.0.0.1", 1);
        outlive_a_second();
        config_scene_get(scene, *mode, "/named", &first);
        config_scene_get(scene, *mode, "/named", &kept);
        assert_int_equal(process_count_lines(&other, "Received x Request!!"), count);

        say(names, "127.0.0.2", 1);
        outlive_a_second();
        config_scene_get(scene, *mode, "/named", &moved);
        cJSON *done = config_scene_account(scene);

        assert_int_equal(first.status, 200);
        assert_int_equal(kept.status, 200);
        assert_answer(&moved, 200, "{'res':{'message':'success'}}");
        process_wait_for_count(&other, "Received x Request!!", ++count);
        assert_int_equal(json_number(account_call(done, "res", -1), "attempts"), 1);
        cJSON_Delete(done);
    }
    assert_int_equal(process_stop(&other), 0);
    process_clear(&other);
    name_server_stop(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(a_silent_name_server_is_a_dns_timeout_at_the_calls_timeout),
        config_scene_test(the_loop_answers_others_while_a_name_server_is_silent),
        config_scene_test(a_client_that_leaves_while_a_name_is_looked_up_is_499),
        config_scene_test(a_required_call_that_fails_ends_one_that_waits_for_its_name),
        config_scene_test(a_gateway_stops_while_a_name_is_looked_up),
        config_scene_test(a_name_that_nobody_has_is_a_dns_error_and_does_not_stop_the_start),
        config_scene_test(calls_of_a_request_ask_once_and_addresses_ask_nobody),
        config_scene_test(another_address_is_taken_up_in_every_mode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
