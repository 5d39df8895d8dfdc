/* SPDX-License-Identifier: MIT */
/*
 * What delays are read from, and what is drawn of them. What a distribution says by itself: test_delay_distribution.
 */
#include "common/delay.h"

#include "tests/support/unit.h"

enum { SAMPLES = 100000 };

/* ---- parsing ---- */

static const struct {
    const char *name;
    enum delay_kind kind;
    uint64_t low_us;
    uint64_t high_us;
} readable[] = {
    { "0s", DELAY_CONSTANT, 0, 0 },
    { "250ms", DELAY_CONSTANT, 250000, 0 },
    { " 2s ", DELAY_CONSTANT, 2000000, 0 },
    { "24h", DELAY_CONSTANT, DELAY_LONGEST_US, 0 },
    { "uniform(50ms,150ms)", DELAY_UNIFORM, 50000, 150000 },
    { "uniform( 50ms , 150ms )", DELAY_UNIFORM, 50000, 150000 },
    { "uniform(1s,1s)", DELAY_UNIFORM, 1000000, 1000000 },
    { "exp(100ms)", DELAY_EXPONENTIAL, 100000, 0 },
    { "exp(0s)", DELAY_EXPONENTIAL, 0, 0 },
    { "lognormal(50ms,p99=400ms)", DELAY_LOGNORMAL, 50000, 0 },
    { "lognormal(50ms, p99=50ms)", DELAY_LOGNORMAL, 50000, 0 },
    { "mix(1:20ms)", DELAY_MIX, 0, 0 },
    { "mix(0.95:20ms,0.05:2s)", DELAY_MIX, 0, 0 },
    { "mix(0.3333333:1s, 0.3333333:2s, 0.3333334:3s)", DELAY_MIX, 0, 0 },
};

static void delay_reads_durations_and_distributions(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(readable); i++) {
        struct delay delay = { .low_us = 77 };
        struct error error;

        int result = delay_parse(str_of(readable[i].name), &delay, &error);

        assert_case(readable[i].name, result == 0 && delay.kind == readable[i].kind);
        assert_case(readable[i].name, delay.low_us == readable[i].low_us && delay.high_us == readable[i].high_us);
    }
}

static const struct {
    const char *name;
    const char *allowed; /* what the sentence begins with */
} refused[] = {
    { "", "a duration" },
    { "10", "a duration" },
    { "s", "a duration" },
    { "25h", "a duration" },
    { "-1s", "a duration" },
    { "1s,2s", "a duration" },
    { "uniform(1s,2s", "a duration" },
    { "(1s)", "a duration" },
    { "normal(1s)", "a duration" },
    { "Uniform(1s,2s)", "a duration" },
    { "uniform(1s,2s))", "uniform(" },
    { "uniform()", "uniform(" },
    { "uniform(1s)", "uniform(" },
    { "uniform(2s,1s)", "uniform(" },
    { "uniform(1s,2s,3s)", "uniform(" },
    { "uniform(1,2)", "uniform(" },
    { "exp()", "exp(" },
    { "exp(1s,2s)", "exp(" },
    { "exp(100)", "exp(" },
    { "lognormal(50ms)", "lognormal(" },
    { "lognormal(50ms,400ms)", "lognormal(" },
    { "lognormal(50ms,p99=10ms)", "lognormal(" },
    { "lognormal(0s,p99=10ms)", "lognormal(" },
    { "lognormal(50ms,p95=400ms)", "lognormal(" },
    { "mix()", "mix(" },
    { "mix(20ms)", "mix(" },
    { "mix(0.5:20ms)", "mix(" },
    { "mix(0.5:20ms,0.6:1s)", "mix(" },
    { "mix(0.999998:20ms)", "mix(" },
    { "mix(1:20ms,)", "mix(" },
    { "mix(2:20ms)", "mix(" },
    { "mix(-1:20ms,2:1s)", "mix(" },
    { "mix(1e0:20ms)", "mix(" },
    { "mix(inf:20ms)", "mix(" },
    { "mix(nan:20ms)", "mix(" },
    { "mix(0x1:20ms)", "mix(" },
    { "mix(1.0.0:20ms)", "mix(" },
    { "mix(.:20ms)", "mix(" },
    { "mix(1:exp(1s))", "mix(" },
    { "mix(1:)", "mix(" },
};

static void delay_refuses_anything_else_and_says_what_is_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(refused); i++) {
        struct delay delay = { .low_us = 77 };
        struct error error = { { '\0' } };

        int result = delay_parse(str_of(refused[i].name), &delay, &error);

        assert_case(refused[i].name, result == -1 && delay.low_us == 77);
        assert_case(refused[i].name, str_starts_with(str_of(error.text), str_of(refused[i].allowed)));
    }
}

static int parse_shares(unsigned count)
{
    struct delay delay;
    struct error error;
    char text[1024] = "mix(1:1s";

    for (unsigned i = 1; i < count; i++) {
        size_t length = strlen(text);
        (void)snprintf(text + length, sizeof text - length, ",0:1s");
    }
    size_t length = strlen(text);
    (void)snprintf(text + length, sizeof text - length, ")");
    return delay_parse(str_of(text), &delay, &error);
}

static void delay_mixes_at_most_16_durations(void **state)
{
    (void)state;

    assert_int_equal(parse_shares(16), 0);
    assert_int_equal(parse_shares(17), -1);
}

static void delay_can_be_read_as_an_option(void **state)
{
    const struct option option = { .name = "delay", .parse = delay_option_parse };
    struct delay delay = { .low_us = 0 };
    struct error allowed;
    (void)state;

    int good = option.parse(&option, "exp(1s)", &delay, &allowed);
    int bad = option.parse(&option, "soon", &delay, &allowed);

    assert_int_equal(good, 0);
    assert_int_equal(delay.kind, DELAY_EXPONENTIAL);
    assert_int_equal(bad, -1);
    assert_string_equal(allowed.text, DELAY_ALLOWED);
}

/* ---- sampling ---- */

static struct delay parsed(const char *text)
{
    struct delay delay = { .low_us = 0 };
    struct error error;

    if (delay_parse(str_of(text), &delay, &error) < 0) {
        fail_msg("%s: %s", text, error.text);
    }
    return delay;
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

/* Sorted. */
static void draw(const char *text, uint64_t seed, uint64_t *samples)
{
    struct delay delay = parsed(text);
    struct random_source random;

    random_source_seed(&random, seed);
    for (size_t i = 0; i < SAMPLES; i++) {
        samples[i] = delay_sample(&delay, &random);
    }
    qsort(samples, SAMPLES, sizeof samples[0], compare);
}

static double mean_of(const uint64_t *samples)
{
    double sum = 0;

    for (size_t i = 0; i < SAMPLES; i++) {
        sum += (double)samples[i];
    }
    return sum / SAMPLES;
}

static double percentile_of(const uint64_t *samples, size_t percent)
{
    size_t index = (size_t)SAMPLES * percent / 100;

    return (double)samples[index];
}

/* Seen with a tolerance of 4 %; the draws are the same in every run, so none fails by chance. */
static const struct {
    const char *name;
    double mean_us, median_us, p99_us; /* 0: not looked at */
} distributions[] = {
    { "250ms", 250000, 250000, 250000 },
    { "uniform(50ms,150ms)", 100000, 100000, 149000 },
    { "uniform(0s,1s)", 500000, 500000, 990000 },
    { "exp(100ms)", 100000, 69315, 460517 },
    /* sigma = ln(8) / 2.32635 = 0.89386; the mean is the median times exp(sigma² / 2) */
    { "lognormal(50ms,p99=400ms)", 74553, 50000, 400000 },
    { "lognormal(50ms,p99=50ms)", 50000, 50000, 50000 },
    { "mix(0.95:20ms,0.05:2s)", 119000, 20000, 2000000 },
    { "mix(0.25:10ms,0.25:20ms,0.5:30ms)", 22500, 0, 30000 },
};

static int is_near(double seen, double expected)
{
    return expected == 0 || (seen > 0.96 * expected && seen < 1.04 * expected);
}

static void delay_samples_follow_their_distribution(void **state)
{
    uint64_t *samples = calloc(SAMPLES, sizeof *samples);
    (void)state;
    assert_non_null(samples);
    for (size_t i = 0; i < array_length(distributions); i++) {
        draw(distributions[i].name, 42, samples);

        assert_case(distributions[i].name, is_near(mean_of(samples), distributions[i].mean_us));
        assert_case(distributions[i].name, is_near(percentile_of(samples, 50), distributions[i].median_us));
        assert_case(distributions[i].name, is_near(percentile_of(samples, 99), distributions[i].p99_us));
    }
    free(samples);
}

static void delay_uniform_stays_within_its_bounds(void **state)
{
    uint64_t *samples = calloc(SAMPLES, sizeof *samples);
    (void)state;
    assert_non_null(samples);

    draw("uniform(50ms,51ms)", 7, samples);

    assert_true(samples[0] >= 50000);
    assert_true(samples[SAMPLES - 1] <= 51000);
    assert_true(samples[0] < samples[SAMPLES - 1]);
    free(samples);
}

static void delay_never_exceeds_24_hours(void **state)
{
    uint64_t *samples = calloc(SAMPLES, sizeof *samples);
    (void)state;
    assert_non_null(samples);

    draw("exp(24h)", 7, samples);

    assert_true(samples[SAMPLES - 1] == DELAY_LONGEST_US);
    assert_true(samples[0] < DELAY_LONGEST_US);
    free(samples);
}

static size_t count_equal(uint64_t first_seed, uint64_t second_seed)
{
    struct delay delay = parsed("uniform(0s,24h)");
    struct random_source first;
    struct random_source second;
    size_t equal = 0;

    random_source_seed(&first, first_seed);
    random_source_seed(&second, second_seed);
    for (int i = 0; i < 1000; i++) {
        equal += delay_sample(&delay, &first) == delay_sample(&delay, &second);
    }
    return equal;
}

static void delay_repeats_its_sequence_with_the_same_seed(void **state)
{
    (void)state;

    assert_int_equal(count_equal(1, 1), 1000);
    assert_int_equal(count_equal(0, 0), 1000);
}

static void delay_has_another_sequence_with_another_seed(void **state)
{
    (void)state;

    assert_true(count_equal(1, 2) < 5);
    assert_true(count_equal(0, UINT64_MAX) < 5);
}

/* From the authors' reference program: splitmix64 from seed 0 gives e220a8397b1dcdaf, 6e789e6aa1b965f4, …; the states
 * of the first generator are those. */
static void delay_seeds_its_generator_through_splitmix64(void **state)
{
    struct random_source random;
    (void)state;

    random_source_seed(&random, 0);

    assert_true(random.state[0] == UINT64_C(0xe220a8397b1dcdaf));
    assert_true(random.state[1] == UINT64_C(0x6e789e6aa1b965f4));
    assert_true(random.state[2] == UINT64_C(0x06c45d188009454f));
    assert_true(random.state[3] == UINT64_C(0xf88bb8a8724c81ec));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delay_reads_durations_and_distributions),
        cmocka_unit_test(delay_refuses_anything_else_and_says_what_is_allowed),
        cmocka_unit_test(delay_mixes_at_most_16_durations),
        cmocka_unit_test(delay_can_be_read_as_an_option),
        cmocka_unit_test(delay_samples_follow_their_distribution),
        cmocka_unit_test(delay_uniform_stays_within_its_bounds),
        cmocka_unit_test(delay_never_exceeds_24_hours),
        cmocka_unit_test(delay_repeats_its_sequence_with_the_same_seed),
        cmocka_unit_test(delay_has_another_sequence_with_another_seed),
        cmocka_unit_test(delay_seeds_its_generator_through_splitmix64),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
