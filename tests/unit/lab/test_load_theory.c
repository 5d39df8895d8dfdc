/* SPDX-License-Identifier: MIT */
#include "lab/load_theory.h"

#include <math.h>

#include "tests/support/unit.h"

/* Known answers, worked out by hand. 0: not known (NAN). Latencies in ms. */
struct row {
    const char *name;
    const char *delay;
    struct load_theory_input input;
    double throughput, mean_ms, p50_ms, p90_ms, p99_ms;
};

static const struct row rows[] = {
    /* sync: 1 / (n D) a second, C n D long */
    { "sync, alone", "50ms", { .mode = MODE_SYNC, .fan_out = 1, .clients = 1 }, 20, 50, 50, 50, 50 },
    { "sync, a line", "50ms", { .mode = MODE_SYNC, .fan_out = 1, .clients = 8 }, 20, 400, 400, 400, 400 },
    { "sync, a fan-out alone", "50ms", { .mode = MODE_SYNC, .fan_out = 10, .clients = 1 }, 2, 500, 500, 500, 500 },
    { "sync, 256 clients and ten calls",
      "50ms",
      { .mode = MODE_SYNC, .fan_out = 10, .clients = 256 },
      2,
      128000,
      128000,
      128000,
      128000 },
    { "sync, two workers: a loop each",
      "50ms",
      { .mode = MODE_SYNC, .fan_out = 1, .clients = 8, .workers = 2 },
      40,
      200,
      0,
      0,
      0 },
    { "sync, more workers than clients",
      "50ms",
      { .mode = MODE_SYNC, .fan_out = 1, .clients = 2, .workers = 4 },
      40,
      50,
      0,
      0,
      0 },
    { "sync, drawn delays alone: Q(p)",
      "uniform(0s,100ms)",
      { .mode = MODE_SYNC, .fan_out = 1, .clients = 1 },
      20,
      50,
      50,
      90,
      99 },
    { "sync, a sum of draws: the mean alone",
      "uniform(0s,100ms)",
      { .mode = MODE_SYNC, .fan_out = 2, .clients = 1 },
      10,
      100,
      0,
      0,
      0 },
    { "sync, a line of draws: the mean alone",
      "exp(50ms)",
      { .mode = MODE_SYNC, .fan_out = 1, .clients = 4 },
      20,
      200,
      0,
      0,
      0 },
    /* threads: T / (n D) a second */
    { "threads, enough of them", "50ms", { .mode = MODE_THREADS, .fan_out = 1, .clients = 16 }, 320, 50, 50, 50, 50 },
    { "threads, four clients on each",
      "50ms",
      { .mode = MODE_THREADS, .fan_out = 1, .clients = 64 },
      320,
      200,
      200,
      200,
      200 },
    { "threads, uneven: who waits is chance",
      "50ms",
      { .mode = MODE_THREADS, .fan_out = 1, .clients = 20 },
      320,
      62.5,
      0,
      0,
      0 },
    { "threads, more calls than threads",
      "50ms",
      { .mode = MODE_THREADS, .fan_out = 20, .clients = 1 },
      10,
      100,
      100,
      100,
      100 },
    { "threads, a fan-out in line",
      "50ms",
      { .mode = MODE_THREADS, .fan_out = 10, .clients = 8 },
      32,
      250,
      250,
      250,
      250 },
    /* async: the longest of n */
    { "async, whatever comes", "50ms", { .mode = MODE_ASYNC, .fan_out = 1, .clients = 256 }, 5120, 50, 50, 50, 50 },
    { "wire, as async", "50ms", { .mode = MODE_WIRE, .fan_out = 10, .clients = 4 }, 80, 50, 50, 50, 50 },
    { "async, a fan-out", "50ms", { .mode = MODE_ASYNC, .fan_out = 10, .clients = 4 }, 80, 50, 50, 50, 50 },
    { "async, the longest of 2 uniform: Q(sqrt p)",
      "uniform(0s,100ms)",
      { .mode = MODE_ASYNC, .fan_out = 2, .clients = 1 },
      15,
      66.666667,
      70.710678,
      94.868330,
      99.498744 },
    { "async, the longest of 10 mixed: 1 - 0.99^10 of requests are slow",
      "mix(0.99:10ms,0.01:1s)",
      { .mode = MODE_ASYNC, .fan_out = 10, .clients = 1 },
      9.55459,
      104.66175,
      10,
      10,
      1000 },
    /* a backend with K places */
    { "async, four places",
      "50ms",
      { .mode = MODE_ASYNC, .fan_out = 1, .clients = 64, .backend_concurrency = 4 },
      80,
      800,
      800,
      800,
      800 },
    { "threads, four places: fewer than threads",
      "50ms",
      { .mode = MODE_THREADS, .fan_out = 1, .clients = 64, .backend_concurrency = 4 },
      80,
      800,
      800,
      800,
      800 },
    { "sync, four places: one is enough",
      "50ms",
      { .mode = MODE_SYNC, .fan_out = 1, .clients = 2, .backend_concurrency = 4 },
      20,
      100,
      100,
      100,
      100 },
    /* mixed: b calls hold the loop */
    { "mixed, the only call blocks: sync",
      "50ms",
      { .mode = MODE_MIXED, .fan_out = 1, .blocking_calls = 1, .clients = 4 },
      20,
      200,
      200,
      200,
      200 },
    { "mixed, no call blocks: async", "50ms", { .mode = MODE_MIXED, .fan_out = 10, .clients = 4 }, 80, 50, 50, 50, 50 },
    { "mixed, alone: the others follow",
      "50ms",
      { .mode = MODE_MIXED, .fan_out = 10, .blocking_calls = 1, .clients = 1 },
      10,
      100,
      100,
      100,
      100 },
    { "mixed, in line",
      "50ms",
      { .mode = MODE_MIXED, .fan_out = 10, .blocking_calls = 2, .clients = 4 },
      10,
      400,
      400,
      0,
      0 },
    /* open loop, below what it can do */
    { "sync, below",
      "50ms",
      { .mode = MODE_SYNC, .fan_out = 1, .clients = 1000, .rate_per_second = 15 },
      15,
      50,
      50,
      50,
      50 },
    { "threads, below",
      "50ms",
      { .mode = MODE_THREADS, .fan_out = 1, .clients = 1000, .rate_per_second = 300 },
      300,
      50,
      50,
      50,
      50 },
    { "threads, below, but fan-outs meet",
      "50ms",
      { .mode = MODE_THREADS, .fan_out = 10, .clients = 1000, .rate_per_second = 30 },
      30,
      0,
      0,
      0,
      0 },
    { "async, below: quantiles of the longest",
      "uniform(0s,100ms)",
      { .mode = MODE_ASYNC, .fan_out = 2, .clients = 1000, .rate_per_second = 100 },
      100,
      66.666667,
      70.710678,
      94.868330,
      99.498744 },
    { "sync with draws, below: lines come and go",
      "exp(50ms)",
      { .mode = MODE_SYNC, .fan_out = 1, .clients = 1000, .rate_per_second = 10 },
      10,
      0,
      0,
      0,
      0 },
    { "mixed, below: the others' answers find the loop held by the next request",
      "50ms",
      { .mode = MODE_MIXED, .fan_out = 10, .blocking_calls = 1, .clients = 1000, .rate_per_second = 15 },
      15,
      116.666667,
      116.666667,
      116.666667,
      116.666667 },
    { "mixed, far below: they find it free",
      "50ms",
      { .mode = MODE_MIXED, .fan_out = 10, .blocking_calls = 1, .clients = 1000, .rate_per_second = 5 },
      5,
      100,
      100,
      100,
      100 },
    /* open loop, above: due at 0.25 s + p × 1 s, the line is (100 / 20 - 1) times that */
    { "sync, above: it grows",
      "50ms",
      { .mode = MODE_SYNC, .fan_out = 1, .clients = 1000, .rate_per_second = 100 },
      20,
      3050,
      3050,
      4650,
      5010 },
    { "async, more than its connections allow",
      "50ms",
      { .mode = MODE_ASYNC, .fan_out = 1, .clients = 5, .rate_per_second = 200 },
      100,
      800,
      800,
      1200,
      1290 },
    /* no delay, no theory */
    { "at once", "0s", { .mode = MODE_ASYNC, .fan_out = 1, .clients = 5 }, 0, 0, 0, 0, 0 },
};

static bool is_equal(double seen, double expected)
{
    return expected == 0 ? isnan(seen) : fabs(seen / expected - 1) < 1e-4;
}

static struct load_theory predict(const char *delay_text, const struct load_theory_input *sketch)
{
    struct load_theory_input input = *sketch;
    struct load_theory theory;
    struct delay delay;
    struct error error;

    assert_case(delay_text, delay_parse(str_of(delay_text), &delay, &error) == 0);
    input.delay = &delay;
    input.workers = input.workers == 0 ? 1 : input.workers;
    input.threads = 16;
    input.warm_up_us = 250000;
    input.window_us = 1000000;
    load_theory_predict(&input, &theory);
    return theory;
}

static void load_theory_gives_known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct load_theory theory = predict(rows[i].delay, &rows[i].input);

        assert_case(rows[i].name, is_equal(theory.throughput, rows[i].throughput));
        assert_case(rows[i].name, is_equal(theory.mean_us / 1000, rows[i].mean_ms));
        assert_case(rows[i].name, is_equal(theory.percentiles_us[LOAD_P50] / 1000, rows[i].p50_ms));
        assert_case(rows[i].name, is_equal(theory.percentiles_us[LOAD_P90] / 1000, rows[i].p90_ms));
        assert_case(rows[i].name, is_equal(theory.percentiles_us[LOAD_P99] / 1000, rows[i].p99_ms));
    }
}

static void load_theory_says_why(void **state)
{
    static const struct {
        const char *name, *delay;
        struct load_theory_input input;
        const char *expected;
    } sentences[] = {
        { "sync",
          "50ms",
          { .mode = MODE_SYNC, .fan_out = 10, .clients = 64 },
          "The loop makes one call at a time, and a request is 10 calls of 50 ms. That is 2 a second at most, so 64 "
          "clients wait 32 s each (Little's law)." },
        { "alone",
          "50ms",
          { .mode = MODE_SYNC, .fan_out = 1, .clients = 1 },
          "The loop makes one call at a time, and a request is 1 call of 50 ms." },
        { "async",
          "50ms",
          { .mode = MODE_ASYNC, .fan_out = 1, .clients = 64 },
          "Nobody waits for anybody but the backend, for 50 ms." },
        { "a tail",
          "exp(10ms)",
          { .mode = MODE_ASYNC, .fan_out = 10, .clients = 64 },
          "All 10 calls wait together, and the longest counts: 29.29 ms on average. One call in 100 takes longer than "
          "their p99; of requests, 1 - 0.99^10 = 9.6 % do." },
        { "places",
          "50ms",
          { .mode = MODE_ASYNC, .fan_out = 1, .clients = 2, .backend_concurrency = 1 },
          "The backend serves 1 call at a time, and a request is 1 call of 50 ms. That is 20 a second at most, so 2 "
          "clients wait 100 ms each (Little's law)." },
        { "threads below",
          "50ms",
          { .mode = MODE_THREADS, .fan_out = 1, .clients = 1000, .rate_per_second = 100 },
          "The threads make 16 calls at a time, and a request is 1 call of 50 ms. 100 a second are within the 320 that "
          "it can do." },
        { "mixed above",
          "50ms",
          { .mode = MODE_MIXED, .fan_out = 10, .blocking_calls = 1, .clients = 1000, .rate_per_second = 100 },
          "A request holds the loop for 1 call of 50 ms; its other calls follow together. 100 a second are more than "
          "the 20 that it can do: the line grows while it lasts." },
        { "at once",
          "0s",
          { .mode = MODE_SYNC, .fan_out = 1, .clients = 1 },
          "The backend answers at once: only processor time is left, and theory knows none." },
    };

    (void)state;
    for (size_t i = 0; i < array_length(sentences); i++) {
        struct load_theory theory = predict(sentences[i].delay, &sentences[i].input);

        assert_string_equal(theory.why, sentences[i].expected);
    }
}

static void load_theory_knows_when_a_line_grows(void **state)
{
    struct load_theory_input input = { .mode = MODE_SYNC, .fan_out = 1, .clients = 1000, .rate_per_second = 19 };

    (void)state;

    assert_false(predict("50ms", &input).is_growing);
    input.rate_per_second = 21;
    assert_true(predict("50ms", &input).is_growing);
}

static void load_theory_knows_how_far_bursts_of_answers_are_apart(void **state)
{
    static const struct {
        const char *name;
        struct load_theory_input input;
        double beat_ms;
    } beats[] = {
        { "sync: one by one", { .mode = MODE_SYNC, .fan_out = 10, .clients = 8 }, 500 },
        { "async: all together", { .mode = MODE_ASYNC, .fan_out = 10, .clients = 8 }, 50 },
        { "threads: a round", { .mode = MODE_THREADS, .fan_out = 1, .clients = 64 }, 50 },
        { "threads: several rounds", { .mode = MODE_THREADS, .fan_out = 32, .clients = 64 }, 100 },
        { "mixed: when the loop is free",
          { .mode = MODE_MIXED, .fan_out = 10, .blocking_calls = 1, .clients = 8 },
          400 },
    };

    (void)state;
    for (size_t i = 0; i < array_length(beats); i++) {
        assert_case(beats[i].name, is_equal(predict("50ms", &beats[i].input).beat_us / 1000, beats[i].beat_ms));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_theory_gives_known_answers),
        cmocka_unit_test(load_theory_says_why),
        cmocka_unit_test(load_theory_knows_when_a_line_grows),
        cmocka_unit_test(load_theory_knows_how_far_bursts_of_answers_are_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
