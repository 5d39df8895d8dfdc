/* SPDX-License-Identifier: MIT */
#include "lab/samples.h"

#include <errno.h>
#include <math.h>

#include "tests/support/unit.h"

enum { VALUES_MOST = 12 };

/* Fills `samples` with 1, 2, … count, in an order that is neither up nor down. */
static void add_first_numbers(struct samples *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(samples_add(samples, (i * 7919) % count + 1), 0);
    }
}

static void a_percentile_is_the_nearest_rank(void **state)
{
    static const struct {
        const char *name;
        size_t count; /* of 1, 2, … ; 7919 divides none of them */
        double fraction;
        uint64_t expected_us;
    } cases[] = {
        { "the median of one", 1, 0.5, 1 },
        { "all of one", 1, 1, 1 },
        { "nothing of one", 1, 0, 1 },
        { "the lower of two in the middle", 2, 0.5, 1 },
        { "the middle of three", 3, 0.5, 2 },
        { "the lower middle of four", 4, 0.5, 2 },
        { "just above a half of four", 4, 0.500001, 3 },
        { "a tenth of ten", 10, 0.1, 1 },
        { "nine tenths of ten", 10, 0.9, 9 },
        { "99 of 100 of ten", 10, 0.99, 10 },
        { "the largest", 10, 1, 10 },
        { "beyond the largest", 10, 1.5, 10 },
        { "the smallest", 10, 0, 1 },
        { "below the smallest", 10, -1, 1 },
        { "no number", 10, NAN, 1 },
        { "7 of 100, where 0.07 times 100 is more than 7", 100, 0.07, 7 },
        { "55 of 100, likewise", 100, 0.55, 55 },
        { "57 of 100, likewise", 100, 0.57, 57 },
        { "99 of 100", 100, 0.99, 99 },
        { "99.9 of 100 of a thousand", 1000, 0.999, 999 },
        { "99.9 of 100 of 1001", 1001, 0.999, 1000 },
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct samples samples;
        samples_init(&samples);
        add_first_numbers(&samples, cases[i].count);

        struct percentile seen = samples_percentile(&samples, cases[i].fraction);

        assert_case(cases[i].name, seen.value_us == cases[i].expected_us);
        assert_case(cases[i].name, !seen.is_lower_bound);
        samples_clear(&samples);
    }
}

static void no_fraction_of_hundredths_is_off_by_a_rank(void **state)
{
    struct samples samples;

    (void)state;
    samples_init(&samples);
    add_first_numbers(&samples, 100);
    for (unsigned hundredth = 1; hundredth <= 100; hundredth++) {
        assert_int_equal(samples_percentile(&samples, hundredth / 100.0).value_us, hundredth);
    }
    samples_clear(&samples);
}

static void nothing_can_be_said_of_no_samples(void **state)
{
    struct samples samples;

    (void)state;
    samples_init(&samples);

    struct percentile seen = samples_percentile(&samples, 0.5);

    assert_int_equal(seen.value_us, 0);
    assert_false(seen.is_lower_bound);
    assert_true(samples_mean_us(&samples) == 0);
    samples_clear(&samples);
}

static void a_percentile_on_or_behind_a_lower_bound_is_one(void **state)
{
    static const struct {
        const char *name;
        unsigned values[VALUES_MOST]; /* 0: no more */
        unsigned bounds[VALUES_MOST];
        double fraction;
        uint64_t expected_us;
        bool is_lower_bound;
    } cases[] = {
        { "in front of the bound", { 1, 2, 3 }, { 10 }, 0.75, 3, false },
        { "on the bound", { 1, 2, 3 }, { 10 }, 1, 10, true },
        { "behind the bound, though measured", { 1, 2, 30 }, { 10 }, 1, 30, true },
        { "in front of the least of several", { 1, 2, 3 }, { 20, 10, 30 }, 0.5, 3, false },
        { "on the least of several", { 1, 2, 3 }, { 20, 10, 30 }, 0.6, 10, true },
        { "measured, and equal to a bound", { 5, 10 }, { 10 }, 0.6, 10, true },
        { "nothing but bounds", { 0 }, { 10, 20 }, 0, 10, true },
        { "the smallest, in front of all bounds", { 1 }, { 10, 20 }, 0, 1, false },
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct samples samples;
        samples_init(&samples);
        for (size_t k = 0; k < VALUES_MOST && cases[i].values[k] != 0; k++) {
            assert_int_equal(samples_add(&samples, cases[i].values[k]), 0);
        }
        for (size_t k = 0; k < VALUES_MOST && cases[i].bounds[k] != 0; k++) {
            assert_int_equal(samples_add_lower_bound(&samples, cases[i].bounds[k]), 0);
        }

        struct percentile seen = samples_percentile(&samples, cases[i].fraction);

        assert_case(cases[i].name, seen.value_us == cases[i].expected_us);
        assert_case(cases[i].name, seen.is_lower_bound == cases[i].is_lower_bound);
        samples_clear(&samples);
    }
}

static void what_is_too_long_to_keep_is_a_lower_bound(void **state)
{
    struct samples samples;

    (void)state;
    samples_init(&samples);
    assert_int_equal(samples_add(&samples, UINT32_MAX - 1), 0);
    assert_int_equal(samples_add(&samples, (uint64_t)UINT32_MAX + 7), 0);

    struct percentile exact = samples_percentile(&samples, 0.5);
    struct percentile cut = samples_percentile(&samples, 1);

    assert_int_equal(exact.value_us, UINT32_MAX - 1);
    assert_false(exact.is_lower_bound);
    assert_int_equal(cut.value_us, UINT32_MAX);
    assert_true(cut.is_lower_bound);
    samples_clear(&samples);
}

static void samples_can_be_added_after_a_percentile_was_taken(void **state)
{
    struct samples samples;

    (void)state;
    samples_init(&samples);
    add_first_numbers(&samples, 10);
    assert_int_equal(samples_percentile(&samples, 0.1).value_us, 1);
    assert_int_equal(samples_add(&samples, 0), 0);

    assert_int_equal(samples_percentile(&samples, 0).value_us, 0);
    assert_int_equal(samples_percentile(&samples, 1).value_us, 10);
    samples_clear(&samples);
}

static void the_mean_is_of_all_values(void **state)
{
    struct samples samples;

    (void)state;
    samples_init(&samples);
    add_first_numbers(&samples, 100);
    assert_true(fabs(samples_mean_us(&samples) - 50.5) < 1e-9);
    samples_clear(&samples);
    assert_int_equal(samples_add(&samples, UINT32_MAX), 0);
    assert_int_equal(samples_add(&samples, UINT32_MAX), 0);
    assert_true(samples_mean_us(&samples) == (double)UINT32_MAX);
    samples_clear(&samples);
}

static void samples_are_refused_beyond_their_limit(void **state)
{
    struct samples samples;

    (void)state;
    samples_init(&samples);
    for (size_t i = 0; i < SAMPLES_MOST; i++) {
        if (samples_add(&samples, 1) < 0) {
            fail_msg("sample %zu was refused", i);
        }
    }

    assert_int_equal(samples_add(&samples, 2), -ENOBUFS);
    assert_int_equal(samples_add_lower_bound(&samples, 0), -ENOBUFS);

    assert_int_equal(samples.count, SAMPLES_MOST);
    assert_int_equal(samples.least_bound, UINT32_MAX);
    samples_clear(&samples);
    assert_int_equal(samples_add(&samples, 2), 0);
    samples_clear(&samples);
}

static void a_spread_is_the_median_and_the_ends(void **state)
{
    static const struct {
        const char *name;
        size_t count;
        double values[VALUES_MOST];
        struct spread expected;
    } cases[] = {
        { "none", 0, { 0 }, { 0, 0, 0 } },
        { "one", 1, { 3 }, { 3, 3, 3 } },
        { "two: between them", 2, { 4, 1 }, { 2.5, 1, 4 } },
        { "three: the middle one", 3, { 9, 1, 2 }, { 2, 1, 9 } },
        { "four: between those in the middle", 4, { 8, 1, 4, 2 }, { 3, 1, 8 } },
        { "five, some equal", 5, { 2, 2, 7, 1, 2 }, { 2, 1, 7 } },
        { "negative ones", 3, { -1, -5, 0 }, { -1, -5, 0 } },
        { "very large ones", 2, { 1.7e308, 1.5e308 }, { 1.6e308, 1.5e308, 1.7e308 } },
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        double values[VALUES_MOST];
        memcpy(values, cases[i].values, sizeof values);

        struct spread seen = spread_of(values, cases[i].count);

        assert_case(cases[i].name, fabs(seen.median - cases[i].expected.median) <= 1e-9 * fabs(seen.median));
        assert_case(cases[i].name, seen.least == cases[i].expected.least);
        assert_case(cases[i].name, seen.most == cases[i].expected.most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_percentile_is_the_nearest_rank),
        cmocka_unit_test(no_fraction_of_hundredths_is_off_by_a_rank),
        cmocka_unit_test(nothing_can_be_said_of_no_samples),
        cmocka_unit_test(a_percentile_on_or_behind_a_lower_bound_is_one),
        cmocka_unit_test(what_is_too_long_to_keep_is_a_lower_bound),
        cmocka_unit_test(samples_can_be_added_after_a_percentile_was_taken),
        cmocka_unit_test(the_mean_is_of_all_values),
        cmocka_unit_test(samples_are_refused_beyond_their_limit),
        cmocka_unit_test(a_spread_is_the_median_and_the_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
