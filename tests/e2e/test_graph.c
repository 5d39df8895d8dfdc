/* SPDX-License-Identifier: MIT */
/*
 * Calls that need each other's answers: what starts when, and what is made of it.
 */
#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

#define ANSWERS                                                                                                        \
    "{'/first': {'id': 9007199254740993}, '/slow': 'slow', '/last/*': 'last',"                                         \
    " '/a': {'x': 'A', 'y': 1.10}, '/b/*': {'z': 'B'}, '/c/*': {'z': 'C'}, '/d/*': 'D',"                               \
    " '/1': {'n': 2}, '/2': {'n': 3}, '/3': {'n': 4}, '/4': {'n': 5}, '/5': {'n': 6}}"

/* Written so that what is needed stands behind what needs it. */
#define ROUTES                                                                                                         \
    "{'blocking': 'first,b,c3', 'backends': {'b': {'servers': ['http://@0']}}, 'routes': ["                            \
    " {'path': '/late', 'calls': {"                                                                                    \
    "   'last': {'backend': 'b', 'path': '/last/{first.id}'},"                                                         \
    "   'slow': {'backend': 'b', 'path': '/slow?delay=1200ms'},"                                                       \
    "   'first': {'backend': 'b', 'path': '/first?delay=200ms'}}},"                                                    \
    " {'path': '/diamond', 'calls': {"                                                                                 \
    "   'd': {'backend': 'b', 'path': '/d/{b.z}/{c.z}/{b.z}'},"                                                        \
    "   'c': {'backend': 'b', 'path': '/c/{a.y}?delay=600ms'},"                                                        \
    "   'b': {'backend': 'b', 'path': '/b/{a.x}?delay=200ms'},"                                                        \
    "   'a': {'backend': 'b', 'path': '/a?delay=200ms'}}},"                                                            \
    " {'path': '/chain', 'calls': {"                                                                                   \
    "   'c5': {'backend': 'b', 'path': '/{c4.n}'},"                                                                    \
    "   'c2': {'backend': 'b', 'path': '/{c1.n}'},"                                                                    \
    "   'c4': {'backend': 'b', 'path': '/{c3.n}'},"                                                                    \
    "   'c1': {'backend': 'b', 'path': '/1'},"                                                                         \
    "   'c3': {'backend': 'b', 'path': '/{c2.n}'}}},"                                                                  \
    " {'path': '/both', 'calls': {"                                                                                    \
    "   'all': {'backend': 'b', 'path': '/d/x?echo=1', 'body': {'one': '{left.id}', 'two': '{right.y}'}},"             \
    "   'left': {'backend': 'b', 'path': '/first?delay=20ms'},"                                                        \
    "   'right': {'backend': 'b', 'path': '/a?delay=80ms'}}}]}"

static bool is_one_after_another(const char *mode)
{
    return strcmp(mode, "sync") == 0;
}

static void start(struct config_scene *scene)
{
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), ANSWERS);
    config_scene_start(scene, OPTIONS("--threads=8"), ROUTES);
}

/* That `call` could start when `input` was done, and not before; "at once" is a small part of `span_us`. */
static void assert_follows(const cJSON *account, const char *call, const char *input, uint64_t span_us)
{
    uint64_t done_us = json_number(account_call(account, input, -1), "done_us");
    uint64_t queued_us = json_number(account_call(account, call, -1), "queued_us");

    if (queued_us < done_us || queued_us - done_us > span_us / 3) {
        fail_msg("%s could start at %llu us, and %s was done at %llu us", call, (unsigned long long)queued_us, input,
                 (unsigned long long)done_us);
    }
}

static void assert_critical_path(const cJSON *account, const char *expected)
{
    cleanup_free char *path = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(account, "critical_path"));

    assert_json_text(str_of(path), expected);
}

static void a_call_starts_the_moment_its_input_is_done_and_a_slow_stranger_does_not_hold_it_up(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/late", &answer);

        assert_answer(&answer, 200, "{'last':'last','slow':'slow','first':{'id': 9007199254740993}}");
        cJSON *account = config_scene_account(scene);
        assert_follows(account, "last", "first", 1000000);
        uint64_t slow_us = json_number(account_call(account, "slow", -1), "done_us");
        uint64_t last_us = json_number(account_call(account, "last", -1), "done_us");
        if (is_one_after_another(*mode)) {
            assert_took(answer.elapsed_ms, 1400);
        } else {
            assert_true(last_us < slow_us);
            assert_took(answer.elapsed_ms, 1200);
            assert_critical_path(account, "['slow']");
        }
        cJSON_Delete(account);
    }
}

static void the_middle_of_a_diamond_runs_at_the_same_time_and_its_end_waits_for_both(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/diamond", &answer);

        assert_answer(&answer, 200, "{'d':'D','c':{'z': 'C'},'b':{'z': 'B'},'a':{'x': 'A', 'y': 1.10}}");
        cJSON *account = config_scene_account(scene);
        if (is_one_after_another(*mode)) {
            assert_took(answer.elapsed_ms, 1000);
            assert_follows(account, "c", "a", 800000);
            assert_follows(account, "b", "c", 800000);
            assert_follows(account, "d", "b", 800000);
        } else {
            assert_took(answer.elapsed_ms, 800);
            assert_follows(account, "b", "a", 800000);
            assert_follows(account, "c", "a", 800000);
            assert_follows(account, "d", "c", 800000);
            assert_critical_path(account, "['a','c','d']");
        }
        cJSON_Delete(account);
    }
}

static void a_chain_is_walked_from_its_beginning_wherever_that_stands(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/chain", &answer);

        assert_answer(&answer, 200, "{'c5':{'n': 6},'c2':{'n': 3},'c4':{'n': 5},'c1':{'n': 2},'c3':{'n': 4}}");
        cJSON *account = config_scene_account(scene);
        assert_critical_path(account, "['c1','c2','c3','c4','c5']");
        cJSON_Delete(account);
    }
}

static void a_body_made_of_two_answers_has_their_values_byte_for_byte(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/both", &answer);

        assert_int_equal(answer.status, 200);
        cJSON *json = answer_json(&answer);
        const cJSON *all = cJSON_GetObjectItemCaseSensitive(json, "all");
        assert_string_equal(json_text(all, "method"), "POST");
        assert_json_text(str_of(json_text(all, "body")), "{'one': 9007199254740993, 'two': 1.10}");
        cJSON_Delete(json);
    }
}

/* ---- values ---- */

/* What a backend says, in a path: the target that the next backend sees; NULL: dependency_failed. */
static const struct {
    const char *name;
    const char *json;
    const char *target;
} value_cases[] = {
    { "64-bit id", "18446744073709551615", "/v/18446744073709551615/end?q=18446744073709551615" },
    { "id beyond doubles", "9007199254740993", "/v/9007199254740993/end?q=9007199254740993" },
    { "trailing zero", "1.10", "/v/1.10/end?q=1.10" },
    { "exponent", "1E+2", "/v/1E%2B2/end?q=1E%2B2" },
    { "negative", "-0.0", "/v/-0.0/end?q=-0.0" },
    { "true", "true", "/v/true/end?q=true" },
    { "text", "'Ada'", "/v/Ada/end?q=Ada" },
    { "blank and percent", "'a b%20'", "/v/a%20b%2520/end?q=a%20b%2520" },
    { "slashes", "'a/../../admin'", "/v/a%2F..%2F..%2Fadmin/end?q=a%2F..%2F..%2Fadmin" },
    { "backslash", "'a\\\\b'", "/v/a%5Cb/end?q=a%5Cb" },
    { "escaped slash", "'\\/'", "/v/%2F/end?q=%2F" },
    { "another parameter", "'x&delay=9s#y?z'", "/v/x%26delay%3D9s%23y%3Fz/end?q=x%26delay%3D9s%23y%3Fz" },
    { "CR LF", "'a\\r\\nHost: evil'", "/v/a%0D%0AHost%3A%20evil/end?q=a%0D%0AHost%3A%20evil" },
    { "NUL", "'a\\u0000b'", "/v/a%00b/end?q=a%00b" },
    { "unicode", "'Zo\\u00eb\\ud83d\\ude00'", "/v/Zo%C3%AB%F0%9F%98%80/end?q=Zo%C3%AB%F0%9F%98%80" },
    { "unicode, raw", "'\xc3\xab'", "/v/%C3%AB/end?q=%C3%AB" },
    { "braces", "'{id}'", "/v/%7Bid%7D/end?q=%7Bid%7D" },
    { "dots with more", "'...'", "/v/.../end?q=..." },
    { "dots encoded by the backend", "'%2e%2e'", "/v/%252e%252e/end?q=%252e%252e" },
    { "dot", "'.'", NULL },
    { "dots", "'..'", NULL },
    { "empty", "''", NULL },
    { "null", "null", NULL },
    { "array", "[1]", NULL },
    { "object", "{'a': 1}", NULL },
};

static void build_answers(struct buf *answers)
{
    buf_init(answers, 65536);
    (void)buf_add_text(answers, "{");
    for (size_t i = 0; i < array_length(value_cases); i++) {
        (void)buf_add_format(answers, "%s'/%zu': {'v': %s}", i > 0 ? "," : "", i, value_cases[i].json);
    }
    (void)buf_add_format(answers, ",'/none': {'w': 1}}%c", '\0');
    assert_false(answers->failed);
}

static void check_value(struct config_scene *scene, const char *mode, size_t index)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    char target[32];

    (void)snprintf(target, sizeof target, "/value/%zu", index);
    config_scene_get(scene, mode, target, &answer);

    if (value_cases[index].target == NULL) {
        assert_problem(&answer, 502, "dependency_failed");
        assert_backend_saw(scene, 0, 1);
        return;
    }
    cJSON *json = answer_json(&answer);
    const char *seen = json_text(cJSON_GetObjectItemCaseSensitive(json, "b"), "path");
    char expected[256];
    (void)snprintf(expected, sizeof expected, "%s&echo=1", value_cases[index].target);
    if (strcmp(seen, expected) != 0) {
        fail_msg("case \"%s\": %s", value_cases[index].name, seen);
    }
    cJSON_Delete(json);
}

static void a_backends_value_is_one_segment_and_one_parameter_whatever_it_says(void **state)
{
    struct config_scene *scene = *state;
    cleanup_buf struct buf answers;
    build_answers(&answers);
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), answers.base);
    config_scene_start(scene, OPTIONS("--blocking=a"),
                       "{'backends': {'b': {'servers': ['http://@0']}}, 'routes': [{'path': '/value/{n}', 'calls': {"
                       " 'a': {'backend': 'b', 'path': '/{n}'},"
                       " 'b': {'backend': 'b', 'path': '/v/{a.v}/end?q={a.v}&echo=1'}}}]}");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(value_cases); i++) {
            check_value(scene, *mode, i);
        }
    }
    cleanup_answer struct answer missing = ANSWER_NONE;
    config_scene_get(scene, "async", "/value/none", &missing);
    assert_problem(&missing, 502, "dependency_failed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(a_call_starts_the_moment_its_input_is_done_and_a_slow_stranger_does_not_hold_it_up),
        config_scene_test(the_middle_of_a_diamond_runs_at_the_same_time_and_its_end_waits_for_both),
        config_scene_test(a_chain_is_walked_from_its_beginning_wherever_that_stands),
        config_scene_test(a_body_made_of_two_answers_has_their_values_byte_for_byte),
        config_scene_test(a_backends_value_is_one_segment_and_one_parameter_whatever_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
