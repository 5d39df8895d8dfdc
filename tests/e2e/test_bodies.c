/* SPDX-License-Identifier: MIT */
/*
 * What a call sends as its body, with which method, and how often.
 */
#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

static const char config[] =
    "{'blocking': 'a,res', 'backends': {'b': {'servers': ['http://@0']}}, 'routes': ["
    " {'path': '/request', 'methods': ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'], 'calls': {"
    "   'a': {'backend': 'b', 'path': '/a?echo=1', 'body': 'request'},"
    "   'b': {'backend': 'b', 'path': '/b?echo=1', 'method': 'PUT', 'body': 'request'},"
    "   'c': {'backend': 'b', 'path': '/c?echo=1'}}},"
    " {'path': '/methods', 'methods': ['POST'], 'calls': {"
    "   'get': {'backend': 'b', 'path': '/?echo=1', 'method': 'GET'},"
    "   'post': {'backend': 'b', 'path': '/?echo=1', 'method': 'POST'},"
    "   'put': {'backend': 'b', 'path': '/?echo=1', 'method': 'PUT'},"
    "   'patch': {'backend': 'b', 'path': '/?echo=1', 'method': 'PATCH'},"
    "   'delete': {'backend': 'b', 'path': '/?echo=1', 'method': 'DELETE'}}},"
    " {'path': '/template/{id}', 'calls': {"
    "   'a': {'backend': 'b', 'path': '/user'},"
    "   'b': {'backend': 'b', 'path': '/b?echo=1', 'body':"
    "     {'id': '{id}', 'q': '{query.q}', 'text': 'of {id}, {query.q}.', 'who': '{a}', 'n': '{a.n}',"
    " 'in': 'n={a.n} s={a.s}', 'list': ['{a.list}', '{a.list.1}', 1.10, null, true], '{id}': '{{id}}'}}}},"
    " {'path': '/constant', 'calls': {"
    "   'a': {'backend': 'b', 'path': '/a?echo=1', 'method': 'PATCH', 'body': [9007199254740993, 1.10]},"
    "   'b': {'backend': 'b', 'path': '/b?echo=1', 'body': {'a': 1}, 'headers': {'Content-Type': 'a/b'}}}},"
    " {'path': '/next/{method}', 'methods': ['GET', 'POST'], 'calls': {"
    "   'res': {'backend': 'b', 'path': '/{method}?fault={query.fault}'}}},"
    " {'path': '/twice/post', 'calls': {'res': {'backend': 'b', 'path': '/twice', 'body': {'pay': 1}}}},"
    " {'path': '/twice/patch', 'calls': {'res': {'backend': 'b', 'path': '/twice', 'method': 'PATCH', 'body': 1}}},"
    " {'path': '/twice/empty', 'calls': {'res': {'backend': 'b', 'path': '/twice', 'method': 'POST'}}},"
    " {'path': '/twice/optional', 'calls': {"
    "   'res': {'backend': 'b', 'path': '/twice', 'method': 'POST', 'required': false, 'default': 'lost'}}},"
    " {'path': '/twice/get', 'calls': {'res': {'backend': 'b', 'path': '/twice'}}},"
    " {'path': '/twice/put', 'calls': {'res': {'backend': 'b', 'path': '/twice', 'method': 'PUT', 'body': 1}}},"
    " {'path': '/twice/delete', 'calls': {'res': {'backend': 'b', 'path': '/twice', 'method': 'DELETE'}}}]}";

static void start(struct config_scene *scene, const char *threads)
{
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"),
                                   "{'/user': {'n': 9007199254740993, 's': 'q\\'\\\\\\u0001\\u00eb\\n',"
                                   " 'list': [1.10, {'x': [ ]}]}}");
    config_scene_start(scene, OPTIONS(threads), config);
}

static const cJSON *echo_of(const cJSON *json, const char *call)
{
    const cJSON *echo = cJSON_GetObjectItemCaseSensitive(json, call);

    assert_true(cJSON_IsObject(echo));
    return echo;
}

/* NULL: there is none. */
static const char *header_of(const cJSON *json, const char *call, const char *name)
{
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(echo_of(json, call), "headers");

    return cJSON_GetStringValue(cJSON_GetObjectItem(headers, name));
}

static void assert_header(const cJSON *json, const char *call, const char *name, const char *value)
{
    const char *seen = header_of(json, call, name);

    if ((seen == NULL) != (value == NULL) || (seen != NULL && strcmp(seen, value) != 0)) {
        fail_msg("%s: %s is %s instead of %s", call, name, seen != NULL ? seen : "missing",
                 value != NULL ? value : "missing");
    }
}

/* ---- the client's ---- */

static void assert_bodies(const struct answer *answer, const char *body, const char *type, const char *length)
{
    static const char *const calls[] = { "a", "b" };
    static const char *const methods[] = { "POST", "PUT" };

    assert_int_equal(answer->status, 200);
    cJSON *json = answer_json(answer);
    for (size_t i = 0; i < array_length(calls); i++) {
        assert_string_equal(json_text(echo_of(json, calls[i]), "method"), methods[i]);
        assert_string_equal(json_text(echo_of(json, calls[i]), "body"), body);
        assert_header(json, calls[i], "Content-Type", type);
        assert_header(json, calls[i], "Content-Length", length);
        assert_header(json, calls[i], "Transfer-Encoding", NULL);
        assert_header(json, calls[i], "Expect", NULL);
    }
    assert_string_equal(json_text(echo_of(json, "c"), "method"), "GET");
    assert_string_equal(json_text(echo_of(json, "c"), "body"), "");
    assert_header(json, "c", "Content-Type", NULL);
    assert_header(json, "c", "Content-Length", NULL);
    cJSON_Delete(json);
}

static void the_clients_body_goes_to_those_calls_that_ask_for_it_as_it_came(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--threads=4");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer typed = ANSWER_NONE;
        cleanup_answer struct answer untyped = ANSWER_NONE;
        cleanup_answer struct answer empty = ANSWER_NONE;
        cleanup_answer struct answer none = ANSWER_NONE;

        config_scene_ask(scene, *mode, "POST", "/request", "Content-Type: text/x; charset=utf-8\r\n",
                         "a=1&b=\x01\r\n\"é", &typed);
        config_scene_ask(scene, *mode, "PUT", "/request", "", "{", &untyped);
        config_scene_ask(scene, *mode, "PATCH", "/request", "Content-Type: a/b\r\n", "", &empty);
        config_scene_ask(scene, *mode, "GET", "/request", "", NULL, &none);

        assert_bodies(&typed, "a=1&b=\x01\r\n\"é", "text/x; charset=utf-8", "12");
        assert_bodies(&untyped, "{", NULL, "1");
        assert_bodies(&empty, "", "a/b", "0");
        assert_bodies(&none, "", NULL, "0");
    }
}

enum { LARGE_BYTES = 300000 };

static void a_large_body_and_one_in_chunks_are_sent_with_their_length_and_without_asking(void **state)
{
    struct config_scene *scene = *state;
    cleanup_free char *large = calloc(1, LARGE_BYTES + 1);
    start(scene, "--threads=4");
    assert_non_null(large);
    (void)memset(large, 'x', LARGE_BYTES);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        struct client client;
        cleanup_answer struct answer whole = ANSWER_NONE;
        cleanup_answer struct answer chunked = ANSWER_NONE;
        char fields[128];

        config_scene_ask(scene, *mode, "POST", "/request", "", large, &whole);
        assert_bodies(&whole, large, NULL, "300000");

        client_open(&client, scene->gateway_port);
        (void)snprintf(fields, sizeof fields, "Fanlight-Mode: %s\r\nTransfer-Encoding: chunked\r\n", *mode);
        client_request(&client, "POST", "/request", fields, NULL);
        client_send(&client, "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        client_read(&client, &chunked);
        assert_bodies(&chunked, "abcde", NULL, "5");
        client_close(&client);
    }
}

static void each_method_is_sent_as_configured_and_without_a_body_of_its_own(void **state)
{
    static const char *const calls[] = { "get", "post", "put", "patch", "delete" };
    static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
    static const char *const lengths[] = { NULL, "0", "0", "0", NULL };
    struct config_scene *scene = *state;
    start(scene, "--threads=4");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_ask(scene, *mode, "POST", "/methods", "Content-Type: a/b\r\n", "ignored", &answer);

        assert_int_equal(answer.status, 200);
        cJSON *json = answer_json(&answer);
        for (size_t i = 0; i < array_length(calls); i++) {
            assert_string_equal(json_text(echo_of(json, calls[i]), "method"), methods[i]);
            assert_string_equal(json_text(echo_of(json, calls[i]), "body"), "");
            assert_header(json, calls[i], "Content-Length", lengths[i]);
            assert_header(json, calls[i], "Content-Type", NULL);
        }
        cJSON_Delete(json);
    }
}

/* ---- templates ---- */

#define USER "{'n': 9007199254740993, 's': 'q\\'\\\\\\u0001\\u00eb\\n', 'list': [1.10, {'x': [ ]}]}"

static const struct {
    const char *target;
    const char *body;
} template_cases[] = {
    { "/template/7?q=x", "{'id': '7', 'q': 'x', 'text': 'of 7, x.', 'who': " USER ", 'n': 9007199254740993,"
                         " 'in': 'n=9007199254740993 s=q\\'\\\\\\u0001\xc3\xab\\u000a',"
                         " 'list': [[1.10, {'x': [ ]}], {'x': [ ]}, 1.10, null, true], '{id}': '{id}'}" },
    { "/template/%22%7D%5C%00%0A%C3%AB",
      "{'id': '\\'}\\\\\\u0000\\u000a\xc3\xab', 'q': null, 'text': 'of \\'}\\\\\\u0000\\u000a\xc3\xab, .',"
      " 'who': " USER ", 'n': 9007199254740993, 'in': 'n=9007199254740993 s=q\\'\\\\\\u0001\xc3\xab\\u000a',"
      " 'list': [[1.10, {'x': [ ]}], {'x': [ ]}, 1.10, null, true], '{id}': '{id}'}" },
    { "/template/%FF?q=",
      "{'id': '\\ufffd', 'q': '', 'text': 'of \\ufffd, .',"
      " 'who': " USER ", 'n': 9007199254740993, 'in': 'n=9007199254740993 s=q\\'\\\\\\u0001\xc3\xab\\u000a',"
      " 'list': [[1.10, {'x': [ ]}], {'x': [ ]}, 1.10, null, true], '{id}': '{id}'}" },
};

static void check_template(struct config_scene *scene, const char *mode, size_t index)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    config_scene_get(scene, mode, template_cases[index].target, &answer);

    assert_int_equal(answer.status, 200);
    cJSON *json = answer_json(&answer);
    assert_json_text(str_of(json_text(echo_of(json, "b"), "body")), template_cases[index].body);
    assert_header(json, "b", "Content-Type", "application/json");
    assert_string_equal(json_text(echo_of(json, "b"), "method"), "POST");
    cJSON_Delete(json);
}

static void a_body_that_is_a_template_stays_json_whatever_its_values_are(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--threads=4");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer constant = ANSWER_NONE;
        for (size_t i = 0; i < array_length(template_cases); i++) {
            check_template(scene, *mode, i);
        }

        config_scene_get(scene, *mode, "/constant", &constant);

        cJSON *json = answer_json(&constant);
        assert_string_equal(json_text(echo_of(json, "a"), "method"), "PATCH");
        assert_string_equal(json_text(echo_of(json, "a"), "body"), "[9007199254740993, 1.10]");
        assert_header(json, "a", "Content-Type", "application/json");
        assert_header(json, "b", "Content-Type", "a/b");
        cJSON_Delete(json);
    }
}

/* ---- never twice ---- */

static const struct {
    const char *target;
    bool may_be_repeated;
} repeat_cases[] = {
    { "/twice/post", false }, { "/twice/patch", false }, { "/twice/empty", false },
    { "/twice/get", true },   { "/twice/put", true },    { "/twice/delete", true },
};

/* A kept connection that the backend closes in the moment the next request comes. */
static void what_may_do_harm_is_never_sent_twice_and_the_rest_once_more(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--threads=1");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(repeat_cases); i++) {
            cleanup_answer struct answer before = ANSWER_NONE;
            cleanup_answer struct answer answer = ANSWER_NONE;
            print_message("%s: %s\n", *mode, repeat_cases[i].target);

            config_scene_get(scene, *mode, "/next/x?fault=close-next", &before);
            config_scene_get(scene, *mode, repeat_cases[i].target, &answer);

            assert_int_equal(before.status, 200);
            cJSON *account = config_scene_account(scene);
            const cJSON *call = account_call(account, "res", -1);
            if (repeat_cases[i].may_be_repeated) {
                assert_answer(&answer, 200, "{'res':{'message':'success'}}");
                assert_int_equal(json_number(call, "attempts"), 2);
                assert_backend_saw(scene, 0, 2);
            } else {
                assert_problem(&answer, 502, "connection_terminated");
                assert_int_equal(json_number(call, "attempts"), 1);
                assert_backend_saw(scene, 0, 1);
            }
            cJSON_Delete(account);
        }
        cleanup_answer struct answer optional = ANSWER_NONE;
        config_scene_get(scene, *mode, "/next/x?fault=close-next", &optional);
        config_scene_get(scene, *mode, "/twice/optional", &optional);
        assert_answer_like(&optional, 200,
                           "{'res':'lost','_errors':["
                           "{'call':'res','error':'connection_terminated','status':null,'elapsed_ms':#}]}");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(the_clients_body_goes_to_those_calls_that_ask_for_it_as_it_came),
        config_scene_test(a_large_body_and_one_in_chunks_are_sent_with_their_length_and_without_asking),
        config_scene_test(each_method_is_sent_as_configured_and_without_a_body_of_its_own),
        config_scene_test(a_body_that_is_a_template_stays_json_whatever_its_values_are),
        config_scene_test(what_may_do_harm_is_never_sent_twice_and_the_rest_once_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
