/* SPDX-License-Identifier: MIT */
/*
 * Which mode a call is made in: its own before its route's, that before its backend's, that before the gateway's; and
 * the client's before all of them, where that is allowed.
 *
 * A mode is told by what it does. With one thread in the pool: async makes two calls at once; threads one after the
 * other, while the loop answers others; sync one after the other, while it answers nobody.
 */
#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

static const char config[] =
    "{'mode': 'threads', 'threads': 1, 'blocking': 'a', 'allow_mode_override': false, 'backends': {"
    "   'plain': {'servers': ['http://@0']}, 'quick': {'servers': ['http://@0'], 'mode': 'async'},"
    "   'stubborn': {'servers': ['http://@0'], 'mode': 'sync'}},"
    " 'routes': ["
    " {'path': '/hello', 'respond': {'text': 'Hello'}},"
    " {'path': '/top', 'calls': {"
    "   'a': {'backend': 'plain', 'path': '/a'}, 'b': {'backend': 'plain', 'path': '/b'}}},"
    " {'path': '/backend', 'calls': {"
    "   'a': {'backend': 'quick', 'path': '/a'}, 'b': {'backend': 'quick', 'path': '/b'}}},"
    " {'path': '/blocking/backend', 'calls': {"
    "   'a': {'backend': 'stubborn', 'path': '/a'}, 'b': {'backend': 'stubborn', 'path': '/b'}}},"
    " {'path': '/route', 'mode': 'sync', 'calls': {"
    "   'a': {'backend': 'quick', 'path': '/a'}, 'b': {'backend': 'quick', 'path': '/b'}}},"
    " {'path': '/call', 'mode': 'sync', 'calls': {"
    "   'a': {'backend': 'stubborn', 'path': '/a', 'mode': 'async'},"
    "   'b': {'backend': 'stubborn', 'path': '/b', 'mode': 'async'}}},"
    " {'path': '/mixed', 'mode': 'mixed', 'calls': {"
    "   'c': {'backend': 'stubborn', 'path': '/c'}, 'd': {'backend': 'stubborn', 'path': '/d'}}},"
    " {'path': '/mixed/blocking', 'mode': 'mixed', 'calls': {"
    "   'a': {'backend': 'quick', 'path': '/a'}, 'd': {'backend': 'quick', 'path': '/d', 'mode': 'sync'}}}]}";

/* What the two calls of a request turned out to be made in. */
static const char *observe(struct config_scene *scene, const char *mode, const char *target, struct answer *answer)
{
    struct client client;
    struct client other;
    cleanup_answer struct answer hello = ANSWER_NONE;
    char request_id[16];

    config_scene_send(scene, mode, target, &client);
    (void)memcpy(request_id, scene->request_id, sizeof request_id);
    cJSON_Delete(process_events(&scene->backends[0], "received", request_id, 1));
    config_scene_send(scene, NULL, "/hello", &other);
    client_read(&other, &hello);
    bool was_blocked = client_sees_input(&client, 0);
    client_read(&client, answer);
    client_close(&client);
    client_close(&other);

    cJSON *account = config_scene_account_of(scene, request_id);
    const cJSON *calls = cJSON_GetObjectItemCaseSensitive(account, "calls");
    uint64_t first_us = json_number(cJSON_GetArrayItem(calls, 0), "first_byte_us");
    bool is_one_after_another = json_number(cJSON_GetArrayItem(calls, 1), "started_us") >= first_us;
    cJSON_Delete(account);
    assert_int_equal(answer->status, 200);
    if (!is_one_after_another) {
        return was_blocked ? "blocked, and two at once" : "async";
    }
    return was_blocked ? "sync" : "threads";
}

static const struct {
    const char *name;
    const char *target;
    const char *wish; /* Fanlight-Mode of the request */
    const char *with; /* what is observed where it counts */
    const char *without;
    const char *named_with, *named_without; /* Fanlight-Mode of the answer */
} mode_cases[] = {
    { "the gateway's", "/top", NULL, "threads", "threads", "threads", "threads" },
    { "the backend's before the gateway's", "/backend", NULL, "async", "async", "threads", "threads" },
    { "another backend's", "/blocking/backend", NULL, "sync", "sync", "threads", "threads" },
    { "the route's before the backend's", "/route", NULL, "sync", "sync", "sync", "sync" },
    { "the call's before the route's", "/call", NULL, "async", "async", "sync", "sync" },
    { "mixed, and neither is named", "/mixed", NULL, "async", "async", "mixed", "mixed" },
    { "mixed, and one is named and one has its own", "/mixed/blocking", NULL, "sync", "sync", "mixed", "mixed" },
    { "the client's before the gateway's", "/top", "async", "async", "threads", "async", "threads" },
    { "the client's before the backend's", "/backend", "sync", "sync", "async", "sync", "threads" },
    { "the client's before the route's", "/route", "threads", "threads", "sync", "threads", "sync" },
    { "the client's before the call's", "/call", "sync", "sync", "async", "sync", "sync" },
    { "none that there is", "/top", "Async", "threads", "threads", "threads", "threads" },
    { "no mode at all", "/top", "", "threads", "threads", "threads", "threads" },
};

static void check_levels(struct config_scene *scene)
{
    for (size_t i = 0; i < array_length(mode_cases); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        bool is_allowed = !scene->forbids_mode_override;
        const char *expected = is_allowed ? mode_cases[i].with : mode_cases[i].without;

        const char *seen = observe(scene, mode_cases[i].wish, mode_cases[i].target, &answer);

        if (strcmp(seen, expected) != 0) {
            fail_msg("case \"%s\": %s instead of %s", mode_cases[i].name, seen, expected);
        }
        assert_text(answer_header(&answer, "Fanlight-Mode"),
                    is_allowed ? mode_cases[i].named_with : mode_cases[i].named_without);
    }
}

static void the_nearest_level_wins_and_the_client_where_it_may(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=300ms"), NULL);
    config_scene_start(scene, OPTIONS("--workers=1"), config);

    check_levels(scene);
}

static void a_client_has_no_say_where_that_is_not_allowed(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=300ms"), NULL);
    scene->forbids_mode_override = true;
    config_scene_start(scene, OPTIONS("--workers=1"), config);

    check_levels(scene);
}

static void a_flag_goes_before_the_file(void **state)
{
    struct config_scene *scene = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=300ms"), NULL);
    config_scene_start(scene, OPTIONS("--mode=async"), config);

    assert_string_equal(observe(scene, NULL, "/top", &answer), "async");
    assert_text(answer_header(&answer, "Fanlight-Mode"), "async");
    assert_string_equal(observe(scene, NULL, "/route", &answer), "sync");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(the_nearest_level_wins_and_the_client_where_it_may),
        config_scene_test(a_client_has_no_say_where_that_is_not_allowed),
        config_scene_test(a_flag_goes_before_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
