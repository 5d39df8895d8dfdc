/* SPDX-License-Identifier: MIT */
#include "common/buf.h"
#include "gateway/plan.h"

#include "tests/support/unit.h"
#include "tests/unit/gateway/route_bench.h"

enum { ARENA_BYTES = 1024 * 1024, BODY_BYTES = 1024 * 1024, LIMIT = 256, PATH_MAXIMUM = 8192 };

/* What came of one POST. */
struct outcome {
    struct arena arena;
    const struct plan *plan;
    int status;
    struct error error;
};

static void build(struct outcome *outcome, struct str body, size_t limit, size_t arena_bytes)
{
    struct route_bench bench;
    struct route_match match = route_bench_match(&bench, STR("POST"), STR("/fanout"));

    *outcome = (struct outcome){ .plan = NULL };
    arena_init(&outcome->arena, arena_bytes);
    outcome->plan = plan_build(&outcome->arena, &match, body, limit, &outcome->status, &outcome->error);
    arena_clear(&bench.arena);
}

static void clear(struct outcome *outcome)
{
    arena_clear(&outcome->arena);
}

/* STR() for a table of static storage, where a compound literal is no constant. */
#define VIEW(literal)                                                                                                  \
    {                                                                                                                  \
        "" literal, sizeof(literal) - 1                                                                                \
    }

struct good_row {
    const char *name;
    struct str body;
    size_t call_count;
    const char *last_name;
    const char *last_target;
};

static const struct good_row good_rows[] = {
    { "one task", VIEW("{\"tasks\":[{\"name\":\"a\",\"path\":\"/a?delay=1s\"}]}"), 1, "a", "/a?delay=1s" },
    { "two tasks in their order",
      VIEW("{\"tasks\":[{\"name\":\"b\",\"path\":\"/1\"},{\"name\":\"a\",\"path\":\"/2\"}]}"), 2, "a", "/2" },
    { "members the other way round", VIEW("{\"tasks\":[{\"path\":\"/p\",\"name\":\"a\"}]}"), 1, "a", "/p" },
    { "white space", VIEW(" \r\n{ \"tasks\" : [ { \"name\" : \"a\" , \"path\" : \"/p\" } ] }\n"), 1, "a", "/p" },
    { "escapes", VIEW("{\"t\\u0061sks\":[{\"name\":\"\\u0061\",\"path\":\"\\/p\"}]}"), 1, "a", "/p" },
    { "the root", VIEW("{\"tasks\":[{\"name\":\"a\",\"path\":\"/\"}]}"), 1, "a", "/" },
    { "the same path twice", VIEW("{\"tasks\":[{\"name\":\"a\",\"path\":\"/p\"},{\"name\":\"b\",\"path\":\"/p\"}]}"), 2,
      "b", "/p" },
    { "a path with a backslash that looks like a NUL", VIEW("{\"tasks\":[{\"name\":\"a\",\"path\":\"/\\\\u0000\"}]}"),
      1, "a", "/\\u0000" },
};

static void plan_body_gives_the_calls_of_the_list(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(good_rows); i++) {
        struct outcome outcome;

        build(&outcome, good_rows[i].body, LIMIT, ARENA_BYTES);

        if (outcome.plan == NULL) {
            fail_msg("%s: %s", good_rows[i].name, outcome.error.text);
        } else {
            assert_int_equal(outcome.plan->call_count, good_rows[i].call_count);
            const struct plan_call *last = &outcome.plan->calls[outcome.plan->call_count - 1];
            assert_text(last->name, good_rows[i].last_name);
            assert_text(last->member, good_rows[i].last_name);
            assert_text(last->target.parts[0].text, good_rows[i].last_target);
        }
        clear(&outcome);
    }
}

struct bad_row {
    struct str body;
    const char *sentence; /* the refusal begins so */
};

#define TASKS(list) VIEW("{\"tasks\":[" list "]}")
#define GOOD "{\"name\":\"a\",\"path\":\"/a\"}"
#define BAD_PATH "tasks[0].path must begin with \"/\", be visible ASCII without \"#\", and have at most 8192 bytes."

static const struct bad_row bad_rows[] = {
    { VIEW(""), "The body is not valid JSON: " },
    { VIEW("{"), "The body is not valid JSON: " },
    { VIEW("{\"tasks\":[" GOOD "]}x"), "The body is not valid JSON: trailing bytes at byte 36." },
    { VIEW("{\"tasks\":[" GOOD "]}\0"), "The body is not valid JSON: trailing bytes at byte 36." },
    { VIEW("{\"tasks\":[" GOOD ",]}"), "The body is not valid JSON: " },
    { VIEW("{\"tasks\":[{\"name\":\"\xff\",\"path\":\"/a\"}]}"), "The body is not valid JSON: not UTF-8 at byte 19." },
    { VIEW("{\"tasks\":[[[[[[[[[]]]]]]]]]}"), "The body is not valid JSON: nested too deep" },
    { VIEW("[]"), "The body must be an object with the member tasks." },
    { VIEW("null"), "The body must be an object with the member tasks." },
    { VIEW("\"tasks\""), "The body must be an object with the member tasks." },
    { VIEW("{}"), "The body must have the member tasks, which is an array." },
    { VIEW("{\"tasks\":null}"), "The body must have the member tasks, which is an array." },
    { VIEW("{\"tasks\":{}}"), "The body must have the member tasks, which is an array." },
    { VIEW("{\"tasks\":\"a,b\"}"), "The body must have the member tasks, which is an array." },
    { VIEW("{\"Tasks\":[]}"), "The body has an unknown member \"Tasks\"." },
    { VIEW("{\"\":[]}"), "The body has an unknown member \"\"." },
    { VIEW("{\"tasks\":[" GOOD "],\"a\\nb\\u001b\":1}"), "The body has an unknown member \"a\\x0Ab\\x1B\"." },
    { VIEW("{\"tasks\":[" GOOD "],\"tasks\":[]}"), "The body has the member tasks twice." },
    { VIEW("{\"tasks\":[" GOOD "],\"t\\u0061sks\":[" GOOD "]}"), "The body has the member tasks twice." },
    { TASKS(""), "The list of tasks is empty." },
    { TASKS("1"), "tasks[0] must be an object with name and path." },
    { TASKS(GOOD ",null"), "tasks[1] must be an object with name and path." },
    { TASKS("[" GOOD "]"), "tasks[0] must be an object with name and path." },
    { TASKS("{}"), "tasks[0] lacks the member name." },
    { TASKS("{\"path\":\"/a\"}"), "tasks[0] lacks the member name." },
    { TASKS(GOOD ",{\"name\":\"b\"}"), "tasks[1] lacks the member path." },
    { TASKS("{\"name\":1,\"path\":\"/a\"}"), "tasks[0].name must be a string." },
    { TASKS("{\"name\":\"a\",\"path\":null}"), "tasks[0].path must be a string." },
    { TASKS("{\"name\":\"a\",\"path\":[\"/a\"]}"), "tasks[0].path must be a string." },
    { TASKS("{\"name\":\"a\",\"name\":\"a\",\"path\":\"/a\"}"), "tasks[0] has the member name twice." },
    { TASKS("{\"name\":\"a\",\"path\":\"/a\",\"path\":\"/b\"}"), "tasks[0] has the member path twice." },
    { TASKS("{\"name\":\"a\",\"path\":\"/a\",\"method\":\"PUT\"}"), "tasks[0] has an unknown member \"method\"." },
    { TASKS(GOOD "," GOOD), "The name \"a\" stands more than once." },
    { TASKS("{\"name\":\"\",\"path\":\"/a\"}"), "The name \"\" is not valid: " },
    { TASKS("{\"name\":\"_errors\",\"path\":\"/a\"}"), "The name \"_errors\" is not valid: " },
    { TASKS("{\"name\":\"a b\",\"path\":\"/a\"}"), "The name \"a b\" is not valid: " },
    { TASKS("{\"name\":\"\\u00e9\\u0007\",\"path\":\"/a\"}"), "The name \"\\xC3\\xA9\\x07\" is not valid: " },
    { TASKS("{\"name\":\"a\\u0000b\",\"path\":\"/a\"}"), "The body has a NUL in a string." },
    { TASKS("{\"name\":\"a\",\"path\":\"/a\\u0000\"}"), "The body has a NUL in a string." },
    { TASKS("{\"name\":\"a\",\"path\":\"\"}"), BAD_PATH },
    { TASKS("{\"name\":\"a\",\"path\":\"a\"}"), BAD_PATH },
    { TASKS("{\"name\":\"a\",\"path\":\"http://127.0.0.1/\"}"), BAD_PATH },
    { TASKS("{\"name\":\"a\",\"path\":\"*\"}"), BAD_PATH },
    { TASKS("{\"name\":\"a\",\"path\":\"/a b\"}"), BAD_PATH },
    { TASKS("{\"name\":\"a\",\"path\":\"/a#b\"}"), BAD_PATH },
    { TASKS("{\"name\":\"a\",\"path\":\"/a\\r\\nHost: x\"}"), BAD_PATH },
    { TASKS("{\"name\":\"a\",\"path\":\"/\\u00e9\"}"), BAD_PATH },
    { TASKS("{\"name\":\"a\",\"path\":\"/\\u007f\"}"), BAD_PATH },
    { TASKS("{\"name\":\"a\",\"path\":\"/\\ud800\"}"), "The body " },
};

static void plan_body_refuses_and_says_what_and_where(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(bad_rows); i++) {
        struct outcome outcome;

        build(&outcome, bad_rows[i].body, LIMIT, ARENA_BYTES);

        if (outcome.plan != NULL || outcome.status != 400 ||
            !str_starts_with(str_of(outcome.error.text), str_of(bad_rows[i].sentence))) {
            fail_msg("%.*s: %d %s", STR_ARGUMENTS(bad_rows[i].body), outcome.status, outcome.error.text);
        }
        clear(&outcome);
    }
}

static void list_tasks(struct buf *body, size_t count)
{
    buf_init(body, BODY_BYTES);
    (void)buf_add_text(body, "{\"tasks\":[");
    for (size_t i = 0; i < count; i++) {
        (void)buf_add_format(body, "%s{\"name\":\"c%zu\",\"path\":\"/c%zu\"}", i > 0 ? "," : "", i, i);
    }
    (void)buf_add_text(body, "]}");
}

static void plan_body_takes_as_many_tasks_as_the_limit(void **state)
{
    struct outcome outcome;
    cleanup_buf struct buf body;
    (void)state;
    list_tasks(&body, LIMIT);

    build(&outcome, buf_view(&body), LIMIT, ARENA_BYTES);

    assert_non_null(outcome.plan);
    assert_int_equal(outcome.plan->call_count, LIMIT);
    assert_text(outcome.plan->calls[0].name, "c0");
    assert_text(outcome.plan->calls[LIMIT - 1].target.parts[0].text, "/c255");
    clear(&outcome);
}

static void plan_body_refuses_one_task_more_than_the_limit(void **state)
{
    struct outcome outcome;
    cleanup_buf struct buf body;
    (void)state;
    list_tasks(&body, LIMIT + 1);

    build(&outcome, buf_view(&body), LIMIT, ARENA_BYTES);

    assert_null(outcome.plan);
    assert_int_equal(outcome.status, 400);
    assert_string_equal(outcome.error.text, "The request asks for 257 tasks; the most are 256.");
    clear(&outcome);
}

/* Half a million values, which would take 40 MB as a tree. */
static void plan_body_refuses_a_crowd_of_values_before_there_is_a_tree(void **state)
{
    struct outcome outcome;
    cleanup_buf struct buf body;
    (void)state;
    buf_init(&body, BODY_BYTES);
    (void)buf_add_text(&body, "{\"tasks\":[0");
    for (size_t i = 0; i < 500 * 1000; i++) {
        (void)buf_add_text(&body, ",0");
    }
    (void)buf_add_text(&body, "]}");

    build(&outcome, buf_view(&body), LIMIT, ARENA_BYTES);

    assert_null(outcome.plan);
    assert_int_equal(outcome.status, 400);
    assert_string_equal(outcome.error.text, "The body has more in it than a list of 256 tasks can have.");
    clear(&outcome);
}

/* {"tasks":[{"name":"a","path":"/xxx…"}]} with a path of `length` bytes. */
static void add_long_path(struct buf *body, size_t length)
{
    buf_init(body, BODY_BYTES);
    (void)buf_add_text(body, "{\"tasks\":[{\"name\":\"a\",\"path\":\"/");
    for (size_t i = 1; i < length; i++) {
        (void)buf_add_byte(body, 'x');
    }
    (void)buf_add_text(body, "\"}]}");
}

static void plan_body_takes_a_path_of_8192_bytes(void **state)
{
    struct outcome outcome;
    cleanup_buf struct buf body;
    (void)state;
    add_long_path(&body, PATH_MAXIMUM);

    build(&outcome, buf_view(&body), LIMIT, ARENA_BYTES);

    assert_non_null(outcome.plan);
    assert_int_equal(outcome.plan->calls[0].target.parts[0].text.length, PATH_MAXIMUM);
    clear(&outcome);
}

static void plan_body_refuses_a_path_of_8193_bytes(void **state)
{
    struct outcome outcome;
    cleanup_buf struct buf body;
    (void)state;
    add_long_path(&body, PATH_MAXIMUM + 1);

    build(&outcome, buf_view(&body), LIMIT, ARENA_BYTES);

    assert_null(outcome.plan);
    assert_string_equal(outcome.error.text, BAD_PATH);
    clear(&outcome);
}

static void plan_body_answers_413_when_the_arena_is_full(void **state)
{
    struct outcome outcome;
    cleanup_buf struct buf body;
    bool is_built = false;
    (void)state;
    list_tasks(&body, 3);

    for (size_t arena_bytes = 0; arena_bytes <= 4096 && !is_built; arena_bytes += 8) {
        build(&outcome, buf_view(&body), LIMIT, arena_bytes);
        is_built = outcome.plan != NULL;
        assert_true(is_built || outcome.status == 413);
        assert_true(!is_built || arena_bytes > 0);
        clear(&outcome);
    }

    assert_true(is_built);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_body_gives_the_calls_of_the_list),
        cmocka_unit_test(plan_body_refuses_and_says_what_and_where),
        cmocka_unit_test(plan_body_takes_as_many_tasks_as_the_limit),
        cmocka_unit_test(plan_body_refuses_one_task_more_than_the_limit),
        cmocka_unit_test(plan_body_refuses_a_crowd_of_values_before_there_is_a_tree),
        cmocka_unit_test(plan_body_takes_a_path_of_8192_bytes),
        cmocka_unit_test(plan_body_refuses_a_path_of_8193_bytes),
        cmocka_unit_test(plan_body_answers_413_when_the_arena_is_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
