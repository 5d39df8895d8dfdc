/* SPDX-License-Identifier: MIT */
/*
 * What the distribution of a delay says by itself: mean, quantiles, the longest of several.
 */
#include "common/delay.h"

#include <math.h>

#include "tests/support/unit.h"

static struct delay parsed(const char *text)
{
    struct delay delay = { .low_us = 0 };
    struct error error;

    if (delay_parse(str_of(text), &delay, &error) < 0) {
        fail_msg("%s: %s", text, error.text);
    }
    return delay;
}

static const struct {
    const char *name;
    double mean_us;
    double fraction;
    double quantile_us;
} known[] = {
    { "50ms", 50000, 0.5, 50000 },
    { "50ms", 50000, 1, 50000 },
    { "uniform(50ms,150ms)", 100000, 0, 50000 },
    { "uniform(50ms,150ms)", 100000, 0.25, 75000 },
    { "uniform(50ms,150ms)", 100000, 1, 150000 },
    { "exp(100ms)", 100000, 0, 0 },
    { "exp(100ms)", 100000, 0.5, 69314.718056 },
    { "exp(100ms)", 100000, 0.99, 460517.018599 },
    { "exp(100ms)", 100000, 0.999999, 1381551.055796 },
    { "exp(0s)", 0, 1, 0 },
    { "lognormal(50ms,p99=400ms)", 74553.76588, 0.5, 50000 },
    { "lognormal(50ms,p99=400ms)", 74553.76588, 0.99, 400000 },
    { "lognormal(50ms,p99=400ms)", 74553.76588, 0.01, 6250 },
    { "lognormal(50ms,p99=400ms)", 74553.76588, 0, 0 },
    { "lognormal(50ms,p99=50ms)", 50000, 1, 50000 },
    { "mix(0.95:20ms,0.05:2s)", 119000, 0.94, 20000 },
    { "mix(0.95:20ms,0.05:2s)", 119000, 0.95, 20000 },
    { "mix(0.95:20ms,0.05:2s)", 119000, 0.951, 2000000 },
    { "mix(0.05:2s,0.95:20ms)", 119000, 0.5, 20000 },
    { "mix(0.05:2s,0.95:20ms)", 119000, 1, 2000000 },
    { "mix(1:20ms,0:2s)", 20000, 1, 20000 },
};

static int is_equal(double seen, double expected)
{
    double difference = seen > expected ? seen - expected : expected - seen;

    return difference <= 1e-6 * expected + 1e-9;
}

static void delay_knows_its_mean_and_its_quantiles(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(known); i++) {
        struct delay delay = parsed(known[i].name);

        assert_case(known[i].name, is_equal(delay_mean_us(&delay), known[i].mean_us));
        assert_case(known[i].name, is_equal(delay_quantile_us(&delay, known[i].fraction), known[i].quantile_us));
    }
}

static const char *const longest_of[] = {
    "50ms",
    "uniform(50ms,150ms)",
    "exp(100ms)",
    "lognormal(50ms,p99=400ms)",
    "mix(0.95:20ms,0.05:2s)",
    "mix(0.05:2s,0.9:20ms,0.05:20ms)",
};

/* The longest of n has the quantiles Q(u^(1/n)): here, they are summed up in small steps of u = 1 - e^-t. */
static double integrated_us(const struct delay *delay, unsigned count)
{
    const double step = 0.002;
    double sum_us = 0;

    for (unsigned i = 0; i < 15000; i++) {
        double t = (i + 0.5) * step;
        sum_us += delay_quantile_us(delay, pow(-expm1(-t), 1.0 / count)) * exp(-t) * step;
    }
    return sum_us;
}

static void delay_knows_the_mean_of_the_longest_of_several(void **state)
{
    static const unsigned counts[] = { 1, 2, 10, 64 };
    (void)state;
    for (size_t i = 0; i < array_length(longest_of); i++) {
        struct delay delay = parsed(longest_of[i]);
        for (size_t k = 0; k < array_length(counts); k++) {
            double difference = delay_mean_of_longest_us(&delay, counts[k]) / integrated_us(&delay, counts[k]) - 1;

            assert_case(longest_of[i], fabs(difference) < 0.002);
        }
        assert_case(longest_of[i], is_equal(delay_mean_of_longest_us(&delay, 1), delay_mean_us(&delay)));
        assert_case(longest_of[i], is_equal(delay_mean_of_longest_us(&delay, 0), 0));
    }
}

static void delay_without_a_longest_says_so(void **state)
{
    struct delay exponential = parsed("exp(1ms)");
    struct delay lognormal = parsed("lognormal(1ms,p99=2ms)");
    (void)state;

    assert_true(isinf(delay_quantile_us(&exponential, 1)));
    assert_true(isinf(delay_quantile_us(&lognormal, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delay_knows_its_mean_and_its_quantiles),
        cmocka_unit_test(delay_knows_the_mean_of_the_longest_of_several),
        cmocka_unit_test(delay_without_a_longest_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
