/* SPDX-License-Identifier: MIT */
/*
 * Every fault that the backend has, in every mode, on a fresh connection and on a kept one: the right cause in the
 * body, the log, the metric and Proxy-Status alike, in time, and no harm to the next call.
 *
 * The table is complete: the backend itself says which faults it has.
 */
#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

enum { TIMEOUT_MS = 300, LATE_MS = 8000 };

struct fault_row {
    const char *name;
    int status;
    const char *error;  /* NULL: the answer is good */
    int backend_status; /* in the account of the call; 0: null */
    bool is_repeated;   /* a GET on a kept connection is sent once more, on a fresh one */
    bool takes_timeout;
    unsigned next_attempts; /* of the next call; 0: one, on a fresh connection; 1: one, on the kept connection */
};

static const struct fault_row rows[] = {
    { "reset", 502, "connection_terminated", 0, true, false, 0 },
    { "close", 502, "connection_terminated", 0, true, false, 0 },
    { "reset-mid", 502, "http_response_incomplete", 200, false, false, 0 },
    { "close-mid", 502, "http_response_incomplete", 200, false, false, 0 },
    { "stall", 504, "http_response_timeout", 200, false, true, 0 },
    { "silent", 504, "http_response_timeout", 0, false, true, 0 },
    { "drip", 504, "http_response_timeout", 200, false, true, 0 },
    { "endless", 502, "http_response_body_size", 200, false, false, 0 },
    { "garbage", 502, "http_protocol_error", 0, false, false, 0 },
    { "dup-length", 502, "http_protocol_error", 200, false, false, 0 },
    { "length-and-chunked", 502, "http_protocol_error", 200, false, false, 0 },
    { "short-length", 502, "invalid_json", 200, false, false, 0 },
    { "huge-header", 502, "http_response_header_section_size", 200, false, false, 0 },
    { "many-headers", 502, "http_response_header_section_size", 200, false, false, 0 },
    { "extra-bytes", 200, NULL, 200, false, false, 0 },
    { "bad-json", 502, "invalid_json", 200, false, false, 1 },
    { "close-next", 200, NULL, 200, false, false, 2 },
};

static const char config[] =
    "{'backends': {'b': {'servers': ['http://@0'], 'timeout': '10s'}},"
    " 'routes': [{'path': '/fault', 'calls': {'res': {'backend': 'b', 'path': '/fault?fault={query.name}'}}},"
    "            {'path': '/late',"
    "             'calls': {'res': {'backend': 'b', 'path': '/fault?fault={query.name}', 'timeout': '300ms'}}},"
    "            {'path': '/good', 'calls': {'res': {'backend': 'b', 'path': '/good'}}}]}";

/* ---- the table ---- */

static const struct fault_row *find_row(struct str name)
{
    for (size_t i = 0; i < array_length(rows); i++) {
        if (str_equal(name, str_of(rows[i].name))) {
            return &rows[i];
        }
    }
    return NULL;
}

/* "… must be one of reset, close, …, close-next." */
static void the_table_has_every_fault_of_the_backend(void **state)
{
    struct config_scene *scene = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    static const char words[] = "must be one of ";
    size_t count = 0;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);

    client_fetch(scene->backend_ports[0], "/?fault=no-such-fault", &answer);
    cJSON *problem = answer_json(&answer);
    const char *detail = strstr(json_text(problem, "detail"), words);
    assert_non_null(detail);
    struct str names = str_from(str_of(detail), strlen(words));
    names.length = str_find(names, '.');

    for (; names.length > 0; count++) {
        struct str name = str_trim(str_split(&names, ','));
        if (find_row(name) == NULL) {
            fail_msg("no row for %.*s", STR_ARGUMENTS(name));
        }
    }
    assert_int_equal(count, array_length(rows));
    cJSON_Delete(problem);
}

/* ---- where a cause is said ---- */

static uint64_t count_in_metrics(struct config_scene *scene, const char *error)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    char series[160];
    uint64_t count = 0;

    (void)snprintf(series, sizeof series, "fanlight_calls_total{backend=\"b\",server=\"127.0.0.1:%u\",error=\"%s\"} ",
                   (unsigned)scene->backend_ports[0], error != NULL ? error : "none");
    client_fetch(scene->admin_port, "/metrics", &answer);
    struct str body = answer_body(&answer);
    const char *place = memmem(body.base, body.length, series, strlen(series));
    if (place != NULL) {
        struct str value = str_from(body, (size_t)(place - body.base) + strlen(series));
        value.length = str_find(value, '\n');
        assert_int_equal(str_to_number(value, UINT64_MAX, &count), 0);
    }
    return count;
}

static void check_problem(const struct fault_row *row, const struct answer *answer)
{
    char proxy_status[96];

    assert_problem(answer, row->status, row->error);
    cJSON *problem = answer_json(answer);
    const cJSON *calls = cJSON_GetObjectItemCaseSensitive(problem, "calls");
    const cJSON *call = cJSON_GetArrayItem(calls, 0);
    assert_case(row->name, cJSON_GetArraySize(calls) == 1);
    assert_string_equal(json_text(call, "error"), row->error);
    assert_case(row->name, row->backend_status == 0 ? json_is_null(call, "status")
                                                    : json_number(call, "status") == (uint64_t)row->backend_status);
    cJSON_Delete(problem);
    (void)snprintf(proxy_status, sizeof proxy_status, "fanlight; error=%s", row->error);
    assert_case(row->name, str_starts_with(answer_header(answer, "Proxy-Status"), str_of(proxy_status)));
    assert_text(answer_header(answer, "Fanlight-Complete"), "false");
}

static void check_answer(const struct fault_row *row, const struct answer *answer)
{
    if (answer->status != row->status) {
        fail_msg("case \"%s\": %d %.*s", row->name, answer->status, STR_ARGUMENTS(answer_body(answer)));
    }
    if (row->error != NULL) {
        check_problem(row, answer);
    } else {
        assert_answer(answer, 200, "{'res':{'message':'success'}}");
        assert_null(answer_header(answer, "Proxy-Status").base);
    }
    assert_case(row->name, answer->elapsed_ms < LATE_MS);
    assert_case(row->name, !row->takes_timeout || answer->elapsed_ms >= TIMEOUT_MS * 9 / 10);
}

static void check_account(const struct fault_row *row, struct config_scene *scene, bool is_kept)
{
    bool is_repeated = is_kept && row->is_repeated;
    cJSON *account = config_scene_account(scene);
    const cJSON *call = account_call(account, "res", -1);

    assert_case(row->name,
                row->error == NULL ? json_is_null(call, "error") : strcmp(json_text(call, "error"), row->error) == 0);
    assert_case(row->name, row->backend_status == 0 ? json_is_null(call, "status")
                                                    : json_number(call, "status") == (uint64_t)row->backend_status);
    if (json_number(call, "attempts") != (is_repeated ? 2 : 1)) {
        fail_msg("case \"%s\", kept %d: %d attempts", row->name, is_kept, (int)json_number(call, "attempts"));
    }
    bool is_reused = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(call, "reused"));
    assert_case(row->name, is_reused == (is_kept && !is_repeated));
    cJSON_Delete(account);
}

/* ---- what the connection is good for ---- */

/* Whatever connection is kept ends with this call. */
static void forget_connection(struct config_scene *scene, const char *mode)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    config_scene_get(scene, mode, "/fault?name=close-mid", &answer);
    assert_problem(&answer, 502, "http_response_incomplete");
    cJSON_Delete(config_scene_account(scene)); /* and has been counted */
}

static void check_good_call(struct config_scene *scene, const char *mode, const char *name, unsigned attempts)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    config_scene_get(scene, mode, "/good", &answer);
    assert_answer(&answer, 200, "{'res':{'message':'success'}}");
    cJSON *account = config_scene_account(scene);
    const cJSON *call = account_call(account, "res", -1);
    bool is_reused = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(call, "reused"));
    if (json_number(call, "attempts") != (attempts > 0 ? attempts : 1) || is_reused != (attempts == 1)) {
        cleanup_free char *text = cJSON_PrintUnformatted(call);
        fail_msg("%s, behind \"%s\": %s", mode, name, text);
    }
    cJSON_Delete(account);
}

static void check_fault(const struct fault_row *row, struct config_scene *scene, const char *mode, bool is_kept)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    char target[64];

    forget_connection(scene, mode);
    if (is_kept) {
        check_good_call(scene, mode, row->name, 0);
    }
    uint64_t count = count_in_metrics(scene, row->error);
    (void)snprintf(target, sizeof target, "/%s?name=%s", row->takes_timeout ? "late" : "fault", row->name);

    config_scene_get(scene, mode, target, &answer);

    check_answer(row, &answer);
    check_account(row, scene, is_kept);
    assert_int_equal(count_in_metrics(scene, row->error), count + 1); /* before the account was written */
    check_good_call(scene, mode, row->name, row->next_attempts);
}

static void every_fault_has_its_cause_everywhere_in_every_mode_on_any_connection(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=1", "--blocking=res"), config);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        print_message("%s\n", *mode);
        for (size_t i = 0; i < array_length(rows); i++) {
            check_fault(&rows[i], scene, *mode, false);
            check_fault(&rows[i], scene, *mode, true);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(the_table_has_every_fault_of_the_backend),
        config_scene_test(every_fault_has_its_cause_everywhere_in_every_mode_on_any_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
