/* SPDX-License-Identifier: MIT */
/*
 * `_explain`: the request's account in its own answer, where the configuration allows it and the client asks for it.
 */
#include "common/clock.h"
#include "tests/support/config_scene.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

#define ROUTES                                                                                                         \
    "'backends': {'b': {'servers': ['http://@0']}, 'hasty': {'servers': ['http://@0'], 'timeout': '50ms'}},"           \
    " 'routes': ["                                                                                                     \
    " {'path': '/hello', 'respond': {'text': 'Hello'}},"                                                               \
    " {'path': '/pass', 'pass': true, 'calls': {'a': {'backend': 'b', 'path': '/a'}}},"                                \
    " {'path': '/good/{id}', 'calls': {"                                                                               \
    "   'list': {'backend': 'b', 'path': '/list'},"                                                                    \
    "   'items': {'backend': 'b', 'each': '{list}', 'path': '/i/{each}'},"                                             \
    "   'same': {'backend': 'b', 'path': '/same'}}},"                                                                  \
    " {'path': '/partly', 'calls': {"                                                                                  \
    "   'late': {'backend': 'hasty', 'path': '/late?fault=silent', 'required': false},"                                \
    "   'behind': {'backend': 'b', 'path': '/{late.message}', 'required': false},"                                     \
    "   'bad': {'backend': 'b', 'path': '/bad?status=500', 'required': false, 'default': 0}}},"                        \
    " {'path': '/fails', 'calls': {"                                                                                   \
    "   'slow': {'backend': 'b', 'path': '/slow?delay=15s'},"                                                          \
    "   'never': {'backend': 'b', 'path': '/{slow.message}'},"                                                         \
    "   'bad': {'backend': 'b', 'path': '/bad?status=500&delay=50ms'}}}]}"

static const char allowing[] = "{'blocking': 'list', 'allow_explain': true, " ROUTES;
static const char forbidding[] = "{'blocking': 'list', 'allow_explain': false, " ROUTES;

static void start(struct config_scene *scene, const char *config)
{
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), "{'/list': [1, 2]}");
    config_scene_start(scene, OPTIONS("--threads=4"), config);
}

static void assert_same_member(const cJSON *a, const cJSON *b, const char *name)
{
    const cJSON *a_member = cJSON_GetObjectItemCaseSensitive(a, name);
    cleanup_free char *a_text = cJSON_PrintUnformatted(a_member);
    cleanup_free char *b_text = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(b, name));

    assert_non_null(a_text);
    assert_non_null(b_text);
    assert_string_equal(a_text, b_text);
}

/* Members and values alike, but for what goes on counting until the answer is out. */
static void assert_same_account(const cJSON *explained, const cJSON *logged)
{
    static const char *const counting[] = { "ts", "total_us", "own_us" };
    const cJSON *member = NULL;

    assert_int_equal(cJSON_GetArraySize(explained), cJSON_GetArraySize(logged));
    cJSON_ArrayForEach(member, logged)
    {
        bool is_counting = false;
        for (size_t i = 0; i < array_length(counting); i++) {
            is_counting = is_counting || strcmp(member->string, counting[i]) == 0;
        }
        if (!is_counting) {
            assert_same_member(explained, logged, member->string);
        }
    }
    assert_true(json_number(explained, "total_us") <= json_number(logged, "total_us"));
}

static void check_explanation(struct config_scene *scene, const char *mode, const char *target, int status,
                              const char *before)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    config_scene_ask(scene, mode, "GET", target, "Fanlight-Explain: 1\r\n", NULL, &answer);

    assert_int_equal(answer.status, status);
    cJSON *json = answer_json(&answer);
    const cJSON *explained = cJSON_GetObjectItemCaseSensitive(json, "_explain");
    assert_non_null(explained);
    assert_null(explained->next); /* the last member */
    assert_string_equal(explained->prev->string, before);
    assert_string_equal(json_text(explained, "request_id"), scene->request_id);
    cJSON *logged = config_scene_account(scene);
    assert_same_account(explained, logged);
    cJSON_Delete(logged);
    cJSON_Delete(json);
}

static void the_last_member_is_what_the_log_says(void **state)
{
    struct config_scene *scene = *state;
    start(scene, allowing);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        print_message("%s\n", *mode);
        check_explanation(scene, *mode, "/good/7?x=%22", 200, "same");
        check_explanation(scene, *mode, "/partly", 200, "_errors");
        if (strcmp(*mode, "sync") != 0) {
            check_explanation(scene, *mode, "/fails", 502, "calls");
        }
    }
}

static void a_request_that_does_not_ask_is_not_told(void **state)
{
    static const char *const fields[] = { "", "Fanlight-Explain: 0\r\n", "Fanlight-Explain:\r\n",
                                          "Fanlight-Explain: yes\r\n" };
    struct config_scene *scene = *state;
    start(scene, allowing);

    for (size_t i = 0; i < array_length(fields); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_ask(scene, "async", "GET", "/good/7", fields[i], NULL, &answer);

        assert_answer(&answer, 200,
                      "{'list':[1, 2],'items':[{'message':'success'},{'message':'success'}],"
                      "'same':{'message':'success'}}");
    }
}

static void nobody_is_told_where_it_is_not_allowed(void **state)
{
    struct config_scene *scene = *state;
    cleanup_answer struct answer good = ANSWER_NONE;
    cleanup_answer struct answer bad = ANSWER_NONE;
    start(scene, forbidding);

    config_scene_ask(scene, "async", "GET", "/good/7", "Fanlight-Explain: 1\r\n", NULL, &good);
    config_scene_ask(scene, "async", "GET", "/fails", "Fanlight-Explain: 1\r\n", NULL, &bad);

    assert_int_equal(good.status, 200);
    assert_null(memmem(good.body.base, good.body.length, "_explain", 8));
    assert_int_equal(bad.status, 502);
    assert_null(memmem(bad.body.base, bad.body.length, "_explain", 8));
}

static void bodies_that_are_not_ours_to_change_stay_as_they_are(void **state)
{
    struct config_scene *scene = *state;
    cleanup_answer struct answer passed = ANSWER_NONE;
    cleanup_answer struct answer constant = ANSWER_NONE;
    start(scene, allowing);

    config_scene_ask(scene, "async", "GET", "/pass", "Fanlight-Explain: 1\r\n", NULL, &passed);
    config_scene_ask(scene, "async", "GET", "/hello", "Fanlight-Explain: 1\r\n", NULL, &constant);

    assert_answer(&passed, 200, "{'message':'success'}");
    assert_answer(&constant, 200, "Hello");
}

static void the_admin_page_has_the_same_calls_as_the_log(void **state)
{
    struct config_scene *scene = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    start(scene, allowing);
    config_scene_get(scene, "async", "/partly", &answer);
    cJSON *logged = config_scene_account(scene);
    uint64_t start_us = clock_monotonic_us();
    const cJSON *shown = NULL;
    cJSON *requests = NULL;

    /* It hears of requests a moment later. */
    while (shown == NULL && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        cleanup_answer struct answer page = ANSWER_NONE;
        const cJSON *entry = NULL;
        cJSON_Delete(requests);
        client_fetch(scene->admin_port, "/requests", &page);
        assert_int_equal(page.status, 200);
        requests = answer_json(&page);
        const cJSON *list = cJSON_IsArray(requests) ? requests : cJSON_GetObjectItemCaseSensitive(requests, "requests");
        cJSON_ArrayForEach(entry, list)
        {
            shown = strcmp(json_text(entry, "request_id"), scene->request_id) == 0 ? entry : shown;
        }
    }

    assert_non_null(shown);
    assert_same_account(shown, logged);
    cJSON_Delete(requests);
    cJSON_Delete(logged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(the_last_member_is_what_the_log_says),
        config_scene_test(a_request_that_does_not_ask_is_not_told),
        config_scene_test(nobody_is_told_where_it_is_not_allowed),
        config_scene_test(bodies_that_are_not_ours_to_change_stay_as_they_are),
        config_scene_test(the_admin_page_has_the_same_calls_as_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
