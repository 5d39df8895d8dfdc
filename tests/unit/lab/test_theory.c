/* SPDX-License-Identifier: MIT */
#include "lab/theory.h"

#include "tests/support/unit.h"

enum { DELAY_US = 2000000, TASKS_MOST = 8 };

struct theory_case {
    const char *name;
    enum mode mode;
    unsigned threads;
    const char *tasks;             /* a letter each; a capital blocks */
    unsigned earliest[TASKS_MOST]; /* in delays */
    unsigned latest[TASKS_MOST];   /* 0: the same as earliest */
};

static const struct theory_case cases[] = {
    { .name = "sync: one after the other", .mode = MODE_SYNC, .tasks = "abc", .earliest = { 1, 2, 3 } },
    { .name = "async: all at once", .mode = MODE_ASYNC, .tasks = "abc", .earliest = { 1, 1, 1 } },
    { .name = "wire: as async", .mode = MODE_WIRE, .tasks = "abc", .earliest = { 1, 1, 1 } },
    { .name = "async blocks nothing, whatever is said", .mode = MODE_ASYNC, .tasks = "Abc", .earliest = { 1, 1, 1 } },
    { .name = "threads: enough of them", .mode = MODE_THREADS, .threads = 3, .tasks = "abc", .earliest = { 1, 1, 1 } },
    { .name = "threads: the fifth of four waits",
      .mode = MODE_THREADS,
      .threads = 4,
      .tasks = "abcde",
      .earliest = { 1, 1, 1, 1, 2 } },
    { .name = "threads: one is like sync",
      .mode = MODE_THREADS,
      .threads = 1,
      .tasks = "abc",
      .earliest = { 1, 2, 3 } },
    { .name = "threads: rounds of two",
      .mode = MODE_THREADS,
      .threads = 2,
      .tasks = "abcde",
      .earliest = { 1, 1, 2, 2, 3 } },
    { .name = "mixed: a task behind a blocking one pays", .mode = MODE_MIXED, .tasks = "Ab", .earliest = { 1, 2 } },
    { .name = "mixed: none blocks", .mode = MODE_MIXED, .tasks = "abc", .earliest = { 1, 1, 1 } },
    { .name = "mixed: all block", .mode = MODE_MIXED, .tasks = "ABC", .earliest = { 1, 2, 3 } },
    { .name = "mixed: in front of a blocking one it is a race",
      .mode = MODE_MIXED,
      .tasks = "bA",
      .earliest = { 1, 1 },
      .latest = { 2, 1 } },
    { .name = "mixed: several behind one blocking", .mode = MODE_MIXED, .tasks = "Abcd", .earliest = { 1, 2, 2, 2 } },
    { .name = "mixed: between blocking ones",
      .mode = MODE_MIXED,
      .tasks = "aBcDe",
      .earliest = { 1, 1, 2, 2, 3 },
      .latest = { 3, 1, 3, 2, 3 } },
};

static void theory_says_when_each_task_is_answered(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        bool is_blocking[TASKS_MOST] = { false };
        struct theory_range due[TASKS_MOST];
        size_t count = strlen(cases[i].tasks);
        for (size_t k = 0; k < count; k++) {
            is_blocking[k] = cases[i].tasks[k] >= 'A' && cases[i].tasks[k] <= 'Z';
        }
        const struct theory_input input = {
            .mode = cases[i].mode,
            .delay_us = DELAY_US,
            .threads = cases[i].threads,
            .is_blocking = is_blocking,
            .task_count = count,
        };

        theory_answer_times(&input, due);

        for (size_t k = 0; k < count; k++) {
            unsigned latest = cases[i].latest[k] != 0 ? cases[i].latest[k] : cases[i].earliest[k];
            assert_case(cases[i].name, due[k].earliest_us == cases[i].earliest[k] * (uint64_t)DELAY_US);
            assert_case(cases[i].name, due[k].latest_us == latest * (uint64_t)DELAY_US);
        }
    }
}

static void theory_holds_within_its_bounds_only(void **state)
{
    static const struct {
        const char *name;
        struct theory_range due;
        uint64_t measured_us;
        bool expected;
    } bounds[] = {
        { "exact", { 2000000, 2000000 }, 2000000, true },
        { "at 0.95", { 2000000, 2000000 }, 1900000, true },
        { "below 0.95", { 2000000, 2000000 }, 1899999, false },
        { "at 1.15 and 50 ms", { 2000000, 2000000 }, 2350000, true },
        { "beyond that", { 2000000, 2000000 }, 2350001, false },
        { "a range's inside", { 1000000, 2000000 }, 1500000, true },
        { "below a range", { 1000000, 2000000 }, 940000, false },
        { "at once", { 1000000, 1000000 }, 0, false },
    };

    (void)state;
    for (size_t i = 0; i < array_length(bounds); i++) {
        assert_case(bounds[i].name, theory_holds(bounds[i].due, bounds[i].measured_us) == bounds[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(theory_says_when_each_task_is_answered),
        cmocka_unit_test(theory_holds_within_its_bounds_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
