/* SPDX-License-Identifier: MIT */
#include "backend/turnstile.h"

#include "tests/support/unit.h"

enum { MANY = 100000 };

struct visitor {
    struct turnstile *turnstile;
    struct turnstile_ticket ticket;
    unsigned *turns; /* how many have been let in so far */
    unsigned turn;   /* when this one was: 1 and up; 0: not yet */
    bool leaves_at_once;
};

static void on_turn(void *context)
{
    struct visitor *visitor = context;

    visitor->turn = ++*visitor->turns;
    if (visitor->leaves_at_once) {
        turnstile_leave(visitor->turnstile, &visitor->ticket);
    }
}

static void enter_all(struct turnstile *turnstile, struct visitor *visitors, size_t count, unsigned *turns)
{
    for (size_t i = 0; i < count; i++) {
        visitors[i].turnstile = turnstile;
        visitors[i].turns = turns;
        visitors[i].ticket = (struct turnstile_ticket){ .on_turn = on_turn, .context = &visitors[i] };
        turnstile_enter(turnstile, &visitors[i].ticket);
    }
}

static void turnstile_without_a_limit_lets_everybody_in(void **state)
{
    struct turnstile turnstile;
    struct visitor visitors[50] = { { .turn = 0 } };
    unsigned turns = 0;
    (void)state;
    turnstile_init(&turnstile, 0);

    enter_all(&turnstile, visitors, 50, &turns);

    assert_int_equal(turns, 50);
    assert_int_equal(turnstile.inside_count, 50);
    assert_int_equal(turnstile.queued_count, 0);
}

static void turnstile_lets_in_no_more_than_its_limit(void **state)
{
    struct turnstile turnstile;
    struct visitor visitors[5] = { { .turn = 0 } };
    unsigned turns = 0;
    (void)state;
    turnstile_init(&turnstile, 2);

    enter_all(&turnstile, visitors, 5, &turns);

    assert_int_equal(turns, 2);
    assert_int_equal(turnstile.inside_count, 2);
    assert_int_equal(turnstile.queued_count, 3);
}

static void turnstile_lets_in_first_whoever_came_first(void **state)
{
    struct turnstile turnstile;
    struct visitor visitors[4] = { { .turn = 0 } };
    unsigned turns = 0;
    (void)state;
    turnstile_init(&turnstile, 1);
    enter_all(&turnstile, visitors, 4, &turns);

    for (size_t i = 0; i < 4; i++) {
        turnstile_leave(&turnstile, &visitors[i].ticket);
    }

    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(visitors[i].turn, i + 1);
    }
    assert_int_equal(turnstile.inside_count, 0);
}

static void turnstile_forgets_whoever_leaves_the_queue(void **state)
{
    const struct {
        const char *name;
        size_t leaver;
    } cases[] = { { "the first", 1 }, { "one in the middle", 2 }, { "the last", 3 } };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct turnstile turnstile;
        struct visitor visitors[4] = { { .turn = 0 } };
        unsigned turns = 0;
        turnstile_init(&turnstile, 1);
        enter_all(&turnstile, visitors, 4, &turns);

        turnstile_leave(&turnstile, &visitors[cases[i].leaver].ticket);

        assert_case(cases[i].name, turns == 1 && turnstile.inside_count == 1 && turnstile.queued_count == 2);
        for (size_t j = 0; j < 4; j++) {
            turnstile_leave(&turnstile, &visitors[j].ticket);
        }
        assert_case(cases[i].name, turns == 3 && visitors[cases[i].leaver].turn == 0);
        assert_case(cases[i].name, turnstile.inside_count == 0 && turnstile.queued_count == 0);
    }
}

static void turnstile_counts_a_visitor_out_once_only(void **state)
{
    struct turnstile turnstile;
    struct visitor visitors[3] = { { .turn = 0 } };
    unsigned turns = 0;
    (void)state;
    turnstile_init(&turnstile, 1);
    enter_all(&turnstile, visitors, 3, &turns);

    turnstile_leave(&turnstile, &visitors[0].ticket);
    turnstile_leave(&turnstile, &visitors[0].ticket);

    assert_int_equal(turns, 2);
    assert_int_equal(turnstile.inside_count, 1);
    assert_int_equal(visitors[2].turn, 0);
}

static void turnstile_lets_a_visitor_enter_again(void **state)
{
    struct turnstile turnstile;
    struct visitor visitors[1] = { { .turn = 0 } };
    unsigned turns = 0;
    (void)state;
    turnstile_init(&turnstile, 1);
    enter_all(&turnstile, visitors, 1, &turns);

    turnstile_leave(&turnstile, &visitors[0].ticket);
    turnstile_enter(&turnstile, &visitors[0].ticket);

    assert_int_equal(visitors[0].turn, 2);
    assert_int_equal(turnstile.inside_count, 1);
}

static void turnstile_does_not_recurse_over_a_long_queue(void **state)
{
    struct turnstile turnstile;
    struct visitor *visitors = calloc(MANY, sizeof *visitors);
    unsigned turns = 0;
    (void)state;
    assert_non_null(visitors);
    turnstile_init(&turnstile, 1);
    for (size_t i = 1; i < MANY; i++) {
        visitors[i].leaves_at_once = true;
    }
    enter_all(&turnstile, visitors, MANY, &turns);
    assert_int_equal(turns, 1);

    turnstile_leave(&turnstile, &visitors[0].ticket);

    assert_int_equal(turns, MANY);
    assert_int_equal(visitors[MANY - 1].turn, MANY);
    assert_int_equal(turnstile.inside_count, 0);
    free(visitors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turnstile_without_a_limit_lets_everybody_in),
        cmocka_unit_test(turnstile_lets_in_no_more_than_its_limit),
        cmocka_unit_test(turnstile_lets_in_first_whoever_came_first),
        cmocka_unit_test(turnstile_forgets_whoever_leaves_the_queue),
        cmocka_unit_test(turnstile_counts_a_visitor_out_once_only),
        cmocka_unit_test(turnstile_lets_a_visitor_enter_again),
        cmocka_unit_test(turnstile_does_not_recurse_over_a_long_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
