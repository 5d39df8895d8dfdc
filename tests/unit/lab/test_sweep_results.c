/* SPDX-License-Identifier: MIT */
#include "lab/sweep_results.h"

#include <math.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/sweep_fixture.h"

static const char *const one_point[] = { "--modes=sync", "--clients=1", "--fan-out=1", NULL };
static const char *const open_loop[] = { "--modes=async", "--rate=100", "--fan-out=1", NULL };

static void add(struct sweep_fixture *fixture, unsigned throughput, uint64_t latency_us, bool is_lower_bound)
{
    struct sweep_measurement measurement = sweep_fixture_measurement(throughput, latency_us);

    for (size_t i = 0; i < SWEEP_PERCENTILE_COUNT; i++) {
        measurement.latency[i].is_lower_bound = is_lower_bound;
    }
    sweep_results_add(&fixture->results, 0, &measurement);
}

static void results_are_medians_with_their_spread(void **state)
{
    struct sweep_fixture fixture;
    (void)state;
    sweep_fixture_open(&fixture, one_point);
    add(&fixture, 21, 52000, false);
    add(&fixture, 19, 50000, false);
    add(&fixture, 20, 99000, false);

    struct sweep_figures figures = sweep_results_figures(&fixture.results, 0);

    assert_int_equal(figures.repeats, 3);
    assert_int_equal(figures.requests, 60);
    assert_true(figures.throughput.median == 20 && figures.throughput.least == 19 && figures.throughput.most == 21);
    assert_true(figures.latency[SWEEP_P50].us.median == 52000);
    assert_true(figures.latency[SWEEP_MAX].us.most == 99000);
    assert_false(figures.latency[SWEEP_P99].is_lower_bound);
    assert_int_equal(figures.thread_count, 3);
    assert_true(sweep_deviation_of_throughput(&figures, &fixture.plan.points[0].theory) == 1);
    assert_true(fabs(sweep_deviation_of_latency(&figures, &fixture.plan.points[0].theory, LOAD_P99) - 1.04) < 1e-9);
    sweep_fixture_close(&fixture);
}

static void results_have_the_repeats_that_were_measured(void **state)
{
    struct sweep_fixture fixture;
    (void)state;
    sweep_fixture_open(&fixture, one_point);

    assert_false(sweep_results_have(&fixture.results, 0));
    assert_true(isnan(sweep_results_figures(&fixture.results, 0).throughput.median));
    add(&fixture, 21, 52000, false);
    assert_true(sweep_results_have(&fixture.results, 0));
    assert_true(sweep_results_figures(&fixture.results, 0).throughput.median == 21);
    for (unsigned i = 0; i < 10; i++) {
        add(&fixture, 20, 52000, false); /* more than there are repeats */
    }
    assert_int_equal(sweep_results_figures(&fixture.results, 0).repeats, 3);
    sweep_fixture_close(&fixture);
}

static void a_median_is_a_lower_bound_if_one_that_is_not_above_it_is(void **state)
{
    static const struct {
        const char *name;
        struct percentile seen[3];
        bool expected;
    } rows[] = {
        { "none is", { { 1, false }, { 2, false }, { 3, false } }, false },
        { "the median itself", { { 1, false }, { 2, true }, { 3, false } }, true },
        { "one below it could be anything", { { 3, false }, { 1, true }, { 2, false } }, true },
        { "one above it stays above it", { { 3, true }, { 1, false }, { 2, false } }, false },
        { "all", { { 3, true }, { 1, true }, { 2, true } }, true },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct sweep_fixture fixture;
        sweep_fixture_open(&fixture, one_point);
        for (size_t k = 0; k < 3; k++) {
            add(&fixture, 20, rows[i].seen[k].value_us, rows[i].seen[k].is_lower_bound);
        }

        struct sweep_figures figures = sweep_results_figures(&fixture.results, 0);

        assert_case(rows[i].name, figures.latency[SWEEP_P50].us.median == 2);
        assert_case(rows[i].name, figures.latency[SWEEP_P50].is_lower_bound == rows[i].expected);
        assert_case(rows[i].name, isnan(sweep_deviation_of_latency(&figures, &fixture.plan.points[0].theory,
                                                                   LOAD_P50)) == rows[i].expected);
        sweep_fixture_close(&fixture);
    }
}

static void figures_nobody_measured_are_not_made_up(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement nothing = sweep_fixture_measurement(0, 0);
    (void)state;
    sweep_fixture_open(&fixture, one_point);
    nothing.refused = 4;
    nothing.gateway_cpu_us_per_request = NAN;
    sweep_results_add(&fixture.results, 0, &nothing);

    struct sweep_figures figures = sweep_results_figures(&fixture.results, 0);

    assert_true(figures.throughput.median == 0);
    assert_true(isnan(figures.latency[SWEEP_P50].us.median));
    assert_true(isnan(figures.cpu_us_per_request.median));
    assert_true(figures.has_few_answers);
    assert_true(isnan(sweep_deviation_of_throughput(&figures, &fixture.plan.points[0].theory)));
    assert_int_equal(figures.requests, 4);
    assert_int_equal(figures.failed, 4);
    sweep_fixture_close(&fixture);
}

static void few_answers_are_fewer_than_five_a_window(void **state)
{
    struct sweep_fixture fixture;
    (void)state;
    sweep_fixture_open(&fixture, one_point);

    add(&fixture, 5, 200000, false);
    add(&fixture, 4, 200000, false);
    assert_true(sweep_results_figures(&fixture.results, 0).has_few_answers);
    add(&fixture, 6, 200000, false);

    assert_false(sweep_results_figures(&fixture.results, 0).has_few_answers);
    sweep_fixture_close(&fixture);
}

static void failures_are_counted_by_their_cause(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement measurement = sweep_fixture_measurement(20, 50000);
    (void)state;
    sweep_fixture_open(&fixture, one_point);
    measurement.failed[CALL_CONNECTION_REFUSED] = 2;
    measurement.refused = 1;
    measurement.refusal_status = 503;
    sweep_results_add(&fixture.results, 0, &measurement);
    sweep_results_add(&fixture.results, 0, &measurement);

    struct sweep_failures failures = sweep_results_failures(&fixture.results, 0);

    assert_int_equal(failures.by_cause[CALL_CONNECTION_REFUSED], 4);
    assert_int_equal(failures.refused, 2);
    assert_int_equal(failures.status, 503);
    assert_int_equal(sweep_results_all_failed(&fixture.results), 6);
    assert_int_equal(sweep_results_figures(&fixture.results, 0).requests, 46);
    sweep_fixture_close(&fixture);
}

static void unanswered_requests_are_no_failures(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement measurement = sweep_fixture_measurement(20, 50000);
    (void)state;
    sweep_fixture_open(&fixture, one_point);
    measurement.unanswered = 7;
    sweep_results_add(&fixture.results, 0, &measurement);

    assert_int_equal(sweep_results_all_failed(&fixture.results), 0);
    assert_int_equal(sweep_results_figures(&fixture.results, 0).unanswered, 7);
    sweep_fixture_close(&fixture);
}

static void a_limit_is_judged_by_medians(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement calm = sweep_fixture_measurement(100, 50000);
    struct sweep_measurement late = calm;
    (void)state;
    late.usage.late_p99_us = 50000;
    late.usage.latency_p50_us = 60000;
    sweep_fixture_open(&fixture, open_loop);

    sweep_results_add(&fixture.results, 0, &late);
    assert_true(sweep_results_figures(&fixture.results, 0).is_client_limited);
    sweep_results_add(&fixture.results, 0, &calm);
    sweep_results_add(&fixture.results, 0, &calm);

    assert_false(sweep_results_figures(&fixture.results, 0).is_client_limited);
    assert_int_equal(sweep_results_figures(&fixture.results, 0).limit, SWEEP_LIMIT_NONE);
    sweep_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_medians_with_their_spread),
        cmocka_unit_test(results_have_the_repeats_that_were_measured),
        cmocka_unit_test(a_median_is_a_lower_bound_if_one_that_is_not_above_it_is),
        cmocka_unit_test(figures_nobody_measured_are_not_made_up),
        cmocka_unit_test(few_answers_are_fewer_than_five_a_window),
        cmocka_unit_test(failures_are_counted_by_their_cause),
        cmocka_unit_test(unanswered_requests_are_no_failures),
        cmocka_unit_test(a_limit_is_judged_by_medians),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
