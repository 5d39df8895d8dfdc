/* SPDX-License-Identifier: MIT */
/*
 * lab watch: a line for each request that a running gateway has finished.
 */
#include <signal.h>
#include <stdio.h>

#include "tests/support/scene.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

static void start_watch(struct process *watch, uint16_t port, const char *more)
{
    char admin[64];

    (void)snprintf(admin, sizeof admin, "--admin=http://127.0.0.1:%u", (unsigned)port);
    process_start(watch, "lab", OPTIONS("watch", admin, more));
}

static void each_request_is_a_line_until_there_are_enough(void **state)
{
    struct scene *scene = *state;
    struct process watch = PROCESS_NONE;
    struct process other = PROCESS_NONE;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=10ms"), OPTIONS("--mode=async"));
    start_watch(&other, scene->admin_port, "--events");
    start_watch(&watch, scene->admin_port, "--limit=2");
    (void)process_wait_for(&other, "{\"event\":\"connected\"}");

    size_t count = 0;
    while (process_is_running(&watch)) { /* it says nothing of being connected */
        client_fetch(scene->gateway_port, "/task1", &answer);
        answer_clear(&answer);
        answer_init(&answer);
        count++;
    }

    assert_true(count >= 2);
    assert_int_equal(process_wait(&watch), 0);
    assert_int_equal(process_count_lines(&watch, "\"event\":\"done\""), 2);
    const char *line = process_wait_for(&watch, "\"target\":\"/task1\"");
    cJSON *record = cJSON_Parse(line);
    assert_string_equal(json_text(record, "mode"), "async");
    cJSON_Delete(record);
    (void)process_wait_for(&other, "{\"event\":\"record\",\"record\":{\"ts\":");
    process_signal(&other, SIGINT);
    assert_int_equal(process_wait(&other), 0);
    process_clear(&watch);
    process_clear(&other);
}

static void it_ends_with_a_sentence_when_the_gateway_does(void **state)
{
    struct scene *scene = *state;
    struct process watch = PROCESS_NONE;
    scene->backend_port = scene_closed_port();
    scene_start_gateway(scene, OPTIONS("--mode=async"));
    start_watch(&watch, scene->admin_port, "--events");
    (void)process_wait_for(&watch, "connected");

    scene_stop(scene);

    assert_int_equal(process_wait(&watch), 1);
    assert_int_equal(process_count_lines(&watch, "{\"event\":\"failed\",\"error\":\"http://127.0.0.1:"), 1);
    char *errors = process_errors(&watch);
    assert_non_null(strstr(errors, "the gateway has ended the stream"));
    free(errors);
    process_clear(&watch);
}

static void where_no_gateway_is_it_says_so(void **state)
{
    struct scene *scene = *state;
    struct process refused = PROCESS_NONE;
    struct process backend = PROCESS_NONE;
    scene_start_backend(scene, OPTIONS("--delay=0ms"));

    start_watch(&refused, scene_closed_port(), NULL);
    start_watch(&backend, scene->backend_port, NULL);

    assert_int_equal(process_wait(&refused), 1);
    assert_int_equal(process_wait(&backend), 1);
    char *refused_errors = process_errors(&refused);
    char *backend_errors = process_errors(&backend);
    assert_non_null(strstr(refused_errors, "cannot be watched: Connection refused"));
    assert_non_null(strstr(backend_errors, "is no stream of events: it answers 200"));
    assert_int_equal(process_count_lines(&backend, ""), 0);
    free(refused_errors);
    free(backend_errors);
    process_clear(&refused);
    process_clear(&backend);
}

/* ---- a stranger in a gateway's place ---- */

#define STREAM "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

static const struct {
    const char *name, *answer, *output, *error;
} strangers[] = {
    { "good and bad records",
      STREAM "event: done\ndata: {\"n\":1}\n\nevent: done\ndata: {\"n\":\n\nevent: done\ndata: [2]\n\nevent: other\n"
             "data: {\"n\":3}\n\nevent: done\ndata: {\ndata: }\n\nevent: done\ndata: {\"n\":\"\x1b[2J\"}\n\n"
             "event: done\ndata: {\"n\":4}\n\nevent: done\ndata: {\"unfinished\":",
      "{\"n\":1}\n{\"n\":4}\n", "the gateway has ended the stream" },
    { "a page", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p>x", "",
      "is no stream of events: it answers 200" },
    { "a page without an end", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>x", "",
      "is no stream of events: it answers 200" },
    { "an error", "HTTP/1.1 404 Not Found\r\nContent-Type: text/event-stream\r\nContent-Length: 0\r\n\r\n", "",
      "is no stream of events: it answers 404" },
    { "a way elsewhere", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "",
      "is no stream of events: it answers 302" },
    { "nothing", "", "", "cannot be watched: " },
    { "no HTTP", "hello\r\n\r\n", "", "cannot be watched: " },
};

static void a_stranger_is_told_from_a_gateway_and_can_print_nothing_but_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(strangers); i++) {
        const struct scripted_step steps[] = { { .bytes = strangers[i].answer, .after = SCRIPTED_CLOSE } };
        struct scripted_server *server = scripted_server_start(steps, 1);
        struct process watch = PROCESS_NONE;

        start_watch(&watch, scripted_server_port(server), NULL);

        assert_int_equal(process_wait(&watch), 1);
        char *output = process_output(&watch);
        char *errors = process_errors(&watch);
        assert_case(strangers[i].name, strcmp(output, strangers[i].output) == 0);
        assert_case(strangers[i].name, strstr(errors, strangers[i].error) != NULL);
        assert_case(strangers[i].name, strchr(errors, '\n') == errors + strlen(errors) - 1); /* one line */
        free(output);
        free(errors);
        process_clear(&watch);
        scripted_server_stop(server);
    }
}

static const struct {
    const char *option, *part;
} wrong_uses[] = {
    { "--admin=https://127.0.0.1:9901", "an admin listener speaks plain HTTP" },
    { "--admin=http://127.0.0.1:9901/?x", "an admin listener speaks plain HTTP" },
    { "--admin=127.0.0.1:9901", "http://HOST" },
    { "--limit=0", "--limit" },
    { "--limt=1", "--limit" },
    { "more", "more" },
};

static void wrong_use_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(wrong_uses); i++) {
        struct process watch = PROCESS_NONE;

        process_start(&watch, "lab", OPTIONS("watch", wrong_uses[i].option));

        assert_int_equal(process_wait(&watch), 2);
        char *errors = process_errors(&watch);
        assert_case(wrong_uses[i].option, strstr(errors, wrong_uses[i].part) != NULL);
        free(errors);
        process_clear(&watch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(each_request_is_a_line_until_there_are_enough),
        scene_test(it_ends_with_a_sentence_when_the_gateway_does),
        scene_test(where_no_gateway_is_it_says_so),
        scene_test(a_stranger_is_told_from_a_gateway_and_can_print_nothing_but_records),
        scene_test(wrong_use_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
