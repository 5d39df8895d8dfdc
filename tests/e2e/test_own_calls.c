/* SPDX-License-Identifier: MIT */
/*
 * A call of the gateway's own that comes back to it is refused, and nothing else is taken for one.
 */
#include <stdio.h>
#include <string.h>

#include "tests/support/holding_server.h"
#include "tests/support/metrics_page.h"
#include "tests/support/reload_scene.h"
#include "tests/support/unit.h"

enum { FIELDS_BYTES = 256, PARENT_LENGTH = 55, SPAN_AT = 36 };

/* @0 is a backend; `next`: another server. */
#define CONFIG(next, settings)                                                                                         \
    "{'allow_mode_override': true, 'blocking': 'none'" settings ", 'backends': {"                                      \
    "   'b': {'servers': ['http://@0']}, 'next': {'servers': ['http://" next "']}}, 'routes': ["                       \
    " {'path': '/echo', 'calls': {'a': {'backend': 'b', 'path': '/a?echo=1'}}},"                                       \
    " {'path': '/run', 'methods': ['GET', 'POST'], 'calls': {'a': {'backend': 'b', 'path': '/a'}}},"                   \
    " {'path': '/optional', 'calls': {'a': {'backend': 'b', 'path': '/a', 'required': false}}},"                       \
    " {'path': '/pass', 'pass': true, 'calls': {'a': {'backend': 'b', 'path': '/a'}}},"                                \
    " {'path': '/next', 'calls': {'n': {'backend': 'next', 'path': '/next'}}},"                                        \
    " {'path': '/other', 'calls': {'n': {'backend': 'next', 'path': '/run'}}},"                                        \
    " {'path': '/hello', 'respond': {'text': 'hello'}}]}"

#define REFUSED                                                                                                        \
    "{'type':'about:blank','title':'Bad Gateway','status':502,"                                                        \
    "'detail':'The request had passed this gateway before.','request_id':'test-#',"                                    \
    "'error':'proxy_loop_detected','calls':[]}"

/* ---- calls, seen by the backend ---- */

struct parent {
    char text[PARENT_LENGTH + 1];
};

static struct parent parent_from(const char *text)
{
    struct parent parent = { "" };

    assert_true(strlen(text) >= PARENT_LENGTH);
    memcpy(parent.text, text, PARENT_LENGTH);
    return parent;
}

/* The traceparent of a call that the gateway just made. */
static struct parent see_call(struct config_scene *scene, const char *mode)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    config_scene_get(scene, mode, "/echo", &answer);
    assert_int_equal(answer.status, 200);
    cJSON *json = answer_json(&answer);
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, "a"), "headers");
    assert_string_equal(json_text(headers, "Via"), "1.1 fanlight");
    struct parent parent = parent_from(json_text(headers, "traceparent"));
    cJSON_Delete(json);
    return parent;
}

/* `more`: lines of Via, perhaps. */
static void ask_with(struct config_scene *scene, const char *mode, const char *method, const char *target,
                     struct parent parent, const char *more, struct answer *answer)
{
    char fields[FIELDS_BYTES];

    (void)snprintf(fields, sizeof fields, "traceparent: %s\r\n%s", parent.text, more);
    config_scene_ask(scene, mode, method, target, fields, NULL, answer);
}

static void assert_refused(struct config_scene *scene, const struct answer *answer)
{
    assert_answer_like(answer, 502, REFUSED);
    assert_text(answer_header(answer, "Proxy-Status"), "fanlight; error=proxy_loop_detected");
    assert_text(answer_header(answer, "Content-Type"), "application/problem+json");
    cJSON *account = config_scene_account(scene);
    assert_int_equal(json_number(account, "status"), 502);
    assert_string_equal(json_text(account, "error"), "proxy_loop_detected");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(account, "calls")), 0);
    cJSON_Delete(account);
    assert_int_equal(process_count_events(&scene->backends[0], "received", scene->request_id), 0);
}

static void start(struct reload_scene *reload)
{
    (void)config_scene_add_backend(reload->scene, OPTIONS("--delay=0ms"), NULL);
    reload_scene_start(reload, OPTIONS("--threads=4"), CONFIG("@x", ""));
}

/* ---- refused ---- */

static void a_call_that_comes_back_is_refused_in_every_mode(void **state)
{
    static const char *const targets[] = { "/run", "/optional", "/pass", "/next" };
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;
    size_t refused_count = 0;
    start(reload);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        struct parent parent = see_call(scene, *mode);
        for (size_t i = 0; i < array_length(targets); i++) {
            cleanup_answer struct answer answer = ANSWER_NONE;
            ask_with(scene, *mode, "GET", targets[i], parent, "Via: 1.1 fanlight\r\n", &answer);
            assert_refused(scene, &answer);
            assert_text(answer_header(&answer, "Fanlight-Mode"), *mode);
            refused_count++;
        }
        cleanup_answer struct answer answer = ANSWER_NONE;
        ask_with(scene, *mode, "POST", "/run", parent, "Via: 1.1 fanlight\r\n", &answer);
        assert_refused(scene, &answer);
        refused_count++;
    }

    metrics_page_wait_for(scene->admin_port, "fanlight_requests_total{route=\"/run\",mode=\"wire\",status=\"502\"} ",
                          2);
    assert_int_equal(process_count_lines(&scene->gateway, "\"status\":502"), 2 * refused_count); /* send, done */
}

static const struct {
    const char *name;
    const char *via;
    bool is_ours;
} via_cases[] = {
    { "none", "", false },
    { "another's", "Via: 1.1 other\r\n", false },
    { "ours", "Via: 1.1 fanlight\r\n", true },
    { "in another case", "VIA: 1.1 Fanlight\r\n", true },
    { "in a list", "Via: 1.0 a, HTTP/1.1 fanlight (x), 1.1 b\r\n", true },
    { "in a second line", "Via: 1.0 a, 1.1 b\r\nVia: 1.1 fanlight\r\n", true },
    { "in a first line", "Via: 1.1 fanlight\r\nVia: 1.0 a, 1.1 b\r\n", true },
    { "in a comment", "Via: 1.1 other (, 1.1 fanlight)\r\n", false },
    { "a host of that name", "Via: 1.1 fanlight:8080\r\n", false },
    { "in another header", "X-Via: 1.1 fanlight\r\n", false },
};

static void what_via_says_decides_together_with_the_span(void **state)
{
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;
    start(reload);
    struct parent own = see_call(scene, "async");
    struct parent foreign = parent_from("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

    for (size_t i = 0; i < array_length(via_cases); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        cleanup_answer struct answer served = ANSWER_NONE;
        ask_with(scene, "async", "GET", "/run", own, via_cases[i].via, &answer);
        assert_case(via_cases[i].name, answer.status == (via_cases[i].is_ours ? 502 : 200));
        ask_with(scene, "async", "GET", "/run", foreign, via_cases[i].via, &served);
        assert_case(via_cases[i].name, served.status == 200);
    }
}

/* The digit at `at` becomes another one. */
static struct parent with_other_digit(struct parent parent, size_t at)
{
    parent.text[at] = parent.text[at] == '5' ? '6' : '5';
    return parent;
}

static void a_span_that_is_not_ours_is_served(void **state)
{
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;
    start(reload);
    struct parent own = see_call(scene, "wire");

    for (size_t at = SPAN_AT; at < SPAN_AT + 16; at++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        ask_with(scene, "wire", "GET", "/run", with_other_digit(own, at), "Via: 1.1 fanlight\r\n", &answer);
        assert_int_equal(answer.status, 200);
    }
    cleanup_answer struct answer malformed = ANSWER_NONE;
    struct parent cut = own;
    cut.text[PARENT_LENGTH - 1] = '\0';
    ask_with(scene, "wire", "GET", "/run", cut, "Via: 1.1 fanlight\r\n", &malformed);
    assert_int_equal(malformed.status, 200);
    /* A trace is nobody's: who is in between may have begun another one. */
    cleanup_answer struct answer answer = ANSWER_NONE;
    ask_with(scene, "wire", "GET", "/run", with_other_digit(own, 5), "Via: 1.1 fanlight\r\n", &answer);
    assert_refused(scene, &answer);
}

static void what_makes_no_call_is_answered(void **state)
{
    static const struct {
        const char *method, *target;
        int status;
    } rows[] = { { "GET", "/hello", 200 }, { "OPTIONS", "/run", 204 }, { "DELETE", "/run", 405 }, { "GET", "/", 404 } };
    struct reload_scene *reload = *state;
    start(reload);
    struct parent parent = see_call(reload->scene, "async");

    for (size_t i = 0; i < array_length(rows); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        ask_with(reload->scene, "async", rows[i].method, rows[i].target, parent, "Via: 1.1 fanlight\r\n", &answer);
        assert_case(rows[i].target, answer.status == rows[i].status);
        assert_null(answer_header(&answer, "Proxy-Status").base);
    }
}

static void a_call_is_known_after_a_reload(void **state)
{
    struct reload_scene *reload = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    start(reload);
    struct parent parent = see_call(reload->scene, "async");

    reload_scene_take(reload, CONFIG("@x", ", 'deadline': '7s'"));
    ask_with(reload->scene, "async", "GET", "/run", parent, "Via: 1.1 fanlight\r\n", &answer);

    assert_refused(reload->scene, &answer);
}

/* The worker whose call it is waits for that call's answer. */
static void a_call_of_another_worker_is_known(void **state)
{
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;
    struct holding_server server;
    struct client client;
    cleanup_answer struct answer refused = ANSWER_NONE;
    cleanup_answer struct answer answer = ANSWER_NONE;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    holding_server_start(&server);
    (void)config_scene_add_port(scene, holding_server_port(&server));
    reload_scene_start(reload, OPTIONS("--workers=2", "--mode=sync"), CONFIG("@1", ""));
    config_scene_send(scene, "sync", "/next", &client);

    const char *request = scripted_server_request(server.scripted, 0);
    const char *field = strstr(request, "traceparent: ");
    assert_non_null(field);
    ask_with(scene, "sync", "GET", "/run", parent_from(field + strlen("traceparent: ")), "Via: 1.1 fanlight\r\n",
             &refused);
    holding_server_let_go(&server, 0);
    client_read(&client, &answer);

    assert_refused(scene, &refused);
    assert_answer(&answer, 200, "{'n':'held'}");
    client_close(&client);
    holding_server_stop(&server);
}

/* ---- gateways in a row ---- */

/* Another process, in front of the first backend; its number. */
static size_t add_gateway(struct config_scene *scene)
{
    char backend[64];
    size_t index = config_scene_add_port(scene, 0);
    struct process *process = &scene->backends[index];

    (void)snprintf(backend, sizeof backend, "--backend=http://127.0.0.1:%u", (unsigned)scene->backend_ports[0]);
    process_start(process, "gateway",
                  OPTIONS("--listen=127.0.0.1:0", "--admin=127.0.0.1:0", "--log-format=json", backend));
    scene->backend_ports[index] = process_port(process, "listening on ");
    return index;
}

static void a_request_may_go_through_two_gateways(void **state)
{
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    assert_int_equal(add_gateway(scene), 1);
    reload_scene_start(reload, OPTIONS("--threads=4"), CONFIG("@1", ""));

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        config_scene_get(scene, *mode, "/other", &answer);
        assert_int_equal(answer.status, 200);
        assert_backend_saw(scene, 0, 1);
    }
}

static void a_gateway_without_a_configuration_refuses_its_own_calls(void **state)
{
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;
    static const char *const targets[] = { "/task1", "/fanout?n=3", "/hello" };
    static const int statuses[] = { 502, 502, 200 };
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    size_t index = add_gateway(scene);
    scene->gateway_port = scene->backend_ports[index];
    cleanup_answer struct answer echo = ANSWER_NONE;
    config_scene_get(scene, NULL, "/a?echo=1", &echo);
    cJSON *json = answer_json(&echo);
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, "res"), "headers");
    struct parent parent = parent_from(json_text(headers, "traceparent"));

    for (size_t i = 0; i < array_length(targets); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        ask_with(scene, NULL, "GET", targets[i], parent, "Via: 1.1 fanlight\r\n", &answer);
        assert_case(targets[i], answer.status == statuses[i]);
        assert_int_equal(process_count_events(&scene->backends[0], "received", scene->request_id), 0);
    }
    cJSON_Delete(json);
}

/* ---- a gateway that is its own backend ---- */

static void assert_ends_at_once(struct config_scene *scene, const char *mode, const char *target)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    config_scene_get(scene, mode, target, &answer);
    assert_int_equal(answer.status, 502);
    assert_text(answer_header(&answer, "Proxy-Status"), "fanlight; error=http_response_status; received-status=502");
    cJSON *events = process_events(&scene->gateway, "done", scene->request_id, 2); /* the client's, and the call */
    assert_int_equal(cJSON_GetArraySize(events), 2);
    assert_int_equal(process_count_events(&scene->gateway, "received", scene->request_id), 2);
    assert_int_equal(process_count_events(&scene->backends[0], "received", scene->request_id), 0);
    cJSON_Delete(events);
}

static void a_gateway_that_is_its_own_backend_makes_one_call(void **state)
{
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;
    start(reload);
    assert_int_equal(config_scene_add_port(scene, scene->gateway_port), 1);
    reload_scene_take(reload, CONFIG("@1", ""));

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        if (strcmp(*mode, "sync") != 0) {
            assert_ends_at_once(scene, *mode, "/next");
            assert_ends_at_once(scene, *mode, "/other");
        }
    }
}

/* It cannot read its own call while it waits for the answer to it. */
static void a_gateway_that_blocks_for_itself_is_answered_by_its_timeout(void **state)
{
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;
    cleanup_answer struct answer answer = ANSWER_NONE;
    cleanup_answer struct answer after = ANSWER_NONE;
    start(reload);
    assert_int_equal(config_scene_add_port(scene, scene->gateway_port), 1);
    reload_scene_take(reload, CONFIG("@1", ", 'deadline': '300ms'"));

    config_scene_get(scene, "sync", "/next", &answer);
    assert_int_equal(answer.status, 504);
    assert_text(answer_header(&answer, "Proxy-Status"), "fanlight; error=http_response_timeout");

    config_scene_get(scene, "sync", "/hello", &after);
    assert_int_equal(after.status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reload_test(a_call_that_comes_back_is_refused_in_every_mode),
        reload_test(what_via_says_decides_together_with_the_span),
        reload_test(a_span_that_is_not_ours_is_served),
        reload_test(what_makes_no_call_is_answered),
        reload_test(a_call_is_known_after_a_reload),
        reload_test(a_call_of_another_worker_is_known),
        reload_test(a_request_may_go_through_two_gateways),
        reload_test(a_gateway_without_a_configuration_refuses_its_own_calls),
        reload_test(a_gateway_that_is_its_own_backend_makes_one_call),
        reload_test(a_gateway_that_blocks_for_itself_is_answered_by_its_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
