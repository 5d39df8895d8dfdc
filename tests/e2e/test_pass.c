/* SPDX-License-Identifier: MIT */
/*
 * `"pass": true`: a backend's response goes on to the client as it came, but for what belongs to one connection.
 */
#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

static const char config[] =
    "{'blocking': 'res', 'backends': {"
    "   'b': {'servers': ['http://@0'], 'timeout': '10s', 'response_bytes': 100000},"
    "   'hasty': {'servers': ['http://@0'], 'timeout': '100ms'},"
    "   'gone': {'servers': ['http://@x']}},"
    " 'routes': ["
    " {'path': '/pass', 'methods': ['GET', 'POST'], 'pass': true, 'calls': {"
    "   'res': {'backend': 'b', 'path': '/p?status={query.status}&fault={query.fault}&bytes={query.bytes}'}}},"
    " {'path': '/hasty', 'pass': true, 'calls': {"
    "   'res': {'backend': 'hasty', 'path': '/p?fault={query.fault}&delay={query.delay}'}}},"
    " {'path': '/gone', 'pass': true, 'calls': {'res': {'backend': 'gone', 'path': '/'}}}]}";

/* ---- status and body ---- */

static const int statuses[] = { 200, 201, 203, 206, 226, 299, 300, 301, 302, 307, 400, 401, 404, 405,
                                407, 409, 418, 429, 499, 500, 501, 502, 503, 504, 505, 598, 599 };
/* And 304, whose connection the library closes. */
static const int bodiless_statuses[] = { 204, 205 };

static void every_status_goes_on_with_its_body_and_is_no_failure(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), "{'/p': {'id': 9007199254740993,  'n': 1.10}}");
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(statuses); i++) {
            cleanup_answer struct answer answer = ANSWER_NONE;
            char target[64];
            (void)snprintf(target, sizeof target, "/pass?status=%d", statuses[i]);

            config_scene_get(scene, *mode, target, &answer);

            assert_answer(&answer, statuses[i], "{'id': 9007199254740993,  'n': 1.10}");
            assert_text(answer_header(&answer, "Content-Type"), "application/json");
            assert_text(answer_header(&answer, "Fanlight-Complete"), "true");
            assert_text(answer_header(&answer, "Fanlight-Mode"), *mode);
            assert_text(answer_header(&answer, "X-Request-Id"), scene->request_id);
            assert_null(answer_header(&answer, "Proxy-Status").base);
            assert_int_equal(answer_count_headers(&answer, "Date"), 1);
        }
        cJSON *account = config_scene_account(scene);
        assert_int_equal(json_number(account, "status"), 599);
        assert_int_equal(json_number(account_call(account, "res", -1), "status"), 599);
        assert_true(json_is_null(account_call(account, "res", -1), "error"));
        cJSON_Delete(account);
    }
}

static void a_status_without_a_body_goes_on_without_one_and_the_connection_is_kept(void **state)
{
    struct config_scene *scene = *state;
    struct client client;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=4"), config);
    client_open(&client, scene->gateway_port);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(bodiless_statuses); i++) {
            cleanup_answer struct answer answer = ANSWER_NONE;
            char target[64];
            char field[64];
            (void)snprintf(target, sizeof target, "/pass?status=%d", bodiless_statuses[i]);
            (void)snprintf(field, sizeof field, "Fanlight-Mode: %s\r\n", *mode);

            client_request(&client, "GET", target, field, NULL);
            client_read(&client, &answer);

            assert_answer(&answer, bodiless_statuses[i], "");
            assert_false(answer_says_close(&answer));
        }
        cleanup_answer struct answer not_modified = ANSWER_NONE;
        config_scene_get(scene, *mode, "/pass?status=304", &not_modified);
        assert_answer(&not_modified, 304, "");
    }
    client_close(&client);
}

static void head_is_answered_with_the_fields_and_the_length_alone(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), "{'/p': 'twelve bytes'}");
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        struct client client;
        cleanup_answer struct answer head = ANSWER_NONE;
        cleanup_answer struct answer get = ANSWER_NONE;
        char field[64];
        (void)snprintf(field, sizeof field, "Fanlight-Mode: %s\r\n", *mode);
        client_open(&client, scene->gateway_port);

        client_request(&client, "HEAD", "/pass?status=404", field, NULL);
        client_read(&client, &head);
        client_request(&client, "GET", "/pass", field, NULL);
        client_read(&client, &get);

        assert_answer(&head, 404, "");
        assert_text(answer_header(&head, "Content-Length"), "14");
        assert_text(answer_header(&head, "Content-Type"), "application/json");
        assert_answer(&get, 200, "'twelve bytes'");
        client_close(&client);
    }
}

static void a_body_need_not_be_json(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        cleanup_answer struct answer empty = ANSWER_NONE;

        config_scene_get(scene, *mode, "/pass?fault=bad-json", &answer);
        config_scene_get(scene, *mode, "/pass?bytes=0", &empty);

        assert_answer(&answer, 200, "{'message':'success'");
        assert_answer(&empty, 200, "");
    }
}

/* ---- what fails all the same ---- */

static const struct {
    const char *target;
    int status;
    const char *error;
} fault_cases[] = {
    { "/gone", 502, "connection_refused" },
    { "/pass?fault=reset", 502, "connection_terminated" },
    { "/pass?fault=close", 502, "connection_terminated" },
    { "/pass?fault=reset-mid", 502, "http_response_incomplete" },
    { "/pass?fault=close-mid", 502, "http_response_incomplete" },
    { "/pass?fault=garbage", 502, "http_protocol_error" },
    { "/pass?fault=dup-length", 502, "http_protocol_error" },
    { "/pass?fault=length-and-chunked", 502, "http_protocol_error" },
    { "/pass?fault=huge-header", 502, "http_response_header_section_size" },
    { "/pass?fault=many-headers", 502, "http_response_header_section_size" },
    { "/pass?fault=endless", 502, "http_response_body_size" },
    { "/pass?bytes=100001", 502, "http_response_body_size" },
    { "/hasty?fault=stall", 504, "http_response_timeout" },
    { "/hasty?fault=drip", 504, "http_response_timeout" },
    { "/hasty?delay=15s", 504, "http_response_timeout" },
};

static void a_response_that_does_not_come_whole_is_a_problem(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(fault_cases); i++) {
            cleanup_answer struct answer answer = ANSWER_NONE;
            print_message("%s: %s\n", *mode, fault_cases[i].target);

            config_scene_get(scene, *mode, fault_cases[i].target, &answer);

            assert_problem(&answer, fault_cases[i].status, fault_cases[i].error);
            assert_text(answer_header(&answer, "Fanlight-Complete"), "false");
            assert_non_null(answer_header(&answer, "Proxy-Status").base);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(every_status_goes_on_with_its_body_and_is_no_failure),
        config_scene_test(a_status_without_a_body_goes_on_without_one_and_the_connection_is_kept),
        config_scene_test(head_is_answered_with_the_fields_and_the_length_alone),
        config_scene_test(a_body_need_not_be_json),
        config_scene_test(a_response_that_does_not_come_whole_is_a_problem),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
