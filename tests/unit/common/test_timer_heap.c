/* SPDX-License-Identifier: MIT */
#include "common/timer_heap.h"

#include <stdlib.h>

#include "common/clock.h"
#include "tests/support/unit.h"

enum { TIMERS = 500 };

static void the_first_is_the_one_due_next_in_whatever_order_they_are_armed(void **state)
{
    struct timer_heap heap = { 0 };
    struct loop_timer timers[TIMERS] = { 0 };

    (void)state;
    for (uint64_t i = 0; i < TIMERS; i++) {
        assert_int_equal(timer_heap_arm(&heap, &timers[i], i * 7919 % TIMERS), 0);
    }

    for (uint64_t due_us = 0; due_us < TIMERS; due_us++) {
        assert_int_equal(timer_heap_first_us(&heap), due_us);
        const struct loop_timer *timer = timer_heap_take_due(&heap, due_us);
        assert_non_null(timer);
        assert_int_equal(timer->due_us, due_us);
        assert_int_equal(timer->heap_index, 0);
    }
    assert_int_equal(timer_heap_first_us(&heap), CLOCK_NEVER_US);
    timer_heap_clear(&heap);
}

static void one_that_is_not_due_is_not_taken(void **state)
{
    struct timer_heap heap = { 0 };
    struct loop_timer timer = { 0 };

    (void)state;
    assert_int_equal(timer_heap_arm(&heap, &timer, 10), 0);

    assert_null(timer_heap_take_due(&heap, 9));
    assert_ptr_equal(timer_heap_take_due(&heap, 10), &timer);
    assert_null(timer_heap_take_due(&heap, 10));
    timer_heap_clear(&heap);
}

static void one_that_is_armed_again_has_moved(void **state)
{
    struct timer_heap heap = { 0 };
    struct loop_timer first = { 0 };
    struct loop_timer second = { 0 };

    (void)state;
    assert_int_equal(timer_heap_arm(&heap, &first, 1), 0);
    assert_int_equal(timer_heap_arm(&heap, &second, 2), 0);

    assert_int_equal(timer_heap_arm(&heap, &first, 3), 0);

    assert_int_equal(heap.count, 2);
    assert_ptr_equal(timer_heap_take_due(&heap, 3), &second);
    assert_ptr_equal(timer_heap_take_due(&heap, 3), &first);
    timer_heap_clear(&heap);
}

static void those_that_are_disarmed_are_never_taken_wherever_they_stood(void **state)
{
    struct timer_heap heap = { 0 };
    struct loop_timer timers[TIMERS] = { 0 };

    (void)state;
    for (uint64_t i = 0; i < TIMERS; i++) {
        assert_int_equal(timer_heap_arm(&heap, &timers[i], i * 7919 % TIMERS), 0);
    }
    for (size_t i = 0; i < TIMERS; i += 3) {
        timer_heap_disarm(&heap, &timers[i]);
        timer_heap_disarm(&heap, &timers[i]);
    }

    uint64_t last_us = 0;
    size_t taken = 0;
    for (struct loop_timer *timer = NULL; (timer = timer_heap_take_due(&heap, TIMERS)) != NULL; taken++) {
        assert_true((timer - timers) % 3 != 0);
        assert_true(timer->due_us >= last_us);
        last_us = timer->due_us;
    }
    assert_int_equal(taken, TIMERS - (TIMERS + 2) / 3);
    timer_heap_clear(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_the_one_due_next_in_whatever_order_they_are_armed),
        cmocka_unit_test(one_that_is_not_due_is_not_taken),
        cmocka_unit_test(one_that_is_armed_again_has_moved),
        cmocka_unit_test(those_that_are_disarmed_are_never_taken_wherever_they_stood),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
