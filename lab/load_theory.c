/* SPDX-License-Identifier: MIT */
#include "lab/load_theory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/compiler.h"

const double load_fractions[LOAD_PERCENTILE_COUNT] = { 0.5, 0.9, 0.99 };

/* What stands between a request and its answer. */
enum bottleneck {
    BOTTLENECK_NONE,   /* all calls at once */
    BOTTLENECK_LOOP,   /* a worker's loop makes one call at a time */
    BOTTLENECK_PLACES, /* so many calls at once: threads, or the backend's places */
    BOTTLENECK_PARTLY, /* some calls hold the loop, the others follow together */
};

/* A gateway with a backend, whatever the load. */
struct engine {
    enum bottleneck bottleneck;
    double places; /* calls that can be made at once; INFINITY */
    bool are_backend_places;
    double delay_us;                                    /* D, the mean */
    double most_throughput;                             /* INFINITY: no limit */
    double alone_us;                                    /* a request's mean latency with nobody in front of it */
    double alone_percentiles_us[LOAD_PERCENTILE_COUNT]; /* NAN: not known */
};

static bool is_constant(const struct load_theory_input *input)
{
    return input->delay->kind == DELAY_CONSTANT;
}

static void set_all(double *percentiles_us, double value_us)
{
    for (size_t i = 0; i < LOAD_PERCENTILE_COUNT; i++) {
        percentiles_us[i] = value_us;
    }
}

/* Of the longest of `count` calls. */
static void set_longest(struct engine *engine, const struct load_theory_input *input, unsigned count)
{
    engine->alone_us = delay_mean_of_longest_us(input->delay, count);
    for (size_t i = 0; i < LOAD_PERCENTILE_COUNT; i++) {
        engine->alone_percentiles_us[i] = delay_quantile_us(input->delay, pow(load_fractions[i], 1.0 / count));
    }
}

/* One call after the other, `count` of them, or a mean known by itself: percentiles only without chance. */
static void set_sum(struct engine *engine, const struct load_theory_input *input, double mean_us)
{
    engine->alone_us = mean_us;
    set_all(engine->alone_percentiles_us, is_constant(input) ? mean_us : NAN);
}

static double per_second(double requests, double duration_us)
{
    return requests * CLOCK_US_PER_SECOND / duration_us;
}

static struct engine loop_engine(const struct load_theory_input *input, double delay_us, double backend_places)
{
    double loops = fmin(input->workers, backend_places);
    struct engine engine = { .bottleneck = BOTTLENECK_LOOP, .places = loops, .delay_us = delay_us };

    set_sum(&engine, input, input->fan_out * delay_us);
    if (input->fan_out == 1) {
        set_longest(&engine, input, 1);
    }
    engine.most_throughput = per_second(loops, input->fan_out * delay_us);
    return engine;
}

static struct engine places_engine(const struct load_theory_input *input, double delay_us, double places)
{
    struct engine engine = { .bottleneck = BOTTLENECK_PLACES, .places = places, .delay_us = delay_us };

    if (input->fan_out <= places) {
        set_longest(&engine, input, input->fan_out);
    } else if (is_constant(input)) {
        set_sum(&engine, input, ceil(input->fan_out / places) * delay_us);
    } else {
        set_sum(&engine, input, input->fan_out * delay_us / places);
    }
    engine.most_throughput = per_second(places, input->fan_out * delay_us);
    return engine;
}

static struct engine partly_engine(const struct load_theory_input *input, double delay_us, double backend_places)
{
    struct engine engine = { .bottleneck = BOTTLENECK_PARTLY, .places = backend_places, .delay_us = delay_us };
    double held_us = input->blocking_calls * delay_us;
    unsigned others = input->fan_out - input->blocking_calls;

    set_sum(&engine, input, held_us + delay_mean_of_longest_us(input->delay, others));
    engine.most_throughput =
        fmin(per_second(input->workers, held_us), per_second(backend_places, input->fan_out * delay_us));
    return engine;
}

static struct engine free_engine(const struct load_theory_input *input, double delay_us)
{
    struct engine engine = { .places = INFINITY, .delay_us = delay_us, .most_throughput = INFINITY };

    set_longest(&engine, input, input->fan_out);
    return engine;
}

static struct engine engine_of(const struct load_theory_input *input)
{
    double delay_us = delay_mean_us(input->delay);
    double backend_places = input->backend_concurrency > 0 ? (double)input->backend_concurrency : INFINITY;
    unsigned blocking = input->mode == MODE_SYNC    ? input->fan_out
                        : input->mode == MODE_MIXED ? input->blocking_calls
                                                    : 0;

    if (blocking >= input->fan_out) {
        return loop_engine(input, delay_us, backend_places);
    }
    if (blocking > 0) {
        return partly_engine(input, delay_us, backend_places);
    }
    double places = fmin(input->mode == MODE_THREADS ? (double)input->threads : INFINITY, backend_places);
    struct engine engine = isinf(places) ? free_engine(input, delay_us) : places_engine(input, delay_us, places);
    engine.are_backend_places = engine.places == backend_places;
    return engine;
}

/* ---- closed loop ---- */

/* C clients at a bottleneck that is never idle: the mean by Little's law. Whoever waits in a line of equal stretches
 * waits equally long if the line divides evenly. */
static void predict_line(const struct load_theory_input *input, const struct engine *engine, struct load_theory *theory)
{
    double calls = (double)input->clients * input->fan_out;

    theory->mean_us = input->clients * CLOCK_US_PER_SECOND / theory->throughput;
    if (!is_constant(input)) {
        return;
    }
    if (engine->bottleneck == BOTTLENECK_PARTLY) {
        theory->percentiles_us[LOAD_P50] = input->workers == 1 ? theory->mean_us : NAN;
    } else if (engine->bottleneck == BOTTLENECK_LOOP ? engine->places <= 1 : fmod(calls, engine->places) == 0) {
        set_all(theory->percentiles_us, theory->mean_us);
    }
}

static void predict_closed(const struct load_theory_input *input, const struct engine *engine,
                           struct load_theory *theory)
{
    double asked_for = per_second(input->clients, engine->alone_us);
    double calls = (double)input->clients * input->fan_out;

    if (asked_for > engine->most_throughput) {
        theory->throughput = engine->most_throughput;
        predict_line(input, engine, theory);
        return;
    }
    theory->throughput = asked_for;
    theory->mean_us = engine->alone_us;
    /* Nobody meets anybody: one client, or a place for each call. */
    if (input->clients == 1 || engine->bottleneck == BOTTLENECK_NONE ||
        (engine->bottleneck == BOTTLENECK_PLACES && calls <= engine->places)) {
        memcpy(theory->percentiles_us, engine->alone_percentiles_us, sizeof theory->percentiles_us);
    }
}

/* ---- open loop ---- */

/* Whether no request of those that are under way together ever waits for another. */
static bool is_free_of_lines(const struct load_theory_input *input, const struct engine *engine)
{
    double together = ceil(input->rate_per_second * engine->alone_us / CLOCK_US_PER_SECOND);

    switch (engine->bottleneck) {
    case BOTTLENECK_NONE:
        return true;
    case BOTTLENECK_LOOP:
        return is_constant(input) && engine->places <= 1;
    case BOTTLENECK_PLACES:
        return is_constant(input) && together * input->fan_out <= engine->places;
    case BOTTLENECK_PARTLY:
        break;
    }
    return is_constant(input) && together <= 1;
}

/* One loop that holds still for b delays with each request, one request every 1 / rate, none ever in line: the other
 * calls' answers come one delay later, and find the loop free or held by one of the requests behind. */
static double partly_free_us(const struct load_theory_input *input, const struct engine *engine)
{
    double held_us = input->blocking_calls * engine->delay_us;
    double period_us = CLOCK_US_PER_SECOND / input->rate_per_second;
    double last_begin_us = floor(engine->alone_us / period_us) * period_us;
    bool is_held = last_begin_us > 0 && engine->alone_us < last_begin_us + held_us;

    return is_held ? last_begin_us + held_us : engine->alone_us;
}

static void predict_open(const struct load_theory_input *input, const struct engine *engine, struct load_theory *theory)
{
    double most = fmin(engine->most_throughput, per_second(input->clients, engine->alone_us));
    double growth = input->rate_per_second / most - 1;

    theory->most_throughput = most;
    theory->is_growing = growth > 0;
    theory->throughput = fmin(input->rate_per_second, most);
    if (theory->is_growing) {
        for (size_t i = 0; i < LOAD_PERCENTILE_COUNT; i++) {
            double due_us = (double)input->warm_up_us + load_fractions[i] * (double)input->window_us;
            theory->percentiles_us[i] = due_us * growth + engine->alone_us;
        }
        theory->mean_us = theory->percentiles_us[LOAD_P50];
    } else if (engine->bottleneck == BOTTLENECK_PARTLY && is_constant(input) && input->workers == 1) {
        theory->mean_us = partly_free_us(input, engine);
        set_all(theory->percentiles_us, theory->mean_us);
    } else if (is_free_of_lines(input, engine)) {
        theory->mean_us = engine->alone_us;
        memcpy(theory->percentiles_us, engine->alone_percentiles_us, sizeof theory->percentiles_us);
    }
}

/* ---- the sentence ---- */

enum { TEXT_BYTES = 64 };

/* "50 ms", "74.55 ms", "32 s" */
static void format_duration(double duration_us, char *text, size_t size)
{
    bool is_long = duration_us >= 10.0 * CLOCK_US_PER_SECOND;

    (void)snprintf(text, size, "%.4g %s", duration_us / (is_long ? CLOCK_US_PER_SECOND : CLOCK_US_PER_MS),
                   is_long ? "s" : "ms");
}

/* "50 ms", "74.55 ms on average" */
static void format_delay(const struct load_theory_input *input, double delay_us, char *text, size_t size)
{
    char duration[TEXT_BYTES / 2];

    format_duration(delay_us, duration, sizeof duration);
    (void)snprintf(text, size, "%s%s", duration, is_constant(input) ? "" : " on average");
}

static void format_calls(unsigned count, char *text, size_t size)
{
    (void)snprintf(text, size, "%u call%s", count, count == 1 ? "" : "s");
}

static void explain_engine(const struct load_theory_input *input, const struct engine *engine, char *why, size_t size)
{
    char delay[TEXT_BYTES];
    char calls[TEXT_BYTES];
    char held[TEXT_BYTES];

    format_delay(input, engine->delay_us, delay, sizeof delay);
    format_calls(input->fan_out, calls, sizeof calls);
    format_calls(input->blocking_calls, held, sizeof held);
    switch (engine->bottleneck) {
    case BOTTLENECK_LOOP:
        (void)snprintf(why, size, "%s one call at a time, and a request is %s of %s.",
                       input->workers == 1 ? "The loop makes" : "Each worker's loop makes", calls, delay);
        return;
    case BOTTLENECK_PLACES:
        (void)snprintf(why, size, "%s %.0f call%s at a time, and a request is %s of %s.",
                       engine->are_backend_places ? "The backend serves" : "The threads make", engine->places,
                       engine->places == 1 ? "" : "s", calls, delay);
        return;
    case BOTTLENECK_PARTLY:
        (void)snprintf(why, size, "A request holds the loop for %s of %s; its other calls follow together.", held,
                       delay);
        return;
    case BOTTLENECK_NONE:
        break;
    }
    if (input->fan_out == 1) {
        (void)snprintf(why, size, "Nobody waits for anybody but the backend, for %s.", delay);
        return;
    }
    format_delay(input, engine->alone_us, delay, sizeof delay);
    (void)snprintf(why, size, "All %s wait together, and the longest counts: %s.", calls, delay);
}

static void explain_load(const struct load_theory_input *input, const struct engine *engine,
                         const struct load_theory *theory, char *why, size_t size)
{
    double most = theory->most_throughput;
    char mean[TEXT_BYTES];

    format_duration(theory->mean_us, mean, sizeof mean);
    if (theory->is_growing) {
        (void)snprintf(why, size,
                       " %.6g a second are more than the %.6g that it can do: the line grows while it lasts.",
                       input->rate_per_second, most);
    } else if (input->rate_per_second > 0 && engine->bottleneck != BOTTLENECK_NONE) {
        (void)snprintf(why, size, " %.6g a second are within the %.6g that it can do.", input->rate_per_second, most);
    } else if (input->rate_per_second == 0 && input->clients > 1 && theory->throughput >= most) {
        (void)snprintf(why, size, " That is %.4g a second at most, so %u clients wait %s each (Little's law).", most,
                       input->clients, mean);
    }
}

/* 1 - (1 - p)^n: what is rare for a call is not rare for a request. */
static void explain_tail(const struct load_theory_input *input, char *why, size_t size)
{
    if (input->fan_out > 1 && !is_constant(input)) {
        (void)snprintf(why, size,
                       " One call in 100 takes longer than their p99; of requests, 1 - 0.99^%u = %.1f %% do.",
                       input->fan_out, 100 * (1 - pow(0.99, input->fan_out)));
    }
}

static void explain(const struct load_theory_input *input, const struct engine *engine, struct load_theory *theory)
{
    size_t size = sizeof theory->why;

    explain_engine(input, engine, theory->why, size);
    size_t length = strlen(theory->why);
    explain_load(input, engine, theory, theory->why + length, size - length);
    length = strlen(theory->why);
    explain_tail(input, theory->why + length, size - length);
}

/* ---- all of it ---- */

/* Bursts are a delay apart, or a whole request's where calls are made one after the other. Where some calls hold the
 * loop, all that wait for the others are answered when it is free at last. */
static double beat_us(const struct load_theory_input *input, const struct engine *engine)
{
    switch (engine->bottleneck) {
    case BOTTLENECK_LOOP:
        return input->fan_out * engine->delay_us;
    case BOTTLENECK_PLACES:
        return fmax(engine->delay_us, input->fan_out * engine->delay_us / engine->places);
    case BOTTLENECK_PARTLY:
        return fmax(engine->alone_us, input->clients * input->blocking_calls * engine->delay_us / input->workers);
    case BOTTLENECK_NONE:
        break;
    }
    return engine->alone_us;
}

void load_theory_predict(const struct load_theory_input *input, struct load_theory *ret_theory)
{
    struct load_theory theory = { .throughput = NAN, .mean_us = NAN, .most_throughput = INFINITY };

    set_all(theory.percentiles_us, NAN);
    if (delay_mean_us(input->delay) <= 0) {
        (void)snprintf(theory.why, sizeof theory.why,
                       "The backend answers at once: only processor time is left, and theory knows none.");
        *ret_theory = theory;
        return;
    }
    struct engine engine = engine_of(input);
    theory.most_throughput = engine.most_throughput;
    theory.beat_us = beat_us(input, &engine);
    if (input->rate_per_second > 0) {
        predict_open(input, &engine, &theory);
    } else {
        predict_closed(input, &engine, &theory);
    }
    explain(input, &engine, &theory);
    *ret_theory = theory;
}
