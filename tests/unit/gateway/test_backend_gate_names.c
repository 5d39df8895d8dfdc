/* SPDX-License-Identifier: MIT */
/* Gates by their names, how long they live, and the turns that a gate's servers take. */
#include "tests/unit/gateway/gate_scene.h"

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
