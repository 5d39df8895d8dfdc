/* SPDX-License-Identifier: MIT */
/*
 * Timeouts of calls and backends, deadlines of routes and clients: what ends when, and what each backend is told.
 */
#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

enum { SHORT_MS = 150, LONGER_MS = 250, POOL_MS = 400, DEADLINE_MS = 300, ROOMY_MS = 1000 };

#define SLOW_CALL(backend, more) "{'slow': {'backend': '" backend "', " more "'path': '/slow?delay=15s'}}"

/* clang-format off */
static const char config[] =
    "{'blocking': 'slow', 'backends': {"
    "   'patient': {'servers': ['http://@0'], 'timeout': '20s'},"
    "   'hasty': {'servers': ['http://@0'], 'timeout': '150ms'},"
    "   'narrow': {'servers': ['http://@0'], 'max_in_flight': 1, 'queue': 10}},"
    " 'routes': ["
    " {'path': '/call', 'calls': " SLOW_CALL("patient", "'timeout': '150ms', ") "},"
    " {'path': '/backend', 'calls': " SLOW_CALL("hasty", "") "},"
    " {'path': '/longer', 'calls': " SLOW_CALL("hasty", "'timeout': '250ms', ") "},"
    " {'path': '/route', 'deadline': '150ms', 'calls': " SLOW_CALL("patient", "") "},"
    " {'path': '/client', 'deadline': '250ms', 'calls': " SLOW_CALL("patient", "") "},"
    " {'path': '/told', 'deadline': '5s', 'calls': {"
    "   'a': {'backend': 'patient', 'path': '/a?echo=1'},"
    "   'timed': {'backend': 'patient', 'timeout': '1s', 'path': '/timed?echo=1'},"
    "   'pause': {'backend': 'patient', 'path': '/pause?delay=100ms'},"
    "   'late': {'backend': 'patient', 'path': '/late/{pause.message}?echo=1'}}},"
    " {'path': '/line', 'deadline': '5s', 'calls': {"
    "   'first': {'backend': 'narrow', 'path': '/first?delay=100ms'},"
    "   'second': {'backend': 'narrow', 'path': '/second?echo=1'}}},"
    " {'path': '/partly', 'deadline': '1s', 'calls': {"
    "   'fast': {'backend': 'patient', 'path': '/fast'},"
    "   'long': {'backend': 'patient', 'path': '/long?delay=15s', 'required': false, 'default': 'none'},"
    "   'behind': {'backend': 'patient', 'path': '/{long.message}', 'required': false}}},"
    " {'path': '/partly/required', 'deadline': '300ms', 'calls': {"
    "   'long': {'backend': 'patient', 'path': '/long?delay=15s', 'required': false},"
    "   'behind': {'backend': 'patient', 'path': '/{long.message}'}}},"
    " {'path': '/elements', 'deadline': '1s', 'calls': {"
    "   'list': {'backend': 'patient', 'path': '/delays'},"
    "   'items': {'backend': 'patient', 'each': '{list}', 'required': false, 'path': '/{each}?delay={each}'}}},"
    " {'path': '/needed', 'deadline': '300ms', 'calls': {"
    "   'list': {'backend': 'patient', 'path': '/delays'},"
    "   'items': {'backend': 'patient', 'each': '{list}', 'path': '/{each}?delay={each}'}}},"
    " {'path': '/in_line', 'deadline': '1s', 'calls': {"
    "   'first': {'backend': 'narrow', 'path': '/first?delay=15s', 'required': false},"
    "   'second': {'backend': 'narrow', 'path': '/second', 'required': false}}},"
    " {'path': '/in_line/required', 'deadline': '300ms', 'calls': {"
    "   'first': {'backend': 'narrow', 'path': '/first?delay=15s', 'required': false},"
    "   'second': {'backend': 'narrow', 'path': '/second'}}},"
    " {'path': '/held', 'calls': {'held': {'backend': 'narrow', 'path': '/held?delay=15s'}}},"
    " {'path': '/pool', 'calls': {"
    "   'long': {'backend': 'patient', 'path': '/long?delay=1200ms'},"
    "   'short': {'backend': 'patient', 'timeout': '400ms', 'path': '/short', 'required': false, 'default': 'none'}}},"
    " {'path': '/pool/required', 'calls': {"
    "   'long': {'backend': 'patient', 'path': '/long?delay=15s'},"
    "   'short': {'backend': 'patient', 'timeout': '400ms', 'path': '/short'}}},"
    " {'path': '/pool/deadline', 'deadline': '1s', 'calls': {"
    "   'long': {'backend': 'patient', 'path': '/long?delay=15s', 'required': false},"
    "   'short': {'backend': 'patient', 'path': '/short', 'required': false}}},"
    " {'path': '/pool/deadline/required', 'deadline': '300ms', 'calls': {"
    "   'long': {'backend': 'patient', 'path': '/long?delay=15s', 'required': false},"
    "   'short': {'backend': 'patient', 'path': '/short'}}}]}";
/* clang-format on */

static void start(struct config_scene *scene, const char *threads)
{
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), "{'/delays': ['0ms', '15s', '10ms']}");
    config_scene_start(scene, OPTIONS(threads), config);
}

/* ---- when it ends ---- */

static const struct {
    const char *name;
    const char *target;
    const char *fields;
    uint64_t theory_ms;
    bool is_of_any_mode; /* nothing of it hangs on the mode: once is enough */
} timeout_cases[] = {
    { "the call's", "/call", "", SHORT_MS, false },
    { "its backend's", "/backend", "", SHORT_MS, false },
    { "the call's, longer than its backend's", "/longer", "", LONGER_MS, true },
    { "the route's", "/route", "", SHORT_MS, false },
    { "the client's, shorter", "/client", "Fanlight-Deadline-Ms: 150\r\n", SHORT_MS, false },
    { "the client's, longer", "/route", "Fanlight-Deadline-Ms: 5000\r\n", SHORT_MS, true },
    { "the client's, longer than the call's", "/call", "Fanlight-Deadline-Ms: 5000\r\n", SHORT_MS, true },
    { "the client's, no number", "/route", "Fanlight-Deadline-Ms: 5x\r\n", SHORT_MS, true },
    { "the client's, negative", "/route", "Fanlight-Deadline-Ms: -5\r\n", SHORT_MS, true },
    { "the client's, over already", "/client", "Fanlight-Deadline-Ms: 0\r\n", 0, false },
};

static void the_shortest_of_all_limits_ends_a_call(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--threads=4");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(timeout_cases); i++) {
            cleanup_answer struct answer answer = ANSWER_NONE;
            if (timeout_cases[i].is_of_any_mode && mode > config_scene_modes) {
                continue;
            }
            print_message("%s: %s\n", *mode, timeout_cases[i].name);

            config_scene_ask(scene, *mode, "GET", timeout_cases[i].target, timeout_cases[i].fields, NULL, &answer);

            assert_problem(&answer, 504, "http_response_timeout");
            assert_text(answer_header(&answer, "Proxy-Status"), "fanlight; error=http_response_timeout");
            assert_took(answer.elapsed_ms, timeout_cases[i].theory_ms);
        }
    }
}

/* ---- what a backend is told ---- */

static int64_t deadline_seen_by(const cJSON *json, const char *call)
{
    const cJSON *echo = cJSON_GetObjectItemCaseSensitive(json, call);
    const char *text = json_text(cJSON_GetObjectItemCaseSensitive(echo, "headers"), "Fanlight-Deadline-Ms");
    uint64_t deadline_ms = 0;

    if (str_to_number(str_of(text), 1000000, &deadline_ms) < 0) {
        fail_msg("%s was told \"%s\"", call, text);
    }
    return (int64_t)deadline_ms;
}

static void assert_between(int64_t value, int64_t least, int64_t most)
{
    if (value < least || value > most) {
        fail_msg("%lld is not from %lld to %lld", (long long)value, (long long)least, (long long)most);
    }
}

static void each_backend_is_told_what_is_left_when_its_call_is_sent(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--threads=4");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        cleanup_answer struct answer shorter = ANSWER_NONE;
        cleanup_answer struct answer line = ANSWER_NONE;

        config_scene_get(scene, *mode, "/told", &answer);
        config_scene_ask(scene, *mode, "GET", "/told", "Fanlight-Deadline-Ms: 3000\r\n", NULL, &shorter);
        config_scene_get(scene, *mode, "/line", &line);

        cJSON *json = answer_json(&answer);
        assert_between(deadline_seen_by(json, "a"), 3500, 5000);
        assert_between(deadline_seen_by(json, "timed"), 100, 1000);
        assert_between(deadline_seen_by(json, "late"), 3000, 4900);
        cJSON_Delete(json);
        json = answer_json(&shorter);
        assert_between(deadline_seen_by(json, "a"), 1500, 3000);
        assert_between(deadline_seen_by(json, "timed"), 100, 1000);
        assert_between(deadline_seen_by(json, "late"), 1000, 2900);
        cJSON_Delete(json);
        json = answer_json(&line);
        assert_between(deadline_seen_by(json, "second"), 3000, 4900);
        cJSON_Delete(json);
    }
}

/* ---- what is there ---- */

/* None of these blocks in `mixed`: beside one that takes all the time there is, nothing is left for the others. */
static void at_the_deadline_what_is_there_is_answered_if_nothing_required_is_missing(void **state)
{
    struct config_scene *scene = *state;
    start(scene, "--threads=4");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer partly = ANSWER_NONE;
        cleanup_answer struct answer elements = ANSWER_NONE;
        cleanup_answer struct answer needed = ANSWER_NONE;

        config_scene_get(scene, *mode, "/partly", &partly);

        assert_answer_like(&partly, 200,
                           "{'fast':{'message':'success'},'long':'none','behind':null,'_errors':["
                           "{'call':'long','error':'http_response_timeout','status':null,'elapsed_ms':#},"
                           "{'call':'behind','error':'http_response_timeout','status':null,'elapsed_ms':0}]}");
        assert_text(answer_header(&partly, "Fanlight-Complete"), "false");
        assert_took(partly.elapsed_ms, ROOMY_MS);

        config_scene_get(scene, *mode, "/elements", &elements);

        /* The third one, in sync, never had its turn. */
        bool is_sync = strcmp(*mode, "sync") == 0;
        assert_answer_like(&elements, 200,
                           is_sync
                               ? "{'list':['0ms', '15s', '10ms'],'items':[{'message':'success'},null,null],'_errors':["
                                 "{'call':'items','index':1,'error':'http_response_timeout','status':null,"
                                 "'elapsed_ms':#},"
                                 "{'call':'items','index':2,'error':'http_response_timeout','status':null,"
                                 "'elapsed_ms':#}]}"
                               : "{'list':['0ms', '15s', '10ms'],"
                                 "'items':[{'message':'success'},null,{'message':'success'}],'_errors':["
                                 "{'call':'items','index':1,'error':'http_response_timeout','status':null,"
                                 "'elapsed_ms':#}]}");
        assert_took(elements.elapsed_ms, ROOMY_MS);

        config_scene_get(scene, *mode, "/needed", &needed);

        assert_problem(&needed, 504, "http_response_timeout");
        assert_took(needed.elapsed_ms, DEADLINE_MS);

        /* Not for the failure of `long`, which would be a 502, but because it is not there. */
        config_scene_get(scene, *mode, "/partly/required", &needed);

        assert_problem(&needed, 504, "http_response_timeout");
    }
}

static void a_call_in_line_times_out_at_the_deadline_and_is_never_sent(void **state)
{
    static const char *const modes[] = { "threads", "async", "mixed", "wire" };
    struct config_scene *scene = *state;
    start(scene, "--threads=4");

    for (size_t i = 0; i < array_length(modes); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, modes[i], "/in_line", &answer);

        assert_answer_like(&answer, 200,
                           "{'first':null,'second':null,'_errors':["
                           "{'call':'first','error':'http_response_timeout','status':null,'elapsed_ms':#},"
                           "{'call':'second','error':'http_response_timeout','status':null,'elapsed_ms':#}]}");
        assert_took(answer.elapsed_ms, ROOMY_MS);
        assert_backend_saw(scene, 1, 1);
    }
}

/* The place is somebody else's, for longer than any of these requests may take. */
static void calls_behind_another_requests_call_time_out_at_the_deadline_of_their_own(void **state)
{
    static const char *const modes[] = { "threads", "async", "mixed", "wire" };
    struct config_scene *scene = *state;
    start(scene, "--threads=4");

    for (size_t i = 0; i < array_length(modes); i++) {
        struct client holder;
        cleanup_answer struct answer optional = ANSWER_NONE;
        cleanup_answer struct answer required = ANSWER_NONE;
        config_scene_send(scene, modes[i], "/held", &holder);
        cJSON_Delete(process_events(&scene->backends[0], "received", scene->request_id, 1));

        config_scene_get(scene, modes[i], "/in_line", &optional);

        assert_answer_like(&optional, 200,
                           "{'first':null,'second':null,'_errors':["
                           "{'call':'first','error':'http_response_timeout','status':null,'elapsed_ms':#},"
                           "{'call':'second','error':'http_response_timeout','status':null,'elapsed_ms':#}]}");
        assert_took(optional.elapsed_ms, ROOMY_MS);
        assert_int_equal(process_count_events(&scene->backends[0], "received", scene->request_id), 0);

        config_scene_get(scene, modes[i], "/in_line/required", &required);

        assert_problem(&required, 504, "http_response_timeout");
        assert_took(required.elapsed_ms, DEADLINE_MS);
        client_close(&holder);
    }
}

/* ---- the pool ---- */

static void a_call_that_waits_for_a_thread_times_out_as_any_other(void **state)
{
    struct config_scene *scene = *state;
    cleanup_answer struct answer optional = ANSWER_NONE;
    cleanup_answer struct answer required = ANSWER_NONE;
    cleanup_answer struct answer deadline = ANSWER_NONE;
    start(scene, "--threads=1");

    config_scene_get(scene, "threads", "/pool", &optional);

    assert_answer_like(&optional, 200,
                       "{'long':{'message':'success'},'short':'none','_errors':["
                       "{'call':'short','error':'http_response_timeout','status':null,'elapsed_ms':#}]}");
    assert_took(optional.elapsed_ms, 1200);
    cJSON *account = config_scene_account(scene);
    const cJSON *waiting = account_call(account, "short", -1);
    assert_true(json_is_null(waiting, "started_us"));
    assert_took((json_number(waiting, "done_us") - json_number(waiting, "queued_us")) / 1000, POOL_MS);
    cJSON_Delete(account);
    assert_backend_saw(scene, 0, 1);

    config_scene_get(scene, "threads", "/pool/required", &required);

    assert_problem(&required, 504, "http_response_timeout");
    assert_took(required.elapsed_ms, POOL_MS);
    assert_backend_saw(scene, 1, 1);

    config_scene_get(scene, "threads", "/pool/deadline", &deadline);

    assert_answer_like(&deadline, 200,
                       "{'long':null,'short':null,'_errors':["
                       "{'call':'long','error':'http_response_timeout','status':null,'elapsed_ms':#},"
                       "{'call':'short','error':'http_response_timeout','status':null,'elapsed_ms':#}]}");
    assert_took(deadline.elapsed_ms, ROOMY_MS);
    assert_backend_saw(scene, 1, 1);

    config_scene_get(scene, "threads", "/pool/deadline/required", &deadline);

    assert_problem(&deadline, 504, "http_response_timeout");
    assert_took(deadline.elapsed_ms, DEADLINE_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(the_shortest_of_all_limits_ends_a_call),
        config_scene_test(each_backend_is_told_what_is_left_when_its_call_is_sent),
        config_scene_test(at_the_deadline_what_is_there_is_answered_if_nothing_required_is_missing),
        config_scene_test(a_call_in_line_times_out_at_the_deadline_and_is_never_sent),
        config_scene_test(calls_behind_another_requests_call_time_out_at_the_deadline_of_their_own),
        config_scene_test(a_call_that_waits_for_a_thread_times_out_as_any_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
