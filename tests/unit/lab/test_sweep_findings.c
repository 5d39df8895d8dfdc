/* SPDX-License-Identifier: MIT */
#include "lab/sweep_findings.h"

#include "tests/support/unit.h"
#include "tests/unit/lab/sweep_fixture.h"

/* What each mode is given, at every point. */
struct outcome {
    const char *name;
    const char *chosen;            /* the case */
    unsigned sync, threads, async; /* answers a second, and milliseconds */
    const char *expected;          /* a part of the sentence */
};

static const struct outcome outcomes[] = {
    { "equal for one client", "--case=one-client", 50, 51, 52, "all modes take the same (sync 50.0, threads 51.0, " },
    { "not equal", "--case=one-client", 50, 51, 90, "Even for one client the modes differ here (sync 50.0" },
    { "work wins nothing", "--case=cpu-bound", 400, 380, 410, "not blocking wins nothing (sync 400, threads 380" },
    { "work loses", "--case=cpu-bound", 400, 800, 410, "not blocking loses to threads" },
    { "work is faster", "--case=cpu-bound", 400, 380, 600, "not blocking is faster all the same" },
    { "places", "--case=backend-limit", 20, 79, 80, "serves no more than threads do (sync 20.0, threads 79.0" },
    { "not places", "--case=backend-limit", 20, 79, 90, "serves more than threads do" },
};

static struct sweep_measurement measurement_of(const struct outcome *outcome, enum mode mode)
{
    unsigned value = mode == MODE_SYNC ? outcome->sync : mode == MODE_THREADS ? outcome->threads : outcome->async;

    return sweep_fixture_measurement(value, value * 1000UL);
}

static void a_sentence_claims_what_the_figures_bear_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(outcomes); i++) {
        struct sweep_fixture fixture;
        cleanup_buf struct buf sentence = { .base = NULL };
        buf_init(&sentence, 4096);
        sweep_fixture_open(&fixture, (const char *const[]){ outcomes[i].chosen, "--repeats=1", NULL });
        for (size_t k = 0; k < fixture.plan.count; k++) {
            struct sweep_measurement measurement = measurement_of(&outcomes[i], fixture.plan.points[k].mode);
            sweep_results_add(&fixture.results, k, &measurement);
        }

        sweep_findings_add(&sentence, &fixture.results, fixture.plan.points[0].preset);
        (void)buf_add_byte(&sentence, '\0');

        assert_case(outcomes[i].name, strstr(sentence.base, outcomes[i].expected) != NULL);
        assert_case(outcomes[i].name, sentence.base[sentence.length - 2] == '.');
        sweep_fixture_close(&fixture);
    }
}

static void a_difference_counts_only_if_repeats_differ_by_less(void **state)
{
    static const unsigned async_turns[3] = { 90, 120, 130 };
    static const unsigned threads_turns[3] = { 70, 80, 95 };
    struct sweep_fixture fixture;
    cleanup_buf struct buf sentence = { .base = NULL };
    (void)state;
    buf_init(&sentence, 4096);
    sweep_fixture_open(&fixture, (const char *const[]){ "--case=backend-limit", NULL });
    for (size_t k = 0; k < fixture.plan.count; k++) {
        bool is_async = fixture.plan.points[k].mode == MODE_ASYNC;
        for (size_t i = 0; i < 3; i++) {
            struct sweep_measurement measurement =
                sweep_fixture_measurement(is_async ? async_turns[i] : threads_turns[i], 50000);
            sweep_results_add(&fixture.results, k, &measurement);
        }
    }

    sweep_findings_add(&sentence, &fixture.results, fixture.plan.points[0].preset);
    (void)buf_add_byte(&sentence, '\0');

    assert_non_null(strstr(sentence.base, "serves no more than threads do"));
    sweep_fixture_close(&fixture);
}

static void a_case_that_was_interrupted_claims_nothing(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement measurement = sweep_fixture_measurement(20, 50000);
    cleanup_buf struct buf sentence = { .base = NULL };
    (void)state;
    buf_init(&sentence, 4096);
    sweep_fixture_open(&fixture, (const char *const[]){ "--case=one-client", NULL });
    sweep_results_add(&fixture.results, 0, &measurement);

    sweep_findings_add(&sentence, &fixture.results, fixture.plan.points[0].preset);

    assert_true(str_equal(buf_view(&sentence), STR("It was interrupted before each of its points had been measured.")));
    sweep_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentence_claims_what_the_figures_bear_out),
        cmocka_unit_test(a_difference_counts_only_if_repeats_differ_by_less),
        cmocka_unit_test(a_case_that_was_interrupted_claims_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
