/* SPDX-License-Identifier: MIT */
/* Places, limits, gauges and servers; test_backend_gate_line.c has what happens to the line. */
#include "tests/unit/gateway/gate_scene.h"

/* ---- places and the line ---- */

static void backend_gate_has_places_then_a_line_then_nothing(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 2, 3);

    enter_all(&scene, "ab", GATE_ENTERED);
    enter_all(&scene, "cde", GATE_WAITING);
    enter_all(&scene, "fg", GATE_FULL);

    assert_false(ticket(&scene, 'a')->is_waiting);
    assert_true(ticket(&scene, 'e')->is_waiting);
    assert_false(ticket(&scene, 'f')->is_waiting);
    assert_called_in(&scene, "");
    close_scene(&scene);
}

static void backend_gate_without_a_line_is_full_when_its_places_are_taken(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 0);

    assert_int_equal(enter(&scene, 'a'), GATE_ENTERED);
    assert_int_equal(enter(&scene, 'b'), GATE_FULL);
    leave_and_admit(&scene, 1);
    assert_int_equal(enter(&scene, 'b'), GATE_ENTERED);

    assert_called_in(&scene, "");
    close_scene(&scene);
}

static void backend_gate_without_a_limit_lets_everybody_in(void **state)
{
    struct scene limitless;
    struct scene fresh;
    (void)state;
    open_scene(&limitless, SIZE_MAX, 0);
    open_scene(&fresh, 1, 0);
    backend_gate_release(fresh.gate);
    fresh.gate = backend_gates_get(&fresh.gates, STR("no limits were set"), &fresh.gauges);

    enter_all(&limitless, "abcdefgh", GATE_ENTERED);
    enter_all(&fresh, "abcdefgh", GATE_ENTERED);

    assert_gauges(&limitless, 8, 0);
    close_scene(&limitless);
    close_scene(&fresh);
}

static void backend_gate_with_a_line_without_end_refuses_nobody(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, SIZE_MAX);

    assert_int_equal(enter(&scene, 'a'), GATE_ENTERED);
    enter_all(&scene, "bcdefgh", GATE_WAITING);

    assert_gauges(&scene, 1, 7);
    close_scene(&scene);
}

static void backend_gate_serves_in_the_order_of_arrival(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 5);
    enter_all(&scene, "a", GATE_ENTERED);
    enter_all(&scene, "fbedc", GATE_WAITING);

    for (size_t i = 0; i < 5; i++) {
        leave_and_admit(&scene, 1);
    }

    assert_called_in(&scene, "fbedc");
    close_scene(&scene);
}

static void backend_gate_lets_nobody_overtake_those_in_line_though_a_place_is_free(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 2, 2);
    enter_all(&scene, "ab", GATE_ENTERED);
    enter_all(&scene, "c", GATE_WAITING);
    backend_gate_leave(scene.gate);
    backend_gate_leave(scene.gate);

    assert_int_equal(enter(&scene, 'd'), GATE_WAITING);
    assert_int_equal(enter(&scene, 'e'), GATE_FULL);
    backend_gate_admit(scene.gate);

    assert_called_in(&scene, "cd");
    close_scene(&scene);
}

static void backend_gate_lets_in_again_once_the_line_is_empty(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 1);
    enter_all(&scene, "a", GATE_ENTERED);
    enter_all(&scene, "b", GATE_WAITING);
    backend_gate_leave(scene.gate);
    withdraw_all(&scene, "b");

    assert_int_equal(enter(&scene, 'c'), GATE_ENTERED);
    assert_int_equal(enter(&scene, 'd'), GATE_WAITING);

    close_scene(&scene);
}

static void backend_gate_calls_nobody_in_when_somebody_leaves(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 2);
    enter_all(&scene, "a", GATE_ENTERED);
    enter_all(&scene, "bc", GATE_WAITING);

    backend_gate_leave(scene.gate);

    assert_called_in(&scene, "");
    assert_true(ticket(&scene, 'b')->is_waiting);
    close_scene(&scene);
}

static void backend_gate_calls_in_as_many_as_there_are_places(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 3, 5);
    enter_all(&scene, "abc", GATE_ENTERED);
    enter_all(&scene, "defgh", GATE_WAITING);

    backend_gate_admit(scene.gate);
    assert_called_in(&scene, "");
    leave_and_admit(&scene, 2);
    assert_called_in(&scene, "de");
    backend_gate_admit(scene.gate);
    assert_called_in(&scene, "de");
    leave_and_admit(&scene, 3);

    assert_called_in(&scene, "defgh");
    close_scene(&scene);
}

static void backend_gate_calls_nobody_in_where_nobody_waits(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 2, 2);

    backend_gate_admit(scene.gate);

    assert_called_in(&scene, "");
    assert_gauges(&scene, 0, 0);
    close_scene(&scene);
}

/* ---- other limits ---- */

static void backend_gate_calls_in_by_the_new_limit_once_it_is_asked_to(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 5);
    enter_all(&scene, "a", GATE_ENTERED);
    enter_all(&scene, "bcdef", GATE_WAITING);

    backend_gate_set_limits(scene.gate, 4, 5);
    assert_called_in(&scene, "");
    assert_int_equal(enter(&scene, 'g'), GATE_FULL);
    backend_gate_admit(scene.gate);

    assert_called_in(&scene, "bcd");
    close_scene(&scene);
}

static void backend_gate_lets_those_who_are_in_stay_when_the_limit_falls(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 4, 5);
    enter_all(&scene, "abcd", GATE_ENTERED);
    enter_all(&scene, "ef", GATE_WAITING);

    backend_gate_set_limits(scene.gate, 2, 5);
    assert_gauges(&scene, 4, 2);
    leave_and_admit(&scene, 2);
    assert_called_in(&scene, "");
    leave_and_admit(&scene, 1);

    assert_called_in(&scene, "e");
    assert_gauges(&scene, 2, 1);
    close_scene(&scene);
}

static void backend_gate_lets_those_who_wait_stay_when_the_line_is_shortened(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 3);
    enter_all(&scene, "a", GATE_ENTERED);
    enter_all(&scene, "bcd", GATE_WAITING);

    backend_gate_set_limits(scene.gate, 1, 1);
    assert_int_equal(enter(&scene, 'e'), GATE_FULL);
    leave_and_admit(&scene, 1);
    leave_and_admit(&scene, 1);
    assert_int_equal(enter(&scene, 'e'), GATE_FULL);
    leave_and_admit(&scene, 1);
    assert_int_equal(enter(&scene, 'e'), GATE_WAITING);

    assert_called_in(&scene, "bcd");
    close_scene(&scene);
}

/* ---- gauges, servers, name ---- */

static void backend_gate_shows_each_step_in_its_gauges(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 2);

    assert_gauges(&scene, 0, 0);
    (void)enter(&scene, 'a');
    assert_gauges(&scene, 1, 0);
    (void)enter(&scene, 'b');
    assert_gauges(&scene, 1, 1);
    (void)enter(&scene, 'c');
    assert_gauges(&scene, 1, 2);
    (void)enter(&scene, 'd');
    assert_gauges(&scene, 1, 2);
    withdraw_all(&scene, "b");
    assert_gauges(&scene, 1, 1);
    backend_gate_leave(scene.gate);
    assert_gauges(&scene, 0, 1);
    backend_gate_admit(scene.gate);
    assert_gauges(&scene, 1, 0);
    backend_gate_leave(scene.gate);

    assert_gauges(&scene, 0, 0);
    close_scene(&scene);
}

static void see_own_place(struct visitor *visitor)
{
    assert_gauges(visitor->scene, 1, 0);
}

static void backend_gate_shows_the_place_as_taken_to_who_is_called_in(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 1);
    enter_all(&scene, "a", GATE_ENTERED);
    enter_all(&scene, "b", GATE_WAITING);
    scene.visitors[1].then = see_own_place;

    leave_and_admit(&scene, 1);

    assert_called_in(&scene, "b");
    close_scene(&scene);
}

static void backend_gate_goes_round_the_servers(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, SIZE_MAX, 0);

    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(backend_gate_next_server(scene.gate, 3), i % 3);
    }

    close_scene(&scene);
}

static void backend_gate_goes_on_round_the_servers_when_their_number_changes(void **state)
{
    static const struct {
        size_t server_count;
        size_t server;
    } steps[] = {
        { 5, 0 }, { 5, 1 }, { 5, 2 }, { 5, 3 }, { 2, 0 }, { 2, 1 }, { 2, 0 }, { 1, 0 },
        { 1, 0 }, { 4, 1 }, { 4, 2 }, { 4, 3 }, { 3, 1 }, { 3, 2 }, { 3, 0 },
    };
    struct scene scene;
    (void)state;
    open_scene(&scene, SIZE_MAX, 0);

    for (size_t i = 0; i < array_length(steps); i++) {
        assert_int_equal(backend_gate_next_server(scene.gate, steps[i].server_count), steps[i].server);
    }

    close_scene(&scene);
}

static void backend_gate_keeps_a_copy_of_its_name(void **state)
{
    char name[] = { 'u', 's', 'e', 'r', 's' };
    struct metrics_backend gauges = { 0 };
    struct backend_gates gates = { NULL };
    (void)state;

    struct backend_gate *gate = backend_gates_get(&gates, (struct str){ name, sizeof name }, &gauges);
    memset(name, 'x', sizeof name);

    assert_non_null(gate);
    assert_text(backend_gate_name(gate), "users");
    backend_gate_release(gate);
}

static void backend_gate_of_a_name_is_the_one_that_somebody_still_holds(void **state)
{
    struct scene scene;
    struct metrics_backend others = { 0 };
    (void)state;
    open_scene(&scene, 1, 0);
    struct backend_gate *first = backend_gates_get(&scene.gates, STR("user"), &others);
    struct backend_gate *last = backend_gates_get(&scene.gates, STR("orders"), &others);
    assert_ptr_not_equal(first, scene.gate);
    assert_ptr_not_equal(last, scene.gate);

    assert_ptr_equal(backend_gates_get(&scene.gates, STR("users"), &scene.gauges), scene.gate);
    backend_gate_release(scene.gate);
    assert_int_equal(enter(&scene, 'a'), GATE_ENTERED);
    assert_int_equal(enter(&scene, 'b'), GATE_FULL);

    /* Whichever goes, the others are found: the one in the middle, the newest, the oldest. */
    close_scene(&scene);
    assert_ptr_equal(backend_gates_get(&scene.gates, STR("user"), &others), first);
    assert_ptr_equal(backend_gates_get(&scene.gates, STR("orders"), &others), last);
    backend_gate_release(last);
    backend_gate_release(last);
    assert_ptr_equal(backend_gates_get(&scene.gates, STR("user"), &others), first);
    backend_gate_release(first);
    backend_gate_release(first);
    backend_gate_release(first);
    assert_null(scene.gates.first);
}

static void backend_gate_that_nobody_holds_is_forgotten_with_all_it_knew(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 0);
    assert_int_equal(enter(&scene, 'a'), GATE_ENTERED);
    backend_gate_leave(scene.gate);
    backend_gate_release(scene.gate);

    scene.gate = backend_gates_get(&scene.gates, STR("users"), &scene.gauges);

    enter_all(&scene, "abc", GATE_ENTERED);
    close_scene(&scene);
}

/* As those have of which metrics know no more than that they are others. */
static void backend_gates_with_one_gauge_add_up_in_it(void **state)
{
    struct scene scene;
    struct gate_ticket tickets[2] = { { .is_waiting = false }, { .is_waiting = false } };
    (void)state;
    open_scene(&scene, 2, 1);
    struct backend_gate *other = backend_gates_get(&scene.gates, STR("orders"), &scene.gauges);
    backend_gate_set_limits(other, 1, 1);

    enter_all(&scene, "ab", GATE_ENTERED);
    enter_all(&scene, "c", GATE_WAITING);
    assert_int_equal(backend_gate_enter(other, &tickets[0]), GATE_ENTERED);
    assert_int_equal(backend_gate_enter(other, &tickets[1]), GATE_WAITING);
    assert_gauges(&scene, 3, 2);

    backend_gate_withdraw(other, &tickets[1]);
    backend_gate_leave(other);
    assert_gauges(&scene, 2, 1);
    leave_and_admit(&scene, 1);
    assert_gauges(&scene, 2, 0);
    backend_gate_release(other);
    close_scene(&scene);
}

static void backend_gate_lives_as_long_as_somebody_holds_it(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 1, 1);

    assert_ptr_equal(backend_gate_hold(scene.gate), scene.gate);
    backend_gate_release(scene.gate);
    assert_int_equal(enter(&scene, 'a'), GATE_ENTERED);

    close_scene(&scene);
    backend_gate_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backend_gate_has_places_then_a_line_then_nothing),
        cmocka_unit_test(backend_gate_without_a_line_is_full_when_its_places_are_taken),
        cmocka_unit_test(backend_gate_without_a_limit_lets_everybody_in),
        cmocka_unit_test(backend_gate_with_a_line_without_end_refuses_nobody),
        cmocka_unit_test(backend_gate_serves_in_the_order_of_arrival),
        cmocka_unit_test(backend_gate_lets_nobody_overtake_those_in_line_though_a_place_is_free),
        cmocka_unit_test(backend_gate_lets_in_again_once_the_line_is_empty),
        cmocka_unit_test(backend_gate_calls_nobody_in_when_somebody_leaves),
        cmocka_unit_test(backend_gate_calls_in_as_many_as_there_are_places),
        cmocka_unit_test(backend_gate_calls_nobody_in_where_nobody_waits),
        cmocka_unit_test(backend_gate_calls_in_by_the_new_limit_once_it_is_asked_to),
        cmocka_unit_test(backend_gate_lets_those_who_are_in_stay_when_the_limit_falls),
        cmocka_unit_test(backend_gate_lets_those_who_wait_stay_when_the_line_is_shortened),
        cmocka_unit_test(backend_gate_shows_each_step_in_its_gauges),
        cmocka_unit_test(backend_gate_shows_the_place_as_taken_to_who_is_called_in),
        cmocka_unit_test(backend_gate_goes_round_the_servers),
        cmocka_unit_test(backend_gate_goes_on_round_the_servers_when_their_number_changes),
        cmocka_unit_test(backend_gate_keeps_a_copy_of_its_name),
        cmocka_unit_test(backend_gate_of_a_name_is_the_one_that_somebody_still_holds),
        cmocka_unit_test(backend_gate_that_nobody_holds_is_forgotten_with_all_it_knew),
        cmocka_unit_test(backend_gates_with_one_gauge_add_up_in_it),
        cmocka_unit_test(backend_gate_lives_as_long_as_somebody_holds_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
