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
    bool has_answered;        /* some of an answer */
    bool has_hardly_answered; /* not a whole line: libcurl tells nobody, and such an answer counts as none */
    bool happens_twice;
} moments[] = {
    { .name = "a hangup as the request arrives", .step = { .bytes = "", .after = SCRIPTED_CLOSE } },
    { .name = "a reset as it arrives", .step = { .bytes = "", .after = SCRIPTED_RESET } },
    { .name = "a hangup after a part of it", .step = { .bytes = "", .request_bytes = PART, .after = SCRIPTED_CLOSE } },
    { .name = "a reset after a part of it", .step = { .bytes = "", .request_bytes = PART, .after = SCRIPTED_RESET } },
    { .name = "a hangup within an answer",
      .step = { .bytes = SCRIPTED_OK_HEAD "Content-", .after = SCRIPTED_CLOSE },
      .has_answered = true },
    { .name = "a hangup within a status line",
      .step = { .bytes = "HTTP/1.1 20", .after = SCRIPTED_CLOSE },
      .has_hardly_answered = true },
    { .name = "a reset of the second try, too",
      .step = { .bytes = "", .after = SCRIPTED_RESET },
      .happens_twice = true },
};

static bool is_repeated(const char *mode, size_t method, size_t moment)
{
    bool is_answer = moments[moment].has_answered || (moments[moment].has_hardly_answered && strcmp(mode, "wire") == 0);

    return methods[method].may_be_repeated && !is_answer;
}

/* For all methods and moments, in their order: a call that leaves a kept connection, one that meets its end, and maybe
 * that once more. */
static size_t write_steps(const char *mode, struct scripted_step steps[STEPS_AT_MOST])
{
    size_t count = 0;

    for (size_t method = 0; method < array_length(methods); method++) {
        for (size_t moment = 0; moment < array_length(moments); moment++) {
            assert_true(count + 3 <= STEPS_AT_MOST);
            steps[count++] = (struct scripted_step){ .json = "1" };
            steps[count++] = moments[moment].step;
            if (is_repeated(mode, method, moment)) {
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

static void check_answer(const char *mode, size_t method, size_t moment, const struct answer *answer)
{
    if (is_repeated(mode, method, moment) && !moments[moment].happens_twice) {
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
    uint64_t due = is_repeated(mode, method, moment) ? 2 : 1;
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
    check_answer(mode, method, moment, &answer);
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
    cleanup_free char *body = calloc(1, LONG_BODY + 1);
    assert_non_null(body);
    memset(body, ' ', LONG_BODY);
    body[0] = '1';

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        struct scripted_server *server = scripted_server_start(steps, write_steps(*mode, steps));
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

/* ---- with another kept connection at hand ---- */

static const char two_config[] = "{'backends': {'b': {'servers': ['http://@0'], 'timeout': '10s'}},"
                                 " 'routes': [{'path': '/one', 'calls': {'res': {'backend': 'b', 'path': '/x'}}},"
                                 "            {'path': '/two', 'calls': {'a': {'backend': 'b', 'path': '/x'},"
                                 "                                       'b': {'backend': 'b', 'path': '/x'}}}]}";

/* The other one may be just as dead. */
static void the_second_try_is_on_a_fresh_connection(void **state)
{
    static const char *const concurrent_modes[] = { "async", "wire" };
    struct config_scene *scene = *state;

    for (size_t i = 0; i < array_length(concurrent_modes); i++) {
        struct gate both;
        cleanup_answer struct answer two = ANSWER_NONE;
        cleanup_answer struct answer one = ANSWER_NONE;
        struct client client;
        gate_init(&both);
        const struct scripted_step steps[] = { { .json = "1", .before = &both },
                                               { .json = "1", .before = &both },
                                               { .bytes = "", .after = SCRIPTED_CLOSE },
                                               { .json = "2" } };
        struct scripted_server *server = scripted_server_start(steps, array_length(steps));
        scene->backend_count = 0;
        (void)config_scene_add_port(scene, scripted_server_port(server));
        config_scene_start(scene, OPTIONS("--threads=1"), two_config);
        config_scene_send(scene, concurrent_modes[i], "/two", &client);
        scripted_server_wait_for_requests(server, 2);
        gate_open(&both);
        client_read(&client, &two);

        config_scene_get(scene, concurrent_modes[i], "/one", &one);

        assert_answer(&two, 200, "{'a':1,'b':1}");
        assert_answer(&one, 200, "{'res':2}");
        assert_int_equal(scripted_server_connection_count(server), 3);
        client_close(&client);
        config_scene_stop_gateway(scene);
        scripted_server_stop(server);
        gate_clear(&both);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(a_request_is_repeated_once_where_it_does_no_harm_and_else_never),
        config_scene_test(the_second_try_is_on_a_fresh_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
