/* SPDX-License-Identifier: MIT */
/*
 * A backend with several servers: they are asked in turn.
 */
#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

static size_t count_requests(struct config_scene *scene, size_t backend)
{
    return process_count_lines(&scene->backends[backend], "\"event\":\"done\"");
}

static void servers_are_asked_in_turn(void **state)
{
    struct config_scene *scene = *state;
    for (size_t i = 0; i < 3; i++) {
        (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    }
    config_scene_start(scene, OPTIONS("--threads=4"),
                       "{'backends': {'b': {'servers': ['http://@0', 'http://@1', 'http://@2']}},"
                       " 'routes': [{'path': '/one', 'calls': {'a': {'backend': 'b', 'path': '/a'}}},"
                       "            {'path': '/two', 'calls': {'a': {'backend': 'b', 'path': '/a'},"
                       "                                       'b': {'backend': 'b', 'path': '/b'}}}]}");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        char servers[3][32] = { "" };

        for (int i = 0; i < 3; i++) {
            config_scene_get(scene, *mode, i == 1 ? "/two" : "/one", &answer);
            assert_int_equal(answer.status, 200);
            cJSON *account = config_scene_account(scene);
            (void)snprintf(servers[i], sizeof servers[i], "%s", json_text(account_call(account, "a", -1), "server"));
            cJSON_Delete(account);
        }

        assert_string_not_equal(servers[0], servers[1]);
        assert_string_equal(servers[0], servers[2]); /* in between, "b" had the third */
        config_scene_get(scene, *mode, "/two", &answer);
    }
    for (size_t i = 0; i < 3; i++) {
        process_wait_for_count(&scene->backends[i], "\"event\":\"done\"", 10);
        assert_int_equal(count_requests(scene, i), 10);
    }
}

static void of_two_servers_a_dead_one_fails_its_share_and_no_more(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=4"),
                       "{'backends': {'b': {'servers': ['http://@0', 'http://@x'], 'max_in_flight': 1}},"
                       " 'routes': [{'path': '/one', 'calls': {'res': {'backend': 'b', 'path': '/a'}}}]}");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (int i = 0; i < 4; i++) {
            cleanup_answer struct answer answer = ANSWER_NONE;

            config_scene_get(scene, *mode, "/one", &answer);

            if (i % 2 == 0) {
                assert_answer(&answer, 200, "{'res':{'message':'success'}}");
            } else {
                assert_problem(&answer, 502, "connection_refused");
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(servers_are_asked_in_turn),
        config_scene_test(of_two_servers_a_dead_one_fails_its_share_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
