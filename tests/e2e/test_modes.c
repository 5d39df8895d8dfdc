/* SPDX-License-Identifier: MIT */
/*
 * The experiment itself: in which order requests are received and answered, and after how many delays, in each mode.
 */
#include "common/clock.h"
#include "tests/support/scene.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

enum { DELAY_MS = 400, TASKS_AT_MOST = 5 };
#define DELAY "--delay=400ms"

/* Sends the tasks in order, each as soon as the gateway says that it received the one before, but no later than the
 * first answer: a gateway that stands still receives nothing more. */
static void send_tasks(struct scene *scene, struct client *clients, size_t count)
{
    char target[32];

    for (size_t i = 0; i < count; i++) {
        client_open(&clients[i], scene->gateway_port);
    }
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(target, sizeof target, "/task%zu", i + 1);
        client_get(&clients[i], target);
        if (i == 0) {
            (void)process_wait_for(&scene->gateway, "Received task1 Request!!");
        }
    }
}

static void finish_tasks(struct client *clients, struct answer *answers, size_t count)
{
    client_read_all(clients, answers, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(answers[i].status, 200);
        assert_text(answer_body(&answers[i]), "{\"res\":{\"message\":\"success\"}}");
        client_close(&clients[i]);
        answer_clear(&answers[i]);
    }
}

/* ---- order ---- */

static void sync_receives_the_second_request_only_after_it_answered_the_first(void **state)
{
    struct scene *scene = *state;
    struct client clients[2];
    struct answer answers[2] = { ANSWER_NONE, ANSWER_NONE };
    scene_start(scene, OPTIONS(DELAY), OPTIONS("--mode=sync"));

    send_tasks(scene, clients, 2);
    finish_tasks(clients, answers, 2);

    process_wait_for_count(&scene->gateway, "INFO:", 2);
    assert_order(&scene->gateway,
                 OPTIONS("Received task1 Request!!", "Send task1 response", "\"GET /task1 HTTP/1.1\" 200 OK",
                         "Received task2 Request!!", "Send task2 response", "\"GET /task2 HTTP/1.1\" 200 OK"));
}

static void sync_shows_that_it_received_a_request_while_its_call_still_blocks(void **state)
{
    struct scene *scene = *state;
    struct client client;
    struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS(DELAY), OPTIONS("--mode=sync"));
    client_open(&client, scene->gateway_port);

    client_get(&client, "/task1");
    (void)process_wait_for(&scene->gateway, "Received task1 Request!!");
    bool is_answered = client_poll(&client, &answer);

    assert_false(is_answered);
    assert_int_equal(process_count_lines(&scene->backend, "Send task1 response"), 0);
    finish_tasks(&client, &answer, 1);
}

static void async_receives_both_requests_before_it_answers_either(void **state)
{
    struct scene *scene = *state;
    struct client clients[2];
    struct answer answers[2] = { ANSWER_NONE, ANSWER_NONE };
    scene_start(scene, OPTIONS(DELAY), OPTIONS("--mode=async"));

    send_tasks(scene, clients, 2);
    finish_tasks(clients, answers, 2);

    process_wait_for_count(&scene->gateway, "INFO:", 2);
    assert_order(&scene->gateway, OPTIONS("Received task1 Request!!", "Received task2 Request!!", "Send task"));
    process_wait_for_count(&scene->backend, "INFO:", 2);
    assert_order(&scene->backend, OPTIONS("Received task1 Request!!", "Received task2 Request!!", "Send task"));
}

static void mixed_receives_nothing_while_a_blocking_call_runs(void **state)
{
    struct scene *scene = *state;
    struct client clients[2];
    struct answer answers[2] = { ANSWER_NONE, ANSWER_NONE };
    scene_start(scene, OPTIONS(DELAY), OPTIONS("--mode=mixed"));

    send_tasks(scene, clients, 2);
    finish_tasks(clients, answers, 2);

    process_wait_for_count(&scene->gateway, "INFO:", 2);
    assert_order(&scene->gateway, OPTIONS("Received task1 Request!!", "Send task1 response", "Received task2 Request!!",
                                          "Send task2 response"));
}

/* ---- duration ---- */

static const struct {
    const char *name;
    const char *options[4];
    size_t task_count;
    unsigned delays[TASKS_AT_MOST]; /* after how many each task is answered */
} durations[] = {
    { "sync", { "--mode=sync" }, 3, { 1, 2, 3 } },
    { "async", { "--mode=async" }, 3, { 1, 1, 1 } },
    { "wire", { "--mode=wire" }, 3, { 1, 1, 1 } },
    { "async is the default", { "--threads=1" }, 3, { 1, 1, 1 } },
    { "threads", { "--mode=threads", "--threads=4" }, 5, { 1, 1, 1, 1, 2 } },
    { "threads, one", { "--mode=threads", "--threads=1" }, 2, { 1, 2 } },
    { "mixed, task1 blocks", { "--mode=mixed" }, 2, { 1, 2 } },
    { "mixed, nobody blocks", { "--mode=mixed", "--blocking=other" }, 2, { 1, 1 } },
    { "mixed, both block", { "--mode=mixed", "--blocking=task2,task1" }, 2, { 1, 2 } },
    /* With a blocking call *behind* one that does not block, either may be first: see lab/theory.h. */
};

static void each_mode_answers_after_as_many_delays_as_theory_says(void **state)
{
    struct scene *scene = *state;
    scene_start_backend(scene, OPTIONS(DELAY));

    for (size_t i = 0; i < array_length(durations); i++) {
        struct client clients[TASKS_AT_MOST];
        struct answer answers[TASKS_AT_MOST] = { ANSWER_NONE };
        size_t count = durations[i].task_count;
        print_message("%s\n", durations[i].name);
        scene_start_gateway(scene, durations[i].options);

        send_tasks(scene, clients, count);
        finish_tasks(clients, answers, count);

        for (size_t j = 0; j < count; j++) {
            uint64_t since_first_us = answers[j].received_us - clients[0].sent_us;
            assert_took(since_first_us / CLOCK_US_PER_MS, (uint64_t)durations[i].delays[j] * DELAY_MS);
        }
        assert_int_equal(process_stop(&scene->gateway), 0);
        process_clear(&scene->gateway);
    }
}

/* ---- fan-out ---- */

static const struct {
    const char *name;
    const char *options[3];
    unsigned theory_ms;
} fan_outs[] = {
    { "sync takes the sum", { "--mode=sync" }, 900 },
    { "async takes the longest", { "--mode=async" }, 500 },
    { "wire takes the longest", { "--mode=wire" }, 500 },
    { "threads take the longest", { "--mode=threads" }, 500 },
    { "one thread takes the sum", { "--mode=threads", "--threads=1" }, 900 },
};

static void fan_out_takes_the_sum_or_the_longest_and_answers_in_the_order_asked_for(void **state)
{
    struct scene *scene = *state;
    scene_start_backend(scene, OPTIONS("--delay=10s"));

    for (size_t i = 0; i < array_length(fan_outs); i++) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        print_message("%s\n", fan_outs[i].name);
        scene_start_gateway(scene, fan_outs[i].options);
        client_open(&client, scene->gateway_port);

        client_request(&client, "POST", "/fanout", "",
                       "{\"tasks\":[{\"name\":\"c\",\"path\":\"/c?delay=500ms\"},{\"name\":\"a\",\"path\":\"/"
                       "a?delay=100ms\"},{\"name\":\"b\",\"path\":\"/b?delay=300ms&bytes=1\"}]}");
        client_read(&client, &answer);

        assert_int_equal(answer.status, 200);
        assert_text(answer_body(&answer), "{\"c\":{\"message\":\"success\"},\"a\":{\"message\":\"success\"},\"b\":0}");
        assert_took(answer.elapsed_ms, fan_outs[i].theory_ms);
        client_close(&client);
        assert_int_equal(process_stop(&scene->gateway), 0);
        process_clear(&scene->gateway);
    }
}

/* ---- bytes ---- */

static const char *const modes[] = { "--mode=sync", "--mode=threads", "--mode=async", "--mode=mixed", "--mode=wire" };

static void every_mode_passes_a_body_on_byte_for_byte(void **state)
{
    struct scene *scene = *state;
    static const struct scripted_step steps[] = {
        { .json = "{\"id\":9007199254740993,\"price\":1.10, \"e\" : 1E400,\"s\":\"\\u0041\\/\",\"s\":0}" },
    };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    scene->backend_port = scripted_server_port(server);

    for (size_t i = 0; i < array_length(modes); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        scene_start_gateway(scene, OPTIONS(modes[i]));

        client_fetch(scene->gateway_port, "/task1", &answer);

        assert_int_equal(answer.status, 200);
        assert_text(answer_body(&answer), "{\"res\":{\"id\":9007199254740993,\"price\":1.10, \"e\" : 1E400,\"s\":"
                                          "\"\\u0041\\/\",\"s\":0}}");
        assert_int_equal(process_stop(&scene->gateway), 0);
        process_clear(&scene->gateway);
    }
    scripted_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(sync_receives_the_second_request_only_after_it_answered_the_first),
        scene_test(sync_shows_that_it_received_a_request_while_its_call_still_blocks),
        scene_test(async_receives_both_requests_before_it_answers_either),
        scene_test(mixed_receives_nothing_while_a_blocking_call_runs),
        scene_test(each_mode_answers_after_as_many_delays_as_theory_says),
        scene_test(fan_out_takes_the_sum_or_the_longest_and_answers_in_the_order_asked_for),
        scene_test(every_mode_passes_a_body_on_byte_for_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
