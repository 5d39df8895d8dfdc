/* SPDX-License-Identifier: MIT */
#include "gateway/plan.h"

#include "common/buf.h"

#include "tests/support/unit.h"
#include "tests/unit/gateway/route_bench.h"

enum { ARENA_BYTES = 1024 * 1024, LIMIT = 256 };

/* What came of one GET. */
struct outcome {
    struct arena arena;
    const struct plan *plan;
    int status;
    struct error error;
};

static void build(struct outcome *outcome, const char *target, size_t limit, size_t arena_bytes)
{
    struct route_bench bench;
    struct route_match match = route_bench_match(&bench, STR("GET"), str_of(target));

    *outcome = (struct outcome){ .plan = NULL };
    arena_init(&outcome->arena, arena_bytes);
    outcome->plan = plan_build(&outcome->arena, &match, STR(""), limit, &outcome->status, &outcome->error);
    arena_clear(&bench.arena);
}

static void clear(struct outcome *outcome)
{
    arena_clear(&outcome->arena);
}

/* "name member target, name member target" */
static struct str describe(const struct plan *plan, struct buf *text)
{
    buf_init(text, ARENA_BYTES);
    for (size_t i = 0; i < plan->call_count; i++) {
        const struct plan_call *call = &plan->calls[i];
        (void)buf_add_format(text, "%s%.*s %.*s %.*s", i > 0 ? ", " : "", STR_ARGUMENTS(call->name),
                             STR_ARGUMENTS(call->member), STR_ARGUMENTS(call->target.parts[0].text));
    }
    return buf_view(text);
}

struct good_row {
    const char *target;
    const char *calls;
};

#define NAME_16 "abcdefghijklmnop"
#define NAME_64 NAME_16 NAME_16 NAME_16 NAME_16

static const struct good_row good_rows[] = {
    { "/task1", "task1 res /task1" },
    { "/task1?", "task1 res /task1" },
    { "/task1?delay=1s&x", "task1 res /task1?delay=1s&x" },
    { "/task1?a=%2f&b=c+d?e", "task1 res /task1?a=%2f&b=c+d?e" },
    { "/A.z-_9", "A.z-_9 res /A.z-_9" },
    { "/...", "... res /..." },
    { "/-", "- res /-" },
    { "/res", "res res /res" },
    { "/" NAME_64, NAME_64 " res /" NAME_64 },
    { "/fanout?n=1", "task1 task1 /task1" },
    { "/fanout?n=3", "task1 task1 /task1, task2 task2 /task2, task3 task3 /task3" },
    { "/fanout?n=02", "task1 task1 /task1, task2 task2 /task2" },
    { "/fanout?%6e=%31", "task1 task1 /task1" },
    { "/fanout?tasks=b,a", "b b /b, a a /a" },
    { "/fanout?tasks=b%2Ca", "b b /b, a a /a" },
    { "/fanout?%74%61%73%6b%73=a", "a a /a" },
    { "/fanout?tasks=%61", "a a /a" },
    { "/fanout?tasks=a,A", "a a /a, A A /A" },
    { "/fanout?n=2&delay=1s&x", "task1 task1 /task1?delay=1s&x, task2 task2 /task2?delay=1s&x" },
    { "/fanout?delay=1s&n=1&x=%20", "task1 task1 /task1?delay=1s&x=%20" },
    { "/fanout?x=1&x=2&tasks=a&x=1", "a a /a?x=1&x=2&x=1" },
    { "/fanout?&n=1&&x&", "task1 task1 /task1?x" },
    { "/fanout?N=5&nn=6&n=1", "task1 task1 /task1?N=5&nn=6" },
    { "/fanout?tasks=a&bad=%zz&%", "a a /a?bad=%zz&%" },
    { "/fanout?tasks=a&=n", "a a /a?=n" },
};

static void plan_holds_the_calls_that_a_get_asks_for(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(good_rows); i++) {
        struct outcome outcome;
        cleanup_buf struct buf text;
        buf_init(&text, 0);

        build(&outcome, good_rows[i].target, LIMIT, ARENA_BYTES);

        if (outcome.plan == NULL) {
            fail_msg("%s: %d %s", good_rows[i].target, outcome.status, outcome.error.text);
        } else {
            assert_text(describe(outcome.plan, &text), good_rows[i].calls);
        }
        clear(&outcome);
    }
}

struct bad_row {
    const char *target;
    const char *sentence; /* in the refusal */
};

#define ONE_OF "The query may have one of n and tasks, and that once."
#define COUNT "The query parameter n must be an integer from 1 to 256."
#define NEEDED "The query must have n=1 to n=256, or tasks= and names with commas between them."

static const struct bad_row bad_rows[] = {
    { "/_private", "The name \"_private\" is not valid: " },
    { "/.", "The name \".\" is not valid: " },
    { "/..", "The name \"..\" is not valid: " },
    { "/a%20b", "The name \"a%20b\" is not valid: " },
    { "/a\x1b[2J", "The name \"a\\x1B[2J\" is not valid: " },
    { "/\xc3\xa9", "The name \"\\xC3\\xA9\" is not valid: " },
    { "/a\"b", "The name \"a\\x22b\" is not valid: " },
    { "/x" NAME_64, "The name \"xabcdefghijklmnopabcdefghijklmno...\" is not valid: a name is 1 to 64 of " },
    { "/a?x\r\ny", "The query must be visible ASCII without \"#\"." },
    { "/a?x y", "The query must be visible ASCII without \"#\"." },
    { "/a?x#y", "The query must be visible ASCII without \"#\"." },
    { "/fanout", NEEDED },
    { "/fanout?", NEEDED },
    { "/fanout?x=1", NEEDED },
    { "/fanout?N=1", NEEDED },
    { "/fanout?n", COUNT },
    { "/fanout?n=", COUNT },
    { "/fanout?n=0", COUNT },
    { "/fanout?n=-1", COUNT },
    { "/fanout?n=+1", COUNT },
    { "/fanout?n=%201", COUNT },
    { "/fanout?n=1%00", COUNT },
    { "/fanout?n=1.0", COUNT },
    { "/fanout?n=0x1", COUNT },
    { "/fanout?n=257", COUNT },
    { "/fanout?n=99999999999999999999999", COUNT },
    { "/fanout?n=1&n=1", ONE_OF },
    { "/fanout?n=1&%6E=1", ONE_OF },
    { "/fanout?n=1&tasks=a", ONE_OF },
    { "/fanout?tasks=a&n", ONE_OF },
    { "/fanout?tasks=a&tasks=b", ONE_OF },
    { "/fanout?n=%3", "The query parameter n has a \"%\" without two hexadecimal digits behind it." },
    { "/fanout?tasks=a%2", "The query parameter tasks has a \"%\" without two hexadecimal digits behind it." },
    { "/fanout?tasks=%zz", "The query parameter tasks has a \"%\" without two hexadecimal digits behind it." },
    { "/fanout?tasks", "The name \"\" is not valid: " },
    { "/fanout?tasks=", "The name \"\" is not valid: " },
    { "/fanout?tasks=a,", "The name \"\" is not valid: " },
    { "/fanout?tasks=,a", "The name \"\" is not valid: " },
    { "/fanout?tasks=a,,b", "The name \"\" is not valid: " },
    { "/fanout?tasks=a,_b", "The name \"_b\" is not valid: " },
    { "/fanout?tasks=a,b/../c", "The name \"b/../c\" is not valid: " },
    { "/fanout?tasks=a%00", "The name \"a\\x00\" is not valid: " },
    { "/fanout?tasks=a%0d%0aX:y", "The name \"a\\x0D\\x0AX:y\" is not valid: " },
    { "/fanout?tasks=a,b,a", "The name \"a\" stands more than once." },
    { "/fanout?tasks=a%2Ca", "The name \"a\" stands more than once." },
    { "/hello", "The path does not ask for any call." },
};

static void plan_refuses_a_get_and_says_why(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(bad_rows); i++) {
        struct outcome outcome;

        build(&outcome, bad_rows[i].target, LIMIT, ARENA_BYTES);

        assert_case(bad_rows[i].target, outcome.plan == NULL && outcome.status == 400);
        if (!str_starts_with(str_of(outcome.error.text), str_of(bad_rows[i].sentence))) {
            fail_msg("%s: %s", bad_rows[i].target, outcome.error.text);
        }
        assert_case(bad_rows[i].target, str_of(outcome.error.text).length < 300);
        clear(&outcome);
    }
}

/* "/fanout?tasks=c0,c1,…" */
static void list_names(struct buf *target, size_t count)
{
    buf_init(target, ARENA_BYTES);
    (void)buf_add_text(target, "/fanout?tasks=c0");
    for (size_t i = 1; i < count; i++) {
        (void)buf_add_format(target, ",c%zu", i);
    }
    (void)buf_add_byte(target, '\0');
}

static void plan_takes_as_many_names_as_the_limit(void **state)
{
    struct outcome outcome;
    cleanup_buf struct buf target;
    (void)state;
    list_names(&target, LIMIT);

    build(&outcome, target.base, LIMIT, ARENA_BYTES);

    assert_non_null(outcome.plan);
    assert_int_equal(outcome.plan->call_count, LIMIT);
    assert_text(outcome.plan->calls[LIMIT - 1].target.parts[0].text, "/c255");
    clear(&outcome);
}

static void plan_refuses_one_name_more_than_the_limit(void **state)
{
    struct outcome outcome;
    cleanup_buf struct buf target;
    (void)state;
    list_names(&target, LIMIT + 1);

    build(&outcome, target.base, LIMIT, ARENA_BYTES);

    assert_null(outcome.plan);
    assert_int_equal(outcome.status, 400);
    assert_string_equal(outcome.error.text, "The request asks for 257 tasks; the most are 256.");
    clear(&outcome);
}

static void plan_finds_the_name_that_stands_twice_among_many(void **state)
{
    (void)state;
    for (size_t again = 0; again < LIMIT - 1; again++) {
        struct outcome outcome;
        cleanup_buf struct buf target;
        char sentence[80];
        list_names(&target, LIMIT - 1);
        target.length--;
        (void)buf_add_format(&target, ",c%zu", again);
        (void)buf_add_byte(&target, '\0');
        (void)snprintf(sentence, sizeof sentence, "The name \"c%zu\" stands more than once.", again);

        build(&outcome, target.base, LIMIT, ARENA_BYTES);

        assert_null(outcome.plan);
        assert_int_equal(outcome.status, 400);
        assert_string_equal(outcome.error.text, sentence);
        clear(&outcome);
    }
}

static void plan_keeps_to_the_limit_it_is_given(void **state)
{
    struct outcome outcome;
    (void)state;

    build(&outcome, "/fanout?n=3", 3, ARENA_BYTES);
    assert_non_null(outcome.plan);
    clear(&outcome);

    build(&outcome, "/fanout?n=4", 3, ARENA_BYTES);
    assert_null(outcome.plan);
    assert_string_equal(outcome.error.text, "The query parameter n must be an integer from 1 to 3.");
    clear(&outcome);
}

/* With every size of arena from nothing up to enough: 413 each time, and in the end the plan. */
static void plan_answers_413_when_the_arena_is_full(void **state)
{
    const char *const targets[] = { "/task1?delay=1s", "/fanout?n=3&x=1", "/fanout?tasks=a,b&x=1" };
    (void)state;

    for (size_t i = 0; i < array_length(targets); i++) {
        struct outcome outcome;
        bool is_built = false;
        for (size_t arena_bytes = 0; arena_bytes <= 4096 && !is_built; arena_bytes += 8) {
            build(&outcome, targets[i], LIMIT, arena_bytes);
            is_built = outcome.plan != NULL;
            assert_case(targets[i], is_built || outcome.status == 413);
            assert_case(targets[i], is_built || outcome.error.text[0] != '\0');
            assert_case(targets[i], !is_built || arena_bytes > 0);
            clear(&outcome);
        }
        assert_case(targets[i], is_built);
    }
}

static void plan_holds_no_view_of_the_request(void **state)
{
    struct outcome outcome;
    cleanup_buf struct buf text;
    char target[] = "/fanout?tasks=a,b&x=1";
    (void)state;
    buf_init(&text, 0);

    build(&outcome, target, LIMIT, ARENA_BYTES);
    memset(target, '#', sizeof target - 1);

    assert_non_null(outcome.plan);
    assert_text(describe(outcome.plan, &text), "a a /a?x=1, b b /b?x=1");
    clear(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_holds_the_calls_that_a_get_asks_for),
        cmocka_unit_test(plan_refuses_a_get_and_says_why),
        cmocka_unit_test(plan_takes_as_many_names_as_the_limit),
        cmocka_unit_test(plan_refuses_one_name_more_than_the_limit),
        cmocka_unit_test(plan_finds_the_name_that_stands_twice_among_many),
        cmocka_unit_test(plan_keeps_to_the_limit_it_is_given),
        cmocka_unit_test(plan_answers_413_when_the_arena_is_full),
        cmocka_unit_test(plan_holds_no_view_of_the_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
