/* SPDX-License-Identifier: MIT */
#include "lab/sweep_results.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int sweep_results_init(struct sweep_results *results, const struct sweep_plan *plan)
{
    *results = (struct sweep_results){
        .plan = plan,
        .measurements = calloc(sweep_plan_turns(plan), sizeof *results->measurements),
        .counts = calloc(plan->count, sizeof *results->counts),
    };
    if (results->measurements == NULL || results->counts == NULL) {
        sweep_results_clear(results);
        return -ENOMEM;
    }
    return 0;
}

void sweep_results_clear(struct sweep_results *results)
{
    free(results->measurements);
    free(results->counts);
    *results = (struct sweep_results){ .plan = NULL };
}

static struct sweep_measurement *measurements_of(const struct sweep_results *results, size_t point)
{
    return results->measurements + point * results->plan->settings.repeats;
}

void sweep_results_add(struct sweep_results *results, size_t point, const struct sweep_measurement *measurement)
{
    if (results->counts[point] < results->plan->settings.repeats) {
        measurements_of(results, point)[results->counts[point]++] = *measurement;
    }
}

bool sweep_results_have(const struct sweep_results *results, size_t point)
{
    return results->counts[point] > 0;
}

/* ---- medians ---- */

/* The measurements of one point. */
struct repeats {
    const struct sweep_measurement *measurements;
    unsigned count;
};

typedef double pick_fn(const struct sweep_measurement *measurement);

static double pick_throughput(const struct sweep_measurement *measurement)
{
    return measurement->throughput;
}

static double pick_cpu(const struct sweep_measurement *measurement)
{
    return measurement->gateway_cpu_us_per_request;
}

static double pick_gateway_cores(const struct sweep_measurement *measurement)
{
    return measurement->usage.gateway_cores;
}

static double pick_resident(const struct sweep_measurement *measurement)
{
    return measurement->resident_bytes;
}

static double pick_switches(const struct sweep_measurement *measurement)
{
    return measurement->switches_per_request;
}

static double pick_client_cores(const struct sweep_measurement *measurement)
{
    return measurement->usage.client_cores;
}

static double pick_backend_cores(const struct sweep_measurement *measurement)
{
    return measurement->usage.backend_cores;
}

static double pick_backend_share(const struct sweep_measurement *measurement)
{
    return measurement->usage.backend_share;
}

static double pick_machine_cores(const struct sweep_measurement *measurement)
{
    return measurement->usage.machine_busy_cores;
}

static double pick_late(const struct sweep_measurement *measurement)
{
    return measurement->usage.late_p99_us;
}

static double pick_waited(const struct sweep_measurement *measurement)
{
    return measurement->usage.waited_share;
}

static double pick_median_latency(const struct sweep_measurement *measurement)
{
    return measurement->usage.latency_p50_us;
}

static struct spread spread_over(struct repeats repeats, pick_fn *pick)
{
    double values[SWEEP_REPEATS_MOST];
    size_t count = 0;

    for (unsigned i = 0; i < repeats.count; i++) {
        double value = pick(&repeats.measurements[i]);
        if (!isnan(value)) {
            values[count++] = value;
        }
    }
    return count > 0 ? spread_of(values, count) : (struct spread){ .median = NAN, .least = NAN, .most = NAN };
}

/* Of percentile `which`; of the uncorrected ones, or the others. No samples at all: NAN. */
static struct sweep_duration duration_over(struct repeats repeats, size_t which, bool is_uncorrected)
{
    struct sweep_duration duration = { .us = { .median = NAN, .least = NAN, .most = NAN } };
    const struct percentile *seen[SWEEP_REPEATS_MOST];
    double values[SWEEP_REPEATS_MOST];
    size_t count = 0;

    for (unsigned i = 0; i < repeats.count; i++) {
        const struct sweep_measurement *measurement = &repeats.measurements[i];
        uint64_t samples = is_uncorrected ? measurement->sent_count : measurement->answered + measurement->unanswered;
        if (samples > 0) {
            seen[count] = is_uncorrected ? &measurement->uncorrected[which] : &measurement->latency[which];
            values[count] = (double)seen[count]->value_us;
            count++;
        }
    }
    if (count == 0) {
        return duration;
    }
    duration.us = spread_of(values, count);
    for (size_t i = 0; i < count; i++) {
        bool counts = (double)seen[i]->value_us <= duration.us.median;
        duration.is_lower_bound = duration.is_lower_bound || (counts && seen[i]->is_lower_bound);
    }
    return duration;
}

/* ---- figures ---- */

static uint64_t failed_of(const struct sweep_measurement *measurement)
{
    uint64_t sum = measurement->refused;

    for (size_t i = 0; i < CALL_ERROR_COUNT; i++) {
        sum += measurement->failed[i];
    }
    return sum;
}

static void count_requests(struct sweep_figures *figures, struct repeats repeats)
{
    for (unsigned i = 0; i < repeats.count; i++) {
        const struct sweep_measurement *measurement = &repeats.measurements[i];
        uint64_t failed = failed_of(measurement);
        figures->answered += measurement->answered;
        figures->failed += failed;
        figures->unanswered += measurement->unanswered;
        figures->requests += measurement->answered + failed + measurement->unanswered;
        figures->answered_in_windows += measurement->answered_in_window;
        if (measurement->thread_count > figures->thread_count) {
            figures->thread_count = measurement->thread_count;
        }
    }
}

static enum sweep_limit limit_over(struct repeats repeats)
{
    struct sweep_usage usage = repeats.measurements[0].usage;

    usage.client_cores = spread_over(repeats, pick_client_cores).median;
    usage.gateway_cores = spread_over(repeats, pick_gateway_cores).median;
    usage.backend_cores = spread_over(repeats, pick_backend_cores).median;
    usage.backend_share = spread_over(repeats, pick_backend_share).median;
    usage.machine_busy_cores = spread_over(repeats, pick_machine_cores).median;
    usage.late_p99_us = spread_over(repeats, pick_late).median;
    usage.latency_p50_us = spread_over(repeats, pick_median_latency).median;
    usage.waited_share = spread_over(repeats, pick_waited).median;
    return sweep_limit_of(&usage);
}

struct sweep_figures sweep_results_figures(const struct sweep_results *results, size_t point)
{
    struct repeats repeats = { measurements_of(results, point), results->counts[point] };
    struct sweep_figures figures = { .repeats = repeats.count };

    count_requests(&figures, repeats);
    figures.throughput = spread_over(repeats, pick_throughput);
    for (size_t i = 0; i < SWEEP_PERCENTILE_COUNT; i++) {
        figures.latency[i] = duration_over(repeats, i, false);
        figures.uncorrected[i] = duration_over(repeats, i, true);
    }
    figures.cpu_us_per_request = spread_over(repeats, pick_cpu);
    figures.gateway_cores = spread_over(repeats, pick_gateway_cores);
    figures.resident_bytes = spread_over(repeats, pick_resident);
    figures.switches_per_request = spread_over(repeats, pick_switches);
    figures.client_cores = spread_over(repeats, pick_client_cores);
    figures.late_p99_us = spread_over(repeats, pick_late);
    figures.limit = repeats.count > 0 ? limit_over(repeats) : SWEEP_LIMIT_NONE;
    figures.is_client_limited = figures.limit == SWEEP_LIMIT_CLIENT;
    figures.has_few_answers = figures.answered_in_windows < (uint64_t)SWEEP_FEW_ANSWERS * repeats.count;
    return figures;
}

/* ---- deviations ---- */

static double ratio(double measured, double theory)
{
    return isnan(measured) || isnan(theory) || theory <= 0 ? NAN : measured / theory;
}

double sweep_deviation_of_throughput(const struct sweep_figures *figures, const struct load_theory *theory)
{
    return figures->has_few_answers ? NAN : ratio(figures->throughput.median, theory->throughput);
}

double sweep_deviation_of_latency(const struct sweep_figures *figures, const struct load_theory *theory,
                                  enum load_percentile percentile)
{
    static const enum sweep_percentile same[LOAD_PERCENTILE_COUNT] = { SWEEP_P50, SWEEP_P90, SWEEP_P99 };
    const struct sweep_duration *latency = &figures->latency[same[percentile]];

    return latency->is_lower_bound ? NAN : ratio(latency->us.median, theory->percentiles_us[percentile]);
}

/* ---- failures ---- */

struct sweep_failures sweep_results_failures(const struct sweep_results *results, size_t point)
{
    struct sweep_failures failures = { .refused = 0 };

    for (unsigned i = 0; i < results->counts[point]; i++) {
        const struct sweep_measurement *measurement = &measurements_of(results, point)[i];
        failures.refused += measurement->refused;
        failures.status = failures.status == 0 ? measurement->refusal_status : failures.status;
        for (size_t k = 0; k < CALL_ERROR_COUNT; k++) {
            failures.by_cause[k] += measurement->failed[k];
        }
    }
    return failures;
}

uint64_t sweep_results_all_failed(const struct sweep_results *results)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < results->plan->count; i++) {
        for (unsigned k = 0; k < results->counts[i]; k++) {
            sum += failed_of(&measurements_of(results, i)[k]);
        }
    }
    return sum;
}
