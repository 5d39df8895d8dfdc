/* SPDX-License-Identifier: MIT */
/*
 * When something runs out: descriptors, connections; and what of the surroundings must not matter.
 */
#include <fcntl.h>
#include <sys/resource.h>

#include "tests/support/gate.h"
#include "tests/support/scene.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

enum { CROWD = 12 };

/* The limit under which `count` more descriptors can be had: it bounds the numbers, and the lowest free one is used. */
static rlim_t limit_for(const struct process *process, unsigned count)
{
    char path[64];
    rlim_t limit = 0;

    while (count > 0) {
        (void)snprintf(path, sizeof path, "/proc/%d/fd/%u", (int)process->pid, (unsigned)limit);
        count -= faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0 ? 1 : 0;
        limit++;
    }
    return limit;
}

static void allow_descriptors(const struct process *process, rlim_t count)
{
    struct rlimit limit = { .rlim_cur = 0 };

    assert_int_equal(prlimit(process->pid, RLIMIT_NOFILE, NULL, &limit), 0);
    limit.rlim_cur = count;
    assert_int_equal(prlimit(process->pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

/* User and system time together, in clock ticks, from /proc/PID/stat: the 14th and 15th field, counted behind the name
 * in parentheses. */
static unsigned long cpu_ticks(const struct process *process)
{
    char path[64];
    char text[1024] = { '\0' };
    unsigned long ticks = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)process->pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    (void)fclose(file);
    struct str rest = str_of(strrchr(text, ')') + 2);
    for (int field = 3; field <= 15; field++) {
        struct str word = str_split(&rest, ' ');
        uint64_t number = 0;
        if (field >= 14) {
            assert_int_equal(str_to_number(word, UINT32_MAX, &number), 0);
            ticks += number;
        }
    }
    return ticks;
}

/* Each client is served as soon as others leave. */
static void serve_one_after_the_other(struct client *clients, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_read(&clients[i], &answer);
        assert_int_equal(answer.status, 200);
        client_close(&clients[i]);
    }
}

static void without_descriptors_clients_wait_without_a_spin_and_are_served_later(void **state)
{
    struct scene *scene = *state;
    struct client clients[CROWD];
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene->backend_port = 9;
    scene_start_gateway(scene, OPTIONS("--mode=async"));
    client_fetch(scene->gateway_port, "/hello", &answer);
    allow_descriptors(&scene->gateway, limit_for(&scene->gateway, CROWD / 2));

    for (size_t i = 0; i < CROWD; i++) {
        client_open(&clients[i], scene->gateway_port);
        client_get(&clients[i], "/hello");
    }
    unsigned long before_ticks = cpu_ticks(&scene->gateway);
    bool last_is_served = client_sees_input(&clients[CROWD - 1], 500);
    unsigned long spent_ticks = cpu_ticks(&scene->gateway) - before_ticks;

    assert_false(last_is_served);
    assert_true(spent_ticks < 25); /* of the 50 that a spinning thread would have taken */
    serve_one_after_the_other(clients, CROWD);
    client_fetch(scene->gateway_port, "/hello", &answer);
    assert_int_equal(answer.status, 200);
}

static void what_a_backend_does_on_a_kept_connection_does_not_make_the_loop_spin(void **state)
{
    struct scene *scene = *state;
    struct gate arrived;
    const struct scripted_step steps[] = {
        { .json = "1", .stray = "x", .stray_sent = &arrived },
        { .json = "2", .after = SCRIPTED_CLOSE },
    };
    struct client idle;
    gate_init(&arrived);
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    scene->backend_port = scripted_server_port(server);
    scene_start_gateway(scene, OPTIONS("--mode=async"));
    client_open(&idle, scene->gateway_port);

    for (size_t i = 0; i < array_length(steps); i++) { /* stray bytes the first time, an end the second */
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_fetch(scene->gateway_port, "/task1", &answer);
        assert_int_equal(answer.status, 200);
        assert_true(gate_wait(&arrived, TEST_PATIENCE_MS));
        unsigned long before_ticks = cpu_ticks(&scene->gateway);
        assert_false(client_sees_input(&idle, 500));
        assert_true(cpu_ticks(&scene->gateway) - before_ticks < 25);
    }

    client_close(&idle);
    scripted_server_stop(server);
    gate_clear(&arrived);
}

static void a_backend_that_floods_a_kept_connection_does_not_hold_the_loop(void **state)
{
    struct scene *scene = *state;
    struct gate answered;
    const struct scripted_step step = { .json = "1", .before_stray = &answered, .after = SCRIPTED_FLOOD };
    cleanup_answer struct answer answer = ANSWER_NONE;
    gate_init(&answered);
    struct scripted_server *server = scripted_server_start(&step, 1);
    scene->backend_port = scripted_server_port(server);
    scene_start_gateway(scene, OPTIONS("--mode=async"));
    client_fetch(scene->gateway_port, "/task1", &answer);
    assert_int_equal(answer.status, 200);

    gate_open(&answered);
    scripted_server_wait_for_ends(server, 1);
    client_fetch(scene->gateway_port, "/hello", &answer);

    assert_int_equal(answer.status, 200);
    scripted_server_stop(server);
    gate_clear(&answered);
}

static void a_call_without_a_descriptor_is_a_503_and_the_gateway_goes_on(void **state)
{
    struct scene *scene = *state;
    struct client client;
    cleanup_answer struct answer starved = ANSWER_NONE;
    cleanup_answer struct answer after = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));
    client_open(&client, scene->gateway_port);
    client_get(&client, "/hello");
    client_read(&client, &after);
    allow_descriptors(&scene->gateway, 3); /* what is open stays open */

    client_get(&client, "/task1");
    client_read(&client, &starved);
    allow_descriptors(&scene->gateway, 256);
    client_get(&client, "/task1");
    client_read(&client, &after);

    assert_int_equal(starved.status, 503);
    assert_int_equal(after.status, 200);
    client_close(&client);
}

static void proxies_and_settings_of_the_environment_are_not_used(void **state)
{
    struct scene *scene = *state;
    char backend[64];
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start_backend(scene, OPTIONS("--delay=0ms"));
    (void)snprintf(backend, sizeof backend, "--backend=http://127.0.0.1:%u", (unsigned)scene->backend_port);
    process_start_with(&scene->gateway, "gateway", OPTIONS("--listen=127.0.0.1:0", "--admin=off", backend),
                       OPTIONS("http_proxy=http://127.0.0.1:9", "all_proxy=http://127.0.0.1:9", "HOME=/nowhere"));

    client_fetch(process_port(&scene->gateway, "listening on "), "/task1", &answer);

    assert_int_equal(answer.status, 200);
}

static void a_path_of_a_call_reaches_the_backend_as_it_was_asked_for(void **state)
{
    struct scene *scene = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));
    client_open(&client, scene->gateway_port);

    client_request(&client, "POST", "/fanout", "",
                   "{\"tasks\":[{\"name\":\"a\",\"path\":\"/x/%2e%2E/%2F/a;b?echo=1&c=%20\"}]}");
    client_read(&client, &answer);

    assert_int_equal(answer.status, 200);
    cJSON *json = answer_json(&answer);
    assert_string_equal(json_text(cJSON_GetObjectItemCaseSensitive(json, "a"), "path"),
                        "/x/%2e%2E/%2F/a;b?echo=1&c=%20");
    cJSON_Delete(json);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(without_descriptors_clients_wait_without_a_spin_and_are_served_later),
        scene_test(what_a_backend_does_on_a_kept_connection_does_not_make_the_loop_spin),
        scene_test(a_backend_that_floods_a_kept_connection_does_not_hold_the_loop),
        scene_test(a_call_without_a_descriptor_is_a_503_and_the_gateway_goes_on),
        scene_test(proxies_and_settings_of_the_environment_are_not_used),
        scene_test(a_path_of_a_call_reaches_the_backend_as_it_was_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
