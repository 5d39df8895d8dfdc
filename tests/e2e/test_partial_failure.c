/* SPDX-License-Identifier: MIT */
/*
 * What a failed call makes of its request: the whole of it when it is required, a hole in the answer when it is not.
 */
#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

#define CALLS(backend, need)                                                                                           \
    "{'good': {'backend': 'b', 'path': '/good'},"                                                                      \
    " 'bad': {'backend': '" backend "'," need                                                                          \
    "  'path': '/bad?fault={query.fault}&status={query.status}&bytes={query.bytes}&delay={query.delay}'}}"
#define OPTIONAL "'required': false, 'default': {'d': [1.10, 9007199254740993]},"

/* clang-format off */
static const char config[] =
    "{'blocking': 'bad', 'backends': {"
    "  'b': {'servers': ['http://@0'], 'response_bytes': 100000, 'response_header_bytes': 8000},"
    "  'hasty': {'servers': ['http://@0'], 'timeout': '300ms'},"
    "  'gone': {'servers': ['http://@x']}},"
    " 'routes': ["
    "  {'path': '/required', 'calls': " CALLS("b", "") "},"
    "  {'path': '/optional', 'calls': " CALLS("b", OPTIONAL) "},"
    "  {'path': '/required/hasty', 'calls': " CALLS("hasty", "") "},"
    "  {'path': '/optional/hasty', 'calls': " CALLS("hasty", OPTIONAL) "},"
    "  {'path': '/required/gone', 'calls': " CALLS("gone", "") "},"
    "  {'path': '/optional/gone', 'calls': " CALLS("gone", OPTIONAL) "}]}";
/* clang-format on */

static const struct fault_case {
    const char *target; /* behind /required or /optional */
    int status;
    const char *error; /* NULL: it is none */
    int backend_status;
} fault_cases[] = {
    { "/gone", 502, "connection_refused", 0 },
    { "?fault=reset", 502, "connection_terminated", 0 },
    { "?fault=close", 502, "connection_terminated", 0 },
    { "?fault=reset-mid", 502, "http_response_incomplete", 200 },
    { "?fault=close-mid", 502, "http_response_incomplete", 200 },
    { "?fault=garbage", 502, "http_protocol_error", 0 },
    { "?fault=dup-length", 502, "http_protocol_error", 200 },
    { "?fault=length-and-chunked", 502, "http_protocol_error", 200 },
    { "?fault=short-length", 502, "invalid_json", 200 },
    { "?fault=bad-json", 502, "invalid_json", 200 },
    { "?fault=huge-header", 502, "http_response_header_section_size", 200 },
    { "?fault=many-headers", 502, "http_response_header_section_size", 200 },
    { "?fault=endless", 502, "http_response_body_size", 200 },
    { "?bytes=100001", 502, "http_response_body_size", 200 },
    { "?bytes=0", 502, "invalid_json", 200 },
    { "?status=204", 502, "invalid_json", 204 },
    { "?status=301", 502, "http_response_status", 301 },
    { "?status=404", 502, "http_response_status", 404 },
    { "?status=503", 502, "http_response_status", 503 },
    { "/hasty?fault=silent", 504, "http_response_timeout", 0 },
    { "/hasty?fault=stall", 504, "http_response_timeout", 200 },
    { "/hasty?fault=drip", 504, "http_response_timeout", 200 },
    { "/hasty?delay=10s", 504, "http_response_timeout", 0 },
    { "?fault=extra-bytes", 200, NULL, 200 },
    { "?fault=close-next", 200, NULL, 200 },
    { "?status=201", 200, NULL, 201 },
};

#define SUCCESS "{'message':'success'}"

/* "503", or "null". */
static const char *status_text(const struct fault_case *fault, char text[16])
{
    (void)snprintf(text, 16, fault->backend_status == 0 ? "null" : "%d", fault->backend_status);
    return text;
}

static void check_log(struct config_scene *scene, const struct fault_case *fault)
{
    cJSON *account = config_scene_account(scene);
    const cJSON *bad = account_call(account, "bad", -1);

    assert_case(fault->target, strcmp(json_text(bad, "error"), fault->error != NULL ? fault->error : "") == 0);
    assert_case(fault->target, fault->backend_status == 0 ? json_is_null(bad, "status")
                                                          : (int)json_number(bad, "status") == fault->backend_status);
    cJSON_Delete(account);
}

static void check_required(struct config_scene *scene, const char *mode, const struct fault_case *fault)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    char target[64];
    char pattern[512];
    char status[16];

    (void)snprintf(target, sizeof target, "/required%s", fault->target);
    config_scene_get(scene, mode, target, &answer);

    if (fault->error == NULL) {
        assert_int_equal(answer.status, 200);
        assert_text(answer_header(&answer, "Fanlight-Complete"), "true");
        assert_null(answer_header(&answer, "Proxy-Status").base);
        check_log(scene, fault);
        return;
    }
    assert_problem(&answer, fault->status, fault->error);
    assert_text(answer_header(&answer, "Fanlight-Complete"), "false");
    (void)snprintf(pattern, sizeof pattern, "^fanlight; error=%s%s%s$", fault->error,
                   strcmp(fault->error, "http_response_status") == 0 ? "; received-status=" : "",
                   strcmp(fault->error, "http_response_status") == 0 ? status_text(fault, status) : "");
    assert_matches(answer_header(&answer, "Proxy-Status"), pattern);
    (void)snprintf(pattern, sizeof pattern,
                   "\"calls\":\\[\\{\"call\":\"good\",.*\"error\":(null|\"cancelled\").*\\},\\{\"call\":\"bad\","
                   "\"error\":\"%s\",\"status\":%s,\"elapsed_ms\":[0-9]+\\}\\]",
                   fault->error, status_text(fault, status));
    assert_matches(answer_body(&answer), pattern);
    check_log(scene, fault);
}

static void check_optional(struct config_scene *scene, const char *mode, const struct fault_case *fault)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    char target[64];
    char pattern[512];
    char status[16];

    (void)snprintf(target, sizeof target, "/optional%s", fault->target);
    config_scene_get(scene, mode, target, &answer);

    check_log(scene, fault);
    if (fault->error == NULL) {
        assert_answer(&answer, 200, "{'good':" SUCCESS ",'bad':" SUCCESS "}");
        assert_text(answer_header(&answer, "Fanlight-Complete"), "true");
        return;
    }
    (void)snprintf(pattern, sizeof pattern,
                   "{'good':" SUCCESS ",'bad':{'d': [1.10, 9007199254740993]},"
                   "'_errors':[{'call':'bad','error':'%s','status':%s,'elapsed_ms':#}]}",
                   fault->error, status_text(fault, status));
    assert_answer_like(&answer, 200, pattern);
    assert_text(answer_header(&answer, "Content-Type"), "application/json");
    assert_text(answer_header(&answer, "Fanlight-Complete"), "false");
}

static void every_fault_is_told_alike_in_answer_headers_and_log_in_every_mode(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(fault_cases); i++) {
            print_message("%s %s\n", *mode, fault_cases[i].target);
            check_required(scene, *mode, &fault_cases[i]);
            check_optional(scene, *mode, &fault_cases[i]);
        }
    }
}

/* ---- dependents ---- */

static const char dependents_config[] =
    "{'blocking': 'a', 'backends': {'b': {'servers': ['http://@0']}}, 'routes': ["
    " {'path': '/optional', 'calls': {"
    "   'c': {'backend': 'b', 'path': '/c/{b.x}', 'required': false, 'default': 'C'},"
    "   'list': {'backend': 'b', 'path': '/l/{each}', 'each': '{a.list}', 'required': false, 'default': []},"
    "   'a': {'backend': 'b', 'path': '/a?status=500', 'required': false},"
    "   'b': {'backend': 'b', 'path': '/b/{a.x}', 'required': false, 'default': 'B'},"
    "   'good': {'backend': 'b', 'path': '/good?delay=50ms'}}},"
    " {'path': '/required', 'calls': {"
    "   'a': {'backend': 'b', 'path': '/a?status=500', 'required': false},"
    "   'b': {'backend': 'b', 'path': '/b/{a.x}'},"
    "   'other': {'backend': 'b', 'path': '/other?delay=10s'}}},"
    " {'path': '/each', 'calls': {"
    "   'a': {'backend': 'b', 'path': '/a?status=500', 'required': false},"
    "   'b': {'backend': 'b', 'path': '/b/{each}', 'each': '{a.x}'}}},"
    " {'path': '/far', 'calls': {"
    "   'a': {'backend': 'b', 'path': '/a?status=500', 'required': false},"
    "   'b': {'backend': 'b', 'path': '/b/{a.x}', 'required': false},"
    "   'c': {'backend': 'b', 'path': '/c/{b.x}/{good.message}'},"
    "   'good': {'backend': 'b', 'path': '/good?delay=10s'}}}]}";

static void optional_calls_behind_a_failed_one_fail_with_it_and_the_rest_is_answered(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=4"), dependents_config);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/optional", &answer);

        assert_answer_like(&answer, 200,
                           "{'c':'C','list':[],'a':null,'b':'B','good':" SUCCESS ",'_errors':["
                           "{'call':'c','error':'dependency_failed','status':null,'elapsed_ms':0},"
                           "{'call':'list','error':'dependency_failed','status':null,'elapsed_ms':0},"
                           "{'call':'a','error':'http_response_status','status':500,'elapsed_ms':#},"
                           "{'call':'b','error':'dependency_failed','status':null,'elapsed_ms':0}]}");
        assert_backend_saw(scene, 0, 2);
        cJSON *account = config_scene_account(scene);
        assert_string_equal(json_text(account_call(account, "c", -1), "error"), "dependency_failed");
        assert_true(json_is_null(account_call(account, "c", -1), "started_us"));
        cJSON_Delete(account);
    }
}

static void a_required_call_behind_a_failed_one_ends_the_request_at_once(void **state)
{
    static const char *const targets[] = { "/required", "/each", "/far" };
    static const char *const modes[] = { "threads", "async", "mixed", "wire" };
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=4"), dependents_config);

    for (size_t i = 0; i < array_length(modes); i++) {
        for (size_t j = 0; j < array_length(targets); j++) {
            cleanup_answer struct answer answer = ANSWER_NONE;

            config_scene_get(scene, modes[i], targets[j], &answer);

            assert_problem(&answer, 502, "dependency_failed");
            assert_text(answer_header(&answer, "Proxy-Status"), "fanlight; error=dependency_failed");
            assert_true(answer.elapsed_ms < 5000);
        }
    }
}

/* ---- the others ---- */

static const char cancel_config[] =
    "{'backends': {'b': {'servers': ['http://@0']},"
    "              'narrow': {'servers': ['http://@0'], 'max_in_flight': 1, 'queue': 10}},"
    " 'routes': ["
    " {'path': '/fails', 'calls': {"
    "   'running': {'backend': 'b', 'path': '/running?delay=15s'},"
    "   'begun': {'backend': 'b', 'path': '/begun?fault=stall', 'required': false},"
    "   'placed': {'backend': 'narrow', 'path': '/placed?delay=15s', 'required': false},"
    "   'in_line': {'backend': 'narrow', 'path': '/in_line', 'required': false},"
    "   'waiting': {'backend': 'b', 'path': '/waiting/{running.message}'},"
    "   'elements': {'backend': 'b', 'path': '/element/{each}', 'each': '{running.list}'},"
    "   'bad': {'backend': 'b', 'path': '/bad?delay=600ms&status=500'}}},"
    " {'path': '/first', 'calls': {"
    "   'bad': {'backend': 'b', 'path': '/bad?status=500'},"
    "   'other': {'backend': 'b', 'path': '/other'},"
    "   'waiting': {'backend': 'b', 'path': '/waiting/{other.message}'}}},"
    " {'path': '/later', 'calls': {"
    "   'input': {'backend': 'b', 'path': '/input'},"
    "   'bad': {'backend': 'b', 'path': '/{input.message}?status=500'},"
    "   'other': {'backend': 'b', 'path': '/{input.message}?delay=5s'}}},"
    " {'path': '/narrow', 'calls': {'res': {'backend': 'narrow', 'path': '/narrow'}}}]}";

static void assert_never_started(const cJSON *account, const char *name)
{
    const cJSON *call = account_call(account, name, -1);

    assert_string_equal(json_text(call, "error"), "cancelled");
    assert_true(json_is_null(call, "started_us"));
    assert_true(json_is_null(call, "sent_us"));
    assert_int_equal(json_number(call, "attempts"), 0);
}

static void a_failed_required_call_cancels_those_that_run_wait_in_line_or_were_never_started(void **state)
{
    static const char *const modes[] = { "threads", "async", "wire" };
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=8"), cancel_config);

    for (size_t i = 0; i < array_length(modes); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        cleanup_answer struct answer next = ANSWER_NONE;

        config_scene_get(scene, modes[i], "/fails", &answer);

        assert_problem(&answer, 502, "http_response_status");
        assert_true(answer.elapsed_ms < 5000);
        cJSON *account = config_scene_account(scene);
        assert_string_equal(json_text(account_call(account, "running", -1), "error"), "cancelled");
        assert_string_equal(json_text(account_call(account, "placed", -1), "error"), "cancelled");
        assert_string_equal(json_text(account_call(account, "begun", -1), "error"), "cancelled");
        assert_int_equal(json_number(account_call(account, "begun", -1), "status"), 200);
        assert_never_started(account, "in_line");
        assert_never_started(account, "waiting");
        assert_never_started(account, "elements");
        assert_true(json_is_null(account_call(account, "waiting", -1), "queued_us"));
        (void)json_number(account_call(account, "in_line", -1), "queued_us");
        cJSON_Delete(account);
        assert_backend_saw(scene, 3, 4);

        config_scene_get(scene, modes[i], "/narrow", &next); /* the one place is free again */
        assert_int_equal(next.status, 200);
    }
}

static void blocking_calls_start_nothing_behind_a_required_one_that_failed(void **state)
{
    struct config_scene *scene = *state;
    cleanup_answer struct answer first = ANSWER_NONE;
    cleanup_answer struct answer later = ANSWER_NONE;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--blocking=bad,other"), cancel_config);

    config_scene_get(scene, "sync", "/first", &first);

    assert_problem(&first, 502, "http_response_status");
    cJSON *account = config_scene_account(scene);
    assert_never_started(account, "other");
    assert_never_started(account, "waiting");
    cJSON_Delete(account);
    assert_backend_saw(scene, 0, 1);

    config_scene_get(scene, "mixed", "/later", &later);

    assert_problem(&later, 502, "http_response_status");
    account = config_scene_account(scene);
    assert_never_started(account, "other");
    cJSON_Delete(account);
    assert_backend_saw(scene, 0, 2);
}

/* The one thread is with `running`: what it would do next is taken away before it is freed. */
static void calls_that_wait_for_a_thread_are_withdrawn_before_the_one_that_has_it_is_cancelled(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=1"),
                       "{'backends': {'b': {'servers': ['http://@0']}}, 'routes': [{'path': '/x', 'calls': {"
                       "  'running': {'backend': 'b', 'path': '/running?delay=15s', 'mode': 'threads'},"
                       "  'other': {'backend': 'b', 'path': '/other?delay=15s', 'mode': 'threads'},"
                       "  'another': {'backend': 'b', 'path': '/another?delay=15s', 'mode': 'threads'},"
                       "  'bad': {'backend': 'b', 'path': '/bad?delay=400ms&status=500'}}}]}");

    for (int i = 0; i < 5; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, NULL, "/x", &answer);

        assert_problem(&answer, 502, "http_response_status");
        cJSON *account = config_scene_account(scene);
        assert_string_equal(json_text(account_call(account, "other", -1), "error"), "cancelled");
        assert_true(json_is_null(account_call(account, "other", -1), "started_us"));
        assert_true(json_is_null(account_call(account, "another", -1), "started_us"));
        cJSON_Delete(account);
        assert_backend_saw(scene, 1, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(every_fault_is_told_alike_in_answer_headers_and_log_in_every_mode),
        config_scene_test(optional_calls_behind_a_failed_one_fail_with_it_and_the_rest_is_answered),
        config_scene_test(a_required_call_behind_a_failed_one_ends_the_request_at_once),
        config_scene_test(a_failed_required_call_cancels_those_that_run_wait_in_line_or_were_never_started),
        config_scene_test(blocking_calls_start_nothing_behind_a_required_one_that_failed),
        config_scene_test(calls_that_wait_for_a_thread_are_withdrawn_before_the_one_that_has_it_is_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
