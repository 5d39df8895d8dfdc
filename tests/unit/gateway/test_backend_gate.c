/* SPDX-License-Identifier: MIT */
/*
 * Places, limits and gauges; test_backend_gate_line.c has what happens to the line, test_backend_gate_names.c which
 * gate is whose.
 */
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

/* ---- gauges ---- */

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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
