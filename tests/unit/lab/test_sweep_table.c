/* SPDX-License-Identifier: MIT */
#include "lab/sweep_table.h"

#include <math.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/sweep_fixture.h"

enum { TEXT_BYTES = 64 * 1024, COLUMNS = 120 };

/* The table as a string; frees what is there. */
static const char *render(struct buf *text, const struct sweep_results *results, unsigned columns)
{
    buf_clear(text);
    buf_init(text, TEXT_BYTES);
    sweep_table_add(text, results, columns);
    sweep_table_add_failures(text, results);
    (void)buf_add_byte(text, '\0');
    return text->base;
}

static size_t longest_row(const char *text)
{
    struct str rest = str_of(text);
    size_t longest = 0;

    while (rest.length > 0) {
        struct str line = str_split(&rest, '\n');
        bool is_row = !str_starts_with(line, STR("theory"));
        longest = is_row && line.length > longest ? line.length : longest;
    }
    return longest;
}

static void a_table_shows_modes_beside_each_other(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement measurement = sweep_fixture_measurement(20, 50700);
    cleanup_buf struct buf text = { .base = NULL };
    (void)state;
    sweep_fixture_open(&fixture, (const char *const[]){ "--modes=sync,async", "--clients=1", "--fan-out=1", NULL });
    sweep_fixture_fill(&fixture, &measurement);

    const char *seen = render(&text, &fixture.results, COLUMNS);

    assert_non_null(strstr(seen, "\nclosed loop, delay 50ms, fan-out 1\n"
                                 "          sync                        async\n"
                                 " clients  req/s    p50    p99    x    req/s    p50    p99    x\n"
                                 "       1   20.0   50.7   50.7 1.00     20.0   50.7   50.7 1.00\n"));
    assert_non_null(strstr(seen, " clients cpu us    MiB switch  thr   cpu us    MiB switch  thr\n"
                                 "       1    100   11.0   2.50    3      100   11.0   2.50    3\n"));
    assert_non_null(strstr(seen, "theory, sync: The loop makes one call at a time"));
    sweep_fixture_close(&fixture);
}

static void numbers_that_are_not_figures_are_marked(void **state)
{
    static const struct {
        const char *name;
        uint64_t latency_us;
        bool is_lower_bound;
        unsigned failed, throughput;
        double client_cores, gateway_cores, backend_cores, busy_cores;
        const char *expected;
    } rows[] = {
        { "plain", 50000, false, 0, 20, 0, 0, 0, 0, "   20.0   50.0   50.0 1.00\n" },
        { "at least", 1250000, true, 0, 20, 0, 0, 0, 0, "   20.0  >1250  >1250 1.00\n" },
        { "at least seconds", 12800000, true, 0, 20, 0, 0, 0, 0, "   20.0 >12.8s >12.8s 1.00\n" },
        { "few answers", 900, false, 0, 4, 0, 0, 0, 0, "   4.00   0.90   0.90    - ~\n" },
        { "failures", 50000, false, 1, 20, 0, 0, 0, 0, "   20.0   50.0   50.0 1.00 !\n" },
        { "the client", 50000, false, 0, 20, 0.9, 0, 0, 0, "   20.0   50.0   50.0 1.00 c\n" },
        { "the gateway", 50000, false, 0, 20, 0, 0.95, 0, 0, "   20.0   50.0   50.0 1.00 g\n" },
        { "the backend", 50000, false, 0, 20, 0, 0, 0.95, 0, "   20.0   50.0   50.0 1.00 b\n" },
        { "the machine", 50000, false, 0, 20, 0, 0, 0, 2, "   20.0   50.0   50.0 1.00 m\n" },
        { "a great many", 50000, false, 0, 99999, 0, 0, 0, 0, "  99999   50.0   50.0 5000\n" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct sweep_fixture fixture;
        struct sweep_measurement measurement = sweep_fixture_measurement(rows[i].throughput, rows[i].latency_us);
        cleanup_buf struct buf text = { .base = NULL };
        sweep_fixture_open(&fixture, (const char *const[]){ "--modes=sync", "--clients=1", "--fan-out=1", NULL });
        for (size_t k = 0; k < SWEEP_PERCENTILE_COUNT; k++) {
            measurement.latency[k].is_lower_bound = rows[i].is_lower_bound;
        }
        measurement.failed[CALL_CONNECTION_REFUSED] = rows[i].failed;
        measurement.usage.client_cores = rows[i].client_cores;
        measurement.usage.gateway_cores = rows[i].gateway_cores;
        measurement.usage.backend_cores = rows[i].backend_cores;
        measurement.usage.machine_busy_cores = rows[i].busy_cores;
        sweep_fixture_fill(&fixture, &measurement);

        const char *seen = render(&text, &fixture.results, COLUMNS);

        assert_case(rows[i].name, strstr(seen, rows[i].expected) != NULL);
        sweep_fixture_close(&fixture);
    }
}

static void failures_are_told_loudly_by_their_causes(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement measurement = sweep_fixture_measurement(20, 50000);
    cleanup_buf struct buf text = { .base = NULL };
    (void)state;
    sweep_fixture_open(&fixture, (const char *const[]){ "--modes=sync", "--clients=8", "--fan-out=1", NULL });
    assert_null(strstr(render(&text, &fixture.results, COLUMNS), "FAILED"));
    measurement.refused = 2;
    measurement.refusal_status = 503;
    measurement.failed[CALL_CONNECTION_REFUSED] = 1;
    sweep_fixture_fill(&fixture, &measurement);

    const char *seen = render(&text, &fixture.results, COLUMNS);

    assert_non_null(strstr(seen, "FAILED sync, 8 clients, fan-out 1, 50ms: 3 x connection_refused\n"));
    assert_non_null(strstr(seen, "FAILED sync, 8 clients, fan-out 1, 50ms: 6 x status 503\n"));
    assert_non_null(strstr(seen, "9 requests FAILED"));
    sweep_fixture_close(&fixture);
}

static void a_table_fits_the_screen(void **state)
{
    static const unsigned widths[] = { 120, 92, 80, 40, 10 };
    struct sweep_fixture fixture;
    struct sweep_measurement measurement = sweep_fixture_measurement(20, 50000);
    cleanup_buf struct buf text = { .base = NULL };
    (void)state;
    sweep_fixture_open(&fixture, (const char *const[]){ "--clients=1,256", NULL });
    sweep_fixture_fill(&fixture, &measurement);

    for (size_t i = 0; i < array_length(widths); i++) {
        const char *seen = render(&text, &fixture.results, widths[i]);
        char *legend = strstr(text.base, "\nreq/s: ");
        assert_non_null(legend);
        *legend = '\0';

        assert_true(longest_row(seen) <= (widths[i] > 40 ? widths[i] : 40));
        assert_non_null(strstr(seen, "threads"));
    }
    sweep_fixture_close(&fixture);
}

static void what_was_not_measured_is_left_out(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement measurement = sweep_fixture_measurement(20, 50000);
    cleanup_buf struct buf text = { .base = NULL };
    (void)state;
    sweep_fixture_open(&fixture, (const char *const[]){ "--modes=sync,async", "--clients=1", NULL });
    sweep_results_add(&fixture.results, 0, &measurement);

    const char *seen = render(&text, &fixture.results, COLUMNS);

    assert_non_null(strstr(seen, "       1   20.0   50.0   50.0 1.00\n"));
    assert_null(strstr(seen, "fan-out 10"));
    sweep_fixture_close(&fixture);
}

static void rows_are_what_was_varied(void **state)
{
    static const struct {
        const char *word;
        const char *title, *head;
    } rows[] = {
        { "--rate=100", "open loop, delay 50ms, fan-out 1, up to 1000 connections\n", "\na second" },
        { "--case=cpu-bound", "Work instead of waiting: closed loop, delay 0s, fan-out 1, 4 clients\n", "\n   bytes" },
        { "--case=backend-limit", "the backend serves 4 at once\n", "\n clients" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct sweep_fixture fixture;
        struct sweep_measurement measurement = sweep_fixture_measurement(20, 50000);
        cleanup_buf struct buf text = { .base = NULL };
        sweep_fixture_open(&fixture, (const char *const[]){ rows[i].word, "--repeats=1", NULL });
        sweep_fixture_fill(&fixture, &measurement);

        const char *seen = render(&text, &fixture.results, COLUMNS);

        assert_case(rows[i].word, strstr(seen, rows[i].title) != NULL);
        assert_case(rows[i].word, strstr(seen, rows[i].head) != NULL);
        sweep_fixture_close(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_shows_modes_beside_each_other),
        cmocka_unit_test(numbers_that_are_not_figures_are_marked),
        cmocka_unit_test(failures_are_told_loudly_by_their_causes),
        cmocka_unit_test(a_table_fits_the_screen),
        cmocka_unit_test(what_was_not_measured_is_left_out),
        cmocka_unit_test(rows_are_what_was_varied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
