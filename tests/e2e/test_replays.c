/* SPDX-License-Identifier: MIT */
/*
 * How often a request is sent when its kept connection dies at the worst moment: one whose repetition may do harm once,
 * any other at most twice, the second time on a fresh connection; log and metric say so. In every mode.
 */
#include "tests/support/config_scene.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

enum { LONG_BODY = 300 * 1000, PART = 20, STEPS_AT_MOST = 256 };

static const char config[] =
    "{'limits': {'body_bytes': 1048576},"
    " 'backends': {'b': {'servers': ['http://@0'], 'timeout': '10s'}},"
    " 'routes': [{'path': '/GET', 'calls': {'res': {'backend': 'b', 'path': '/x'}}},"
    "  {'path': '/DELETE', 'calls': {'res': {'backend': 'b', 'path': '/x', 'method': 'DELETE'}}},"
    "  {'path': '/PUT', 'methods': ['POST'], 'calls': {'res': {'backend': 'b', 'path': '/x', 'method': 'PUT', 'body': "
    "'request'}}},"
    "  {'path': '/POST', 'methods': ['POST'], 'calls': {'res': {'backend': 'b', 'path': '/x', 'method': 'POST', "
    "'body': 'request'}}},"
    "  {'path': '/PATCH', 'methods': ['POST'], 'calls': {'res': {'backend': 'b', 'path': '/x', 'method': 'PATCH', "
    "'body': 'request'}}}]}";

static const struct {
    const char *name;
    bool has_body;
    bool may_be_repeated; /* RFC 9110 §9.2.2 */
} methods[] = {
    { "GET", false, true },  { "DELETE", false, true }, { "PUT", true, true },
    { "POST", true, false }, { "PATCH", true, false },
};

/* What the server does with a request on a kept connection. */
static const struct {
    const char *name;
    struct scripted_step step;
    bool has_answered; /* some of an answer */
    bool happens_twice;
} moments[] = {
    { "a hangup as the request arrives", { .bytes = "", .after = SCRIPTED_CLOSE }, false, false },
    { "a reset as it arrives", { .bytes = "", .after = SCRIPTED_RESET }, false, false },
    { "a hangup after a part of it", { .bytes = "", .request_bytes = PART, .after = SCRIPTED_CLOSE }, false, false },
    { "a reset after a part of it", { .bytes = "", .request_bytes = PART, .after = SCRIPTED_RESET }, false, false },
    { "a hangup within an answer", { .bytes = SCRIPTED_OK_HEAD "Content-", .after = SCRIPTED_CLOSE }, true, false },
    { "a reset of the second try, too", { .bytes = "", .after = SCRIPTED_RESET }, false, true },
};

static bool is_repeated(size_t method, size_t moment)
{
    return methods[method].may_be_repeated && !moments[moment].has_answered;
}

/* For all methods and moments, in their order: a call that leaves a kept connection, one that meets its end, and maybe
 * that once more. */
static size_t write_steps(struct scripted_step steps[STEPS_AT_MOST])
{
    size_t count = 0;

    for (size_t method = 0; method < array_length(methods); method++) {
        for (size_t moment = 0; moment < array_length(moments); moment++) {
            assert_true(count + 3 <= STEPS_AT_MOST);
            steps[count++] = (struct scripted_step){ .json = "1" };
            steps[count++] = moments[moment].step;
            if (is_repeated(method, moment)) {
                steps[count++] =
                    moments[moment].happens_twice ? moments[moment].step : (struct scripted_step){ .json = "2" };
            }
        }
    }
    return count;
}

static uint64_t count_attempts(struct config_scene *scene)
{
    static const char series[] = "fanlight_call_attempts_total{backend=\"b\"} ";
    cleanup_answer struct answer answer = ANSWER_NONE;
    uint64_t count = 0;

    client_fetch(scene->admin_port, "/metrics", &answer);
    struct str body = answer_body(&answer);
    const char *place = memmem(body.base, body.length, series, strlen(series));
    assert_non_null(place);
    struct str value = str_from(body, (size_t)(place - body.base) + strlen(series));
    value.length = str_find(value, '\n');
    assert_int_equal(str_to_number(value, UINT64_MAX, &count), 0);
    return count;
}

static void check_answer(size_t method, size_t moment, const struct answer *answer)
{
    if (is_repeated(method, moment) && !moments[moment].happens_twice) {
        assert_answer(answer, 200, "{'res':2}");
    } else {
        assert_problem(answer, 502,
                       moments[moment].has_answered ? "http_response_incomplete" : "connection_terminated");
    }
}

static void check_moment(struct config_scene *scene, struct scripted_server *server, const char *mode, size_t method,
                         size_t moment, const char *body)
{
    cleanup_answer struct answer first = ANSWER_NONE;
    cleanup_answer struct answer answer = ANSWER_NONE;
    uint64_t due = is_repeated(method, moment) ? 2 : 1;
    char target[16];
    (void)snprintf(target, sizeof target, "/%s", methods[method].name);
    config_scene_get(scene, mode, "/GET", &first);
    assert_answer(&first, 200, "{'res':1}");
    cJSON_Delete(config_scene_account(scene)); /* and has been counted */
    size_t requests = scripted_server_request_count(server);
    uint64_t attempts = count_attempts(scene);

    config_scene_ask(scene, mode, methods[method].has_body ? "POST" : "GET", target, "",
                     methods[method].has_body ? body : NULL, &answer);

    print_message("%s: %s, %s\n", mode, methods[method].name, moments[moment].name);
    check_answer(method, moment, &answer);
    cJSON *account = config_scene_account(scene);
    assert_int_equal(json_number(account_call(account, "res", -1), "attempts"), due);
    cJSON_Delete(account);
    assert_int_equal(count_attempts(scene), attempts + due);
    assert_int_equal(scripted_server_request_count(server), requests + due);
}

static void a_request_is_repeated_once_where_it_does_no_harm_and_else_never(void **state)
{
    struct config_scene *scene = *state;
    static struct scripted_step steps[STEPS_AT_MOST];
    size_t count = write_steps(steps);
    cleanup_free char *body = calloc(1, LONG_BODY + 1);
    assert_non_null(body);
    memset(body, ' ', LONG_BODY);
    body[0] = '1';

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        struct scripted_server *server = scripted_server_start(steps, count);
        scene->backend_count = 0;
        (void)config_scene_add_port(scene, scripted_server_port(server));
        config_scene_start(scene, OPTIONS("--threads=1", "--blocking=res"), config);

        for (size_t method = 0; method < array_length(methods); method++) {
            for (size_t moment = 0; moment < array_length(moments); moment++) {
                check_moment(scene, server, *mode, method, moment, body);
            }
        }

        config_scene_stop_gateway(scene);
        scripted_server_stop(server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(a_request_is_repeated_once_where_it_does_no_harm_and_else_never),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
