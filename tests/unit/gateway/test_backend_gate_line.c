/* SPDX-License-Identifier: MIT */
/* Who stands in line at a gate: withdrawals, and what those do who are called in. */
#include "tests/unit/gateway/gate_scene.h"

/* ---- withdrawing ---- */

static void backend_gate_keeps_the_order_of_those_who_stay_in_line(void **state)
{
    static const struct {
        const char *name; /* who withdraws, in this order; then "h" comes */
        const char *called_in;
    } cases[] = {
        { "b", "cdefh" },  { "d", "bcefh" },  { "f", "bcdeh" },  { "bc", "defh" },   { "ef", "bcdh" }, { "fe", "bcdh" },
        { "bdf", "ceh" },  { "cde", "bfh" },  { "dce", "bfh" },  { "bcdef", "h" },   { "fedcb", "h" }, { "dbfce", "h" },
        { "bb", "cdefh" }, { "ff", "bcdeh" }, { "a", "bcdefh" }, { "gh", "bcdefh" }, { "", "bcdefh" },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct scene scene;
        open_scene(&scene, 1, 6);
        enter_all(&scene, "a", GATE_ENTERED);
        enter_all(&scene, "bcdef", GATE_WAITING);

        withdraw_all(&scene, cases[i].name);
        enter_all(&scene, "h", GATE_WAITING);
        assert_gauges(&scene, 1, (unsigned)strlen(cases[i].called_in));
        backend_gate_set_limits(scene.gate, SIZE_MAX, 6);
        backend_gate_admit(scene.gate);

        if (strcmp(scene.called_in, cases[i].called_in) != 0) {
            fail_msg("\"%s\" withdraw: \"%s\" are called in", cases[i].name, scene.called_in);
        }
        close_scene(&scene);
    }
}

static void backend_gate_puts_who_comes_back_at_the_end_of_the_line(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 3);
    enter_all(&scene, "a", GATE_ENTERED);
    enter_all(&scene, "bcd", GATE_WAITING);

    withdraw_all(&scene, "b");
    assert_int_equal(enter(&scene, 'b'), GATE_WAITING);
    backend_gate_set_limits(scene.gate, 4, 3);
    backend_gate_admit(scene.gate);

    assert_called_in(&scene, "cdb");
    close_scene(&scene);
}

static void backend_gate_gives_the_room_of_who_withdraws_to_the_next_who_comes(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 2);
    enter_all(&scene, "a", GATE_ENTERED);
    enter_all(&scene, "bc", GATE_WAITING);
    assert_int_equal(enter(&scene, 'd'), GATE_FULL);

    withdraw_all(&scene, "c");

    assert_int_equal(enter(&scene, 'd'), GATE_WAITING);
    assert_int_equal(enter(&scene, 'e'), GATE_FULL);
    close_scene(&scene);
}

static void backend_gate_forgets_nobody_for_a_withdrawal_of_who_was_called_in(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 3);
    enter_all(&scene, "a", GATE_ENTERED);
    enter_all(&scene, "bcd", GATE_WAITING);
    leave_and_admit(&scene, 1);

    withdraw_all(&scene, "b");

    assert_gauges(&scene, 1, 2);
    leave_and_admit(&scene, 1);
    leave_and_admit(&scene, 1);
    assert_called_in(&scene, "bcd");
    close_scene(&scene);
}

/* ---- what on_place does ---- */

static void leave_at_once(struct visitor *visitor)
{
    backend_gate_leave(visitor->scene->gate);
}

static void leave_and_admit_at_once(struct visitor *visitor)
{
    leave_and_admit(visitor->scene, 1);
}

static void bring_a_friend(struct visitor *visitor)
{
    visitor->then = NULL;
    assert_int_equal(enter(visitor->scene, 'h'), GATE_WAITING);
}

static void bring_a_friend_where_nobody_waits(struct visitor *visitor)
{
    assert_int_equal(enter(visitor->scene, 'h'), GATE_ENTERED);
}

static void send_the_next_away(struct visitor *visitor)
{
    backend_gate_withdraw(visitor->scene->gate, &visitor[1].ticket);
}

static void send_all_away(struct visitor *visitor)
{
    withdraw_all(visitor->scene, "hgfedcb");
}

static void close_the_gate(struct visitor *visitor)
{
    backend_gate_set_limits(visitor->scene->gate, 1, 0);
}

static void admit_once_more(struct visitor *visitor)
{
    backend_gate_admit(visitor->scene->gate);
}

/* "a" is in; "b" to "f" wait; then two places are made free. */
static const struct {
    const char *name;
    void (*then)(struct visitor *visitor); /* of "b" */
    bool does_each;                        /* and of all others */
    const char *called_in;
    unsigned in_flight, queued;
} inside[] = {
    { "nothing", NULL, false, "bc", 2, 3 },
    { "leaves: its place is the next one's", leave_at_once, false, "bcd", 2, 2 },
    { "each leaves: one place serves the whole line", leave_at_once, true, "bcdef", 0, 0 },
    { "leaves, and calls in itself", leave_and_admit_at_once, false, "bcd", 2, 2 },
    { "each leaves, and calls in itself", leave_and_admit_at_once, true, "bcdef", 0, 0 },
    { "brings one who stands behind all others", bring_a_friend, false, "bc", 2, 4 },
    { "withdraws the next", send_the_next_away, false, "bd", 2, 2 },
    { "withdraws all", send_all_away, false, "b", 1, 0 },
    { "lowers the limit", close_the_gate, false, "b", 1, 4 },
    { "calls in itself", admit_once_more, true, "bc", 2, 3 },
};

static void backend_gate_bears_all_that_somebody_does_who_is_called_in(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(inside); i++) {
        struct scene scene;
        open_scene(&scene, 2, 7);
        enter_all(&scene, "ag", GATE_ENTERED);
        enter_all(&scene, "bcdef", GATE_WAITING);
        for (size_t j = 1; j <= (inside[i].does_each ? 5U : 1U); j++) {
            scene.visitors[j].then = inside[i].then;
        }

        leave_and_admit(&scene, 2);

        if (strcmp(scene.called_in, inside[i].called_in) != 0) {
            fail_msg("%s: \"%s\" are called in", inside[i].name, scene.called_in);
        }
        assert_case(inside[i].name, atomic_load(&scene.gauges.in_flight) == inside[i].in_flight);
        assert_case(inside[i].name, atomic_load(&scene.gauges.queued) == inside[i].queued);
        close_scene(&scene);
    }
}

static void backend_gate_calls_in_who_was_brought_after_all_others(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 7);
    enter_all(&scene, "a", GATE_ENTERED);
    enter_all(&scene, "bcd", GATE_WAITING);
    scene.visitors[1].then = bring_a_friend;

    for (size_t i = 0; i < 4; i++) {
        leave_and_admit(&scene, 1);
    }

    assert_called_in(&scene, "bcdh");
    close_scene(&scene);
}

static void backend_gate_lets_the_last_in_line_bring_one_at_once(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 2, 7);
    enter_all(&scene, "ag", GATE_ENTERED);
    enter_all(&scene, "b", GATE_WAITING);
    scene.visitors[1].then = bring_a_friend_where_nobody_waits;

    leave_and_admit(&scene, 2);

    assert_called_in(&scene, "b");
    assert_gauges(&scene, 2, 0);
    close_scene(&scene);
}

static void let_go_of_the_gate(struct visitor *visitor)
{
    backend_gate_release(visitor->scene->gate);
    visitor->scene->gate = NULL;
}

/* The request that is answered because of this call may have held the last reference. */
static void backend_gate_lasts_while_it_calls_in(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 2);
    enter_all(&scene, "a", GATE_ENTERED);
    enter_all(&scene, "b", GATE_WAITING);
    scene.visitors[1].then = let_go_of_the_gate;

    leave_and_admit(&scene, 1);

    assert_called_in(&scene, "b");
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backend_gate_keeps_the_order_of_those_who_stay_in_line),
        cmocka_unit_test(backend_gate_puts_who_comes_back_at_the_end_of_the_line),
        cmocka_unit_test(backend_gate_gives_the_room_of_who_withdraws_to_the_next_who_comes),
        cmocka_unit_test(backend_gate_forgets_nobody_for_a_withdrawal_of_who_was_called_in),
        cmocka_unit_test(backend_gate_bears_all_that_somebody_does_who_is_called_in),
        cmocka_unit_test(backend_gate_calls_in_who_was_brought_after_all_others),
        cmocka_unit_test(backend_gate_lets_the_last_in_line_bring_one_at_once),
        cmocka_unit_test(backend_gate_lasts_while_it_calls_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
