/* SPDX-License-Identifier: MIT */
/*
 * A call for whose connection no descriptor is left: connections that nobody uses are closed for it.
 */
#include <sys/resource.h>

#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

enum { CROWD = 12 };

static const char *const loop_modes[] = { "async", "wire" };

/* The list itself is not asked of the backends that are to keep nothing, or much. */
static const char config[] =
    "{'backends': {"
    "   'lists': {'servers': ['http://@0']},"
    "   'first': {'servers': ['http://@1']},"
    "   'second': {'servers': ['http://@2']}},"
    " 'routes': ["
    " {'path': '/warm', 'calls': {'res': {'backend': 'lists', 'path': '/list'}}},"
    " {'path': '/first', 'calls': {"
    "   'list': {'backend': 'lists', 'path': '/list'},"
    "   'items': {'backend': 'first', 'each': '{list}', 'path': '/x/{each}'}}},"
    " {'path': '/second', 'calls': {"
    "   'list': {'backend': 'lists', 'path': '/list'},"
    "   'items': {'backend': 'second', 'each': '{list}', 'path': '/x/{each}', 'required': false}}},"
    " {'path': '/post', 'methods': ['POST'], 'calls': {"
    "   'list': {'backend': 'lists', 'path': '/list'},"
    "   'items': {'backend': 'second', 'method': 'POST', 'each': '{list}', 'path': '/x/{each}', 'body': 'request'}}}]}";

static void add_backends(struct config_scene *scene)
{
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), "{'/list': [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}");
    for (size_t i = 0; i < 2; i++) {
        (void)config_scene_add_backend(scene, OPTIONS("--delay=100ms"), NULL);
    }
}

static void start(struct config_scene *scene)
{
    config_scene_start(scene, OPTIONS("--threads=2"), config);
}

static void limit_descriptors(const struct process *process, rlim_t count)
{
    struct rlimit limit = { .rlim_cur = 0 };

    assert_int_equal(prlimit(process->pid, RLIMIT_NOFILE, NULL, &limit), 0);
    limit.rlim_cur = count;
    assert_int_equal(prlimit(process->pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

/* So many more than are open now; what is open stays. */
static void leave_descriptors(const struct process *process, size_t count)
{
    limit_descriptors(process, process_descriptor_count(process) + count);
}

static bool has(const struct answer *answer, const char *text)
{
    return memmem(answer->body.base, answer->body.length, text, strlen(text)) != NULL;
}

static void expect_all(struct config_scene *scene, const char *mode, const char *method, const char *target)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    config_scene_ask(scene, mode, method, target, "", strcmp(method, "POST") == 0 ? "{}" : NULL, &answer);
    if (answer.status != 200 || has(&answer, "_errors")) {
        fail_msg("%s %s: %d %.*s", mode, target, answer.status, (int)answer.body.length, answer.body.base);
    }
}

/* Of the calls of the last request. */
static unsigned count_attempts(struct config_scene *scene, unsigned *ret_most)
{
    cJSON *account = config_scene_account(scene);
    const cJSON *call = NULL;
    unsigned sum = 0;

    *ret_most = 0;
    cJSON_ArrayForEach(call, cJSON_GetObjectItemCaseSensitive(account, "calls"))
    {
        unsigned attempts = (unsigned)json_number(call, "attempts");
        sum += attempts;
        *ret_most = attempts > *ret_most ? attempts : *ret_most;
    }
    cJSON_Delete(account);
    return sum;
}

static void connections_that_nobody_uses_make_room_for_others(void **state)
{
    struct config_scene *scene = *state;
    unsigned most = 0;
    add_backends(scene);

    for (size_t i = 0; i < array_length(loop_modes); i++) {
        start(scene);
        expect_all(scene, loop_modes[i], "GET", "/first");
        leave_descriptors(&scene->gateway, CROWD / 2);

        expect_all(scene, loop_modes[i], "GET", "/second");
        assert_true(count_attempts(scene, &most) > CROWD + 1);
        assert_int_equal(most, 2);
        expect_all(scene, loop_modes[i], "GET", "/first");
        expect_all(scene, loop_modes[i], "POST", "/post");

        config_scene_stop_gateway(scene);
    }
}

/* As in mixed, where some calls block the loop, and others left connections behind. */
static void connections_of_one_mode_make_room_for_another(void **state)
{
    struct config_scene *scene = *state;
    add_backends(scene);

    for (size_t i = 0; i < array_length(loop_modes); i++) {
        start(scene);
        expect_all(scene, "threads", "GET", "/warm");
        expect_all(scene, loop_modes[i], "GET", "/first");
        leave_descriptors(&scene->gateway, 2);

        expect_all(scene, "sync", "GET", "/second");
        expect_all(scene, loop_modes[1 - i], "GET", "/warm");

        config_scene_stop_gateway(scene);
    }
}

static void where_nothing_is_idle_the_call_fails_after_two_tries_and_what_follows_is_well(void **state)
{
    struct config_scene *scene = *state;
    unsigned most = 0;
    add_backends(scene);

    for (size_t i = 0; i < array_length(loop_modes); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        start(scene);
        expect_all(scene, loop_modes[i], "GET", "/warm");
        leave_descriptors(&scene->gateway, CROWD / 2);

        config_scene_get(scene, loop_modes[i], "/second", &answer);
        assert_int_equal(answer.status, 200);
        assert_true(has(&answer, "\"error\":\"connection_limit_reached\""));
        (void)count_attempts(scene, &most);
        assert_int_equal(most, 2);
        limit_descriptors(&scene->gateway, 1024);
        expect_all(scene, loop_modes[i], "GET", "/second");

        config_scene_stop_gateway(scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(connections_that_nobody_uses_make_room_for_others),
        config_scene_test(connections_of_one_mode_make_room_for_another),
        config_scene_test(where_nothing_is_idle_the_call_fails_after_two_tries_and_what_follows_is_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
