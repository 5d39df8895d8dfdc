/* SPDX-License-Identifier: MIT */
#include "gateway/mode.h"

#include "tests/support/unit.h"

static void mode_names_are_in_the_order_of_the_enum(void **state)
{
    (void)state;

    assert_string_equal(mode_names[MODE_SYNC], "sync");
    assert_string_equal(mode_names[MODE_THREADS], "threads");
    assert_string_equal(mode_names[MODE_ASYNC], "async");
    assert_string_equal(mode_names[MODE_MIXED], "mixed");
    assert_string_equal(mode_names[MODE_WIRE], "wire");
    assert_null(mode_names[MODE_COUNT]);
}

struct row {
    const char *name;
    enum mode mode;
    const char *call;
    const char *blocking;
    enum strategy strategy;
};

static const struct row rows[] = {
    { "sync blocks every call", MODE_SYNC, "task2", "task1", STRATEGY_SYNC },
    { "threads gives every call to the pool", MODE_THREADS, "task1", "task1", STRATEGY_THREADS },
    { "async ignores the list", MODE_ASYNC, "task1", "task1", STRATEGY_ASYNC },
    { "wire ignores the list", MODE_WIRE, "task1", "task1", STRATEGY_WIRE },
    { "mixed blocks a call of the list", MODE_MIXED, "task1", "task1", STRATEGY_SYNC },
    { "mixed lets all others be", MODE_MIXED, "task2", "task1", STRATEGY_ASYNC },
    { "mixed finds the first of several", MODE_MIXED, "a", "a,b,c", STRATEGY_SYNC },
    { "mixed finds the last of several", MODE_MIXED, "c", "a,b,c", STRATEGY_SYNC },
    { "mixed does not count blanks around names", MODE_MIXED, "b", "a , b ,c", STRATEGY_SYNC },
    { "mixed wants the whole name", MODE_MIXED, "task1", "task10,task", STRATEGY_ASYNC },
    { "mixed tells case apart", MODE_MIXED, "task1", "Task1", STRATEGY_ASYNC },
    { "mixed with an empty list blocks nothing", MODE_MIXED, "task1", "", STRATEGY_ASYNC },
    { "mixed skips empty names", MODE_MIXED, "b", ",,b", STRATEGY_SYNC },
};

static void mode_chooses_the_strategy_of_a_call(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        enum strategy strategy = mode_strategy(rows[i].mode, str_of(rows[i].call), str_of(rows[i].blocking));

        if (strategy != rows[i].strategy) {
            fail_msg("%s: strategy %d", rows[i].name, (int)strategy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mode_names_are_in_the_order_of_the_enum),
        cmocka_unit_test(mode_chooses_the_strategy_of_a_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
