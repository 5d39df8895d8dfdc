/* SPDX-License-Identifier: MIT */
#include "lab/interrupt.h"

#include <poll.h>
#include <signal.h>

#include "tests/support/unit.h"

static void interrupt_is_seen_once_a_stopping_signal_came(void **state)
{
    static const int signals[] = { SIGINT, SIGTERM };

    (void)state;
    for (size_t i = 0; i < array_length(signals); i++) {
        struct interrupt interrupt;
        struct error error;

        assert_int_equal(interrupt_open(&interrupt, &error), 0);
        assert_false(interrupt_check(&interrupt));
        assert_int_equal(raise(signals[i]), 0);

        struct pollfd waiting = { .fd = interrupt.descriptor, .events = POLLIN };
        assert_int_equal(poll(&waiting, 1, 0), 1);
        assert_true(interrupt_check(&interrupt));
        assert_true(interrupt_check(&interrupt));
        assert_int_equal(poll(&waiting, 1, 0), 0);
        interrupt_close(&interrupt);
    }
}

static void interrupt_stays_known_after_closing(void **state)
{
    struct interrupt interrupt;
    struct error error;

    (void)state;
    assert_int_equal(interrupt_open(&interrupt, &error), 0);
    assert_int_equal(raise(SIGINT), 0);
    assert_true(interrupt_check(&interrupt));

    interrupt_close(&interrupt);
    interrupt_close(&interrupt);

    assert_int_equal(interrupt.descriptor, -1);
    assert_true(interrupt_check(&interrupt));
}

static void interrupt_that_was_never_opened_sees_nothing(void **state)
{
    struct interrupt interrupt = { .descriptor = -1 };

    (void)state;
    assert_false(interrupt_check(&interrupt));
    interrupt_close(&interrupt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupt_is_seen_once_a_stopping_signal_came),
        cmocka_unit_test(interrupt_stays_known_after_closing),
        cmocka_unit_test(interrupt_that_was_never_opened_sees_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
