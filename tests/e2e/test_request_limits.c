/* SPDX-License-Identifier: MIT */
/*
 * The limits of a configuration: what is refused, and that what is within them is served.
 */
#include "tests/support/config_scene.h"
#include "tests/support/fair_time.h"
#include "tests/support/metrics_page.h"
#include "tests/support/unit.h"

static const char config[] =
    "{'limits': {'in_flight': 2, 'body_bytes': 100, 'answer_bytes': 1024, 'header_bytes': 2048},"
    " 'backends': {'b': {'servers': ['http://@0'], 'response_bytes': 1000}}, 'routes': ["
    " {'path': '/hello', 'respond': {'text': 'Hello'}},"
    " {'path': '/slow', 'calls': {'a': {'backend': 'b', 'path': '/a?delay={query.delay}'}}},"
    " {'path': '/body', 'methods': ['POST'], 'calls': {'a': {'backend': 'b', 'path': '/a', 'body': 'request'}}},"
    " {'path': '/one', 'calls': {'a': {'backend': 'b', 'path': '/a?bytes={query.n}'}}},"
    " {'path': '/pass', 'pass': true, 'calls': {'a': {'backend': 'b', 'path': '/a?bytes={query.n}'}}},"
    " {'path': '/required', 'calls': {"
    "   'a': {'backend': 'b', 'path': '/a?bytes=500'},"
    "   'b': {'backend': 'b', 'path': '/b?bytes=524&delay=100ms'},"
    "   'c': {'backend': 'b', 'path': '/c?bytes=2&delay=500ms'}}},"
    " {'path': '/optional', 'calls': {"
    "   'c': {'backend': 'b', 'path': '/c?bytes=2&delay=500ms', 'required': false, 'default': 'too much'},"
    "   'd': {'backend': 'b', 'path': '/d/{c.message}', 'required': false},"
    "   'a': {'backend': 'b', 'path': '/a?bytes=500'},"
    "   'b': {'backend': 'b', 'path': '/b?bytes=524'}}},"
    " {'path': '/within', 'calls': {"
    "   'a': {'backend': 'b', 'path': '/a?bytes=500'}, 'b': {'backend': 'b', 'path': '/b?bytes=524'}}},"
    " {'path': '/each', 'calls': {"
    "   'list': {'backend': 'b', 'path': '/list'},"
    "   'items': {'backend': 'b', 'each': '{list}', 'required': false, 'path': '/i?bytes=600&delay={each}'}}}]}";

static void start(struct config_scene *scene)
{
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), "{'/list': ['0ms', '400ms']}");
    config_scene_start(scene, OPTIONS("--threads=8"), config);
}

/* ---- requests at once ---- */

static void more_requests_than_allowed_are_sent_away_for_a_second_and_constant_answers_go_on(void **state)
{
    static const char *const modes[] = { "threads", "async", "wire" };
    struct config_scene *scene = *state;
    start(scene);

    for (size_t i = 0; i < array_length(modes); i++) {
        struct client clients[2];
        struct answer answers[2];
        cleanup_answer struct answer refused = ANSWER_NONE;
        cleanup_answer struct answer hello = ANSWER_NONE;
        cleanup_answer struct answer after = ANSWER_NONE;
        for (size_t j = 0; j < 2; j++) {
            answer_init(&answers[j]);
            config_scene_send(scene, modes[i], "/slow?delay=1500ms", &clients[j]);
            cJSON_Delete(process_events(&scene->backends[0], "received", scene->request_id, 1));
        }

        config_scene_get(scene, modes[i], "/slow", &refused);
        assert_problem(&refused, 503, "");
        assert_text(answer_header(&refused, "Retry-After"), "1");
        assert_true(fair_ms(refused.elapsed_ms) < 1000);
        config_scene_get(scene, modes[i], "/hello", &hello);
        assert_answer(&hello, 200, "Hello");
        client_read_all(clients, answers, 2);
        metrics_page_wait_for(scene->admin_port, "fanlight_requests_in_flight ", 0);
        config_scene_get(scene, modes[i], "/slow", &after);

        assert_int_equal(after.status, 200);
        for (size_t j = 0; j < 2; j++) {
            assert_int_equal(answers[j].status, 200);
            answer_clear(&answers[j]);
            client_close(&clients[j]);
        }
    }
}

/* ---- what comes from backends ---- */

static void one_answer_is_held_up_to_its_limit_and_not_a_byte_more(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/one?n=1000", &answer);
        assert_int_equal(answer.status, 200);
        config_scene_get(scene, *mode, "/one?n=1001", &answer);
        assert_problem(&answer, 502, "http_response_body_size");
        config_scene_get(scene, *mode, "/pass?n=1000", &answer);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer.body.length, 1000);
        config_scene_get(scene, *mode, "/pass?n=1001", &answer);
        assert_problem(&answer, 502, "http_response_body_size");
    }
}

static void all_answers_together_are_held_up_to_their_limit(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer within = ANSWER_NONE;
        cleanup_answer struct answer required = ANSWER_NONE;

        config_scene_get(scene, *mode, "/within", &within);
        config_scene_get(scene, *mode, "/required", &required);

        assert_int_equal(within.status, 200);
        assert_text(answer_header(&within, "Fanlight-Complete"), "true");
        assert_problem(&required, 502, "http_response_body_size");
        cJSON *account = config_scene_account(scene);
        assert_string_equal(json_text(account_call(account, "c", -1), "error"), "http_response_body_size");
        cJSON_Delete(account);
    }
}

static void an_optional_answer_that_is_too_much_is_left_out_with_all_that_hangs_on_it(void **state)
{
    static const char *const modes[] = { "threads", "async", "mixed", "wire" };
    struct config_scene *scene = *state;
    start(scene);

    for (size_t i = 0; i < array_length(modes); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        cleanup_answer struct answer each = ANSWER_NONE;

        config_scene_get(scene, modes[i], "/optional", &answer);
        config_scene_get(scene, modes[i], "/each", &each);

        assert_int_equal(answer.status, 200);
        cJSON *json = answer_json(&answer);
        assert_string_equal(json_text(json, "c"), "too much");
        assert_true(json_is_null(json, "d"));
        const cJSON *errors = cJSON_GetObjectItemCaseSensitive(json, "_errors");
        assert_int_equal(cJSON_GetArraySize(errors), 2);
        assert_string_equal(json_text(cJSON_GetArrayItem(errors, 0), "error"), "http_response_body_size");
        assert_string_equal(json_text(cJSON_GetArrayItem(errors, 1), "error"), "dependency_failed");
        cJSON_Delete(json);
        assert_int_equal(each.status, 200);
        json = answer_json(&each);
        const cJSON *items = cJSON_GetObjectItemCaseSensitive(json, "items");
        assert_true(cJSON_IsObject(cJSON_GetArrayItem(items, 0)));
        assert_true(cJSON_IsNull(cJSON_GetArrayItem(items, 1)));
        cJSON_Delete(json);
    }
}

/* ---- what comes from clients ---- */

static void a_body_is_taken_up_to_its_limit(void **state)
{
    struct config_scene *scene = *state;
    cleanup_answer struct answer within = ANSWER_NONE;
    cleanup_answer struct answer over = ANSWER_NONE;
    char body[102];
    start(scene);

    (void)memset(body, 'x', sizeof body);
    body[100] = '\0';
    config_scene_ask(scene, NULL, "POST", "/body", "", body, &within);
    body[100] = 'x';
    body[101] = '\0';
    config_scene_ask(scene, NULL, "POST", "/body", "", body, &over);

    assert_int_equal(within.status, 200);
    assert_problem(&over, 413, "");
    assert_true(answer_says_close(&over));
    assert_int_equal(process_count_events(&scene->backends[0], "received", scene->request_id), 0);
}

/* ---- calls of one request ---- */

enum { MANY = 255 };

static void many_elements_are_answered_in_order_and_the_headers_stay_small(void **state)
{
    struct config_scene *scene = *state;
    cleanup_buf struct buf answers;
    cleanup_buf struct buf expected;
    buf_init(&answers, 65536);
    buf_init(&expected, 65536);
    for (int i = 0; i < MANY; i++) {
        (void)buf_add_format(&answers, "%s%d", i > 0 ? "," : "{'/list':[", i);
        (void)buf_add_format(&expected, "%s%d", i > 0 ? "," : "],'items':[", i * i);
    }
    struct str list = str_from(buf_view(&answers), strlen("{'/list':["));
    cleanup_buf struct buf body;
    buf_init(&body, 65536);
    (void)buf_add_format(&body, "{'list':[%.*s%.*s]}%c", STR_ARGUMENTS(list), STR_ARGUMENTS(buf_view(&expected)), '\0');
    (void)buf_add_text(&answers, "]");
    for (int i = 0; i < MANY; i++) {
        (void)buf_add_format(&answers, ",'/i/%d':%d", i, i * i);
    }
    (void)buf_add_format(&answers, "}%c", '\0');
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), answers.base);
    config_scene_start(scene, OPTIONS("--threads=8"),
                       "{'backends': {'b': {'servers': ['http://@0']}}, 'routes': [{'path': '/many', 'calls': {"
                       "  'list': {'backend': 'b', 'path': '/list'},"
                       "  'items': {'backend': 'b', 'each': '{list}', 'max': 255, 'path': '/i/{each}'}}}]}");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/many", &answer);

        assert_answer(&answer, 200, body.base);
        assert_matches(answer_header(&answer, "Server-Timing"), ", more;desc=\"224\"$");
        assert_true(answer.head.length < 4096);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(more_requests_than_allowed_are_sent_away_for_a_second_and_constant_answers_go_on),
        config_scene_test(one_answer_is_held_up_to_its_limit_and_not_a_byte_more),
        config_scene_test(all_answers_together_are_held_up_to_their_limit),
        config_scene_test(an_optional_answer_that_is_too_much_is_left_out_with_all_that_hangs_on_it),
        config_scene_test(a_body_is_taken_up_to_its_limit),
        config_scene_test(many_elements_are_answered_in_order_and_the_headers_stay_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
