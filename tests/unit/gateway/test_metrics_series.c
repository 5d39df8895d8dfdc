/* SPDX-License-Identifier: MIT */
/*
 * Which series there are: what their labels may be, and how many there can be.
 */
#include "gateway/metrics_series.h"

#include <errno.h>
#include <stdio.h>

#include "tests/support/unit.h"
#include "tests/unit/gateway/metrics_bench.h"

/* ---- labels ---- */

static const struct {
    const char *name;
    struct str value;
    const char *label;
} labels[] = {
    { "plain", STR_STATIC("users"), "users" },
    { "nothing", STR_STATIC(""), "none" },
    { "a quote", STR_STATIC("a\"b"), "a\\\"b" },
    { "a backslash", STR_STATIC("a\\b"), "a\\\\b" },
    { "a line break", STR_STATIC("a\nb"), "a\\nb" },
    { "what a label must not end", STR_STATIC("\"} 1\nfake 2"), "\\\"} 1\\nfake 2" },
    { "UTF-8", STR_STATIC("z\xc3\xbcrich"), "z\xc3\xbcrich" },
    { "not UTF-8", STR_STATIC("a\xff\xc3"), "a\xef\xbf\xbd\xef\xbf\xbd" },
    { "a control byte", STR_STATIC("a\x01z"), "a\xef\xbf\xbdz" },
    { "NUL", STR_STATIC("a\0b"),
      "a\xef\xbf\xbd"
      "b" },
};

static void metrics_writes_every_label_value_safely(void **state)
{
    struct metrics_bench *bench = *state;

    for (size_t i = 0; i < array_length(labels); i++) {
        char name[128];
        metrics_count_call(bench->workers[0],
                           &(struct metrics_call){ .backend = labels[i].value, .attempts = (unsigned)i + 1 });
        metrics_bench_render(bench, 1);

        (void)snprintf(name, sizeof name, "fanlight_call_attempts_total{backend=\"%s\"}", labels[i].label);
        assert_case(labels[i].name, metrics_bench_value(bench, name) == (double)(i + 1));
    }
}

static void metrics_cuts_long_label_values_between_characters(void **state)
{
    struct metrics_bench *bench = *state;
    char route[512];
    char expected[512];
    memset(route, 'a', sizeof route);
    memcpy(route + 127, "\xc3\xbc", 2); /* its first byte would still fit */
    struct metrics_request request = request_200;
    request.route = (struct str){ route, 300 };
    struct metrics_request as_long = request;
    as_long.route.length = 400;

    metrics_count_request(bench->workers[0], &request);
    metrics_count_request(bench->workers[0], &as_long);
    metrics_bench_render(bench, 1);

    (void)snprintf(expected, sizeof expected, "fanlight_requests_total{route=\"%.127s\",mode=\"async\",status=\"200\"}",
                   route);
    assert_value(bench, expected, 2);
}

/* Of any length, wherever they differ; and they lie in the same place. */
static void metrics_tells_labels_apart_by_every_byte(void **state)
{
    enum { LENGTHS = 20 };
    struct metrics_bench *bench = *state;
    char server[LENGTHS + 1] = "";
    int expected = 0;

    for (size_t length = 1; length <= LENGTHS; length++) {
        for (size_t place = 0; place < length; place++) {
            const struct metrics_call call = { .backend = STR("b"), .server = { server, length }, .attempts = 1 };
            memset(server, 'a', sizeof server - 1);
            metrics_count_call(bench->workers[0], &call);
            server[place] = 'b';
            metrics_count_call(bench->workers[0], &call);
            expected++;
        }
    }
    metrics_bench_render(bench, 1);

    for (size_t length = 1; length <= LENGTHS; length++) {
        char name[128];
        memset(server, 'a', sizeof server - 1);
        (void)snprintf(name, sizeof name, "fanlight_calls_total{backend=\"b\",server=\"%.*s\",error=\"none\"}",
                       (int)length, server);
        assert_value(bench, name, length);
        for (size_t place = 0; place < length; place++) {
            memset(server, 'a', sizeof server - 1);
            server[place] = 'b';
            (void)snprintf(name, sizeof name, "fanlight_calls_total{backend=\"b\",server=\"%.*s\",error=\"none\"}",
                           (int)length, server);
            assert_value(bench, name, 1);
        }
    }
    assert_value(bench, "fanlight_call_attempts_total{backend=\"b\"}", 2 * expected);
}

static void metrics_makes_one_series_of_labels_that_look_alike(void **state)
{
    struct metrics_bench *bench = *state;
    static const struct str backends[] = { STR_STATIC("a\xff"), STR_STATIC("a\xfe"), STR_STATIC("a\x01") };

    for (size_t i = 0; i < array_length(backends); i++) {
        metrics_count_call(bench->workers[0], &(struct metrics_call){ .backend = backends[i], .attempts = 1 });
    }
    metrics_bench_render(bench, 1);

    assert_value(bench, "fanlight_call_attempts_total{backend=\"a\xef\xbf\xbd\"}", 3);
}

static void metrics_takes_statuses_that_are_none(void **state)
{
    static const int statuses[] = { 0, -1, 99, 1000, 2147483647 };
    struct metrics_bench *bench = *state;

    for (size_t i = 0; i < array_length(statuses); i++) {
        struct metrics_request request = request_200;
        request.status = statuses[i];
        metrics_count_request(bench->workers[0], &request);
    }
    metrics_bench_render(bench, 1);

    assert_value(bench, "fanlight_requests_total{route=\"/a\",mode=\"async\",status=\"none\"}", 5);
}

/* ---- bounds ---- */

#define OTHER_REQUESTS "fanlight_requests_total{route=\"other\",mode=\"other\",status=\"other\"}"

static void metrics_counts_what_is_too_much_as_other(void **state)
{
    struct metrics_bench *bench = *state;

    metrics_bench_count_routes(bench->workers[0], 0, METRICS_SERIES);
    metrics_bench_render(bench, 1);
    assert_value(bench, OTHER_REQUESTS, -1);
    metrics_bench_count_routes(bench->workers[0], 0, METRICS_SERIES + 10);
    metrics_bench_render(bench, 1);

    assert_value(bench, OTHER_REQUESTS, 10);
    assert_value(bench, "fanlight_requests_total{route=\"/route/7\",mode=\"async\",status=\"200\"}", 2);
    assert_true(metrics_bench_sum(bench, "fanlight_requests_total{") == 2.0 * METRICS_SERIES + 10);
}

/* Workers that saw different things: their union is bounded as well, and nothing is lost. */
static void metrics_bounds_the_series_of_all_workers_together(void **state)
{
    struct metrics_bench *bench = *state;

    for (size_t i = 0; i < METRICS_BENCH_WORKERS; i++) {
        metrics_bench_count_routes(bench->workers[i], i * METRICS_SERIES, METRICS_SERIES + 1);
    }
    metrics_bench_render(bench, METRICS_BENCH_WORKERS);

    assert_true(metrics_bench_sum(bench, "fanlight_requests_total{") ==
                (double)METRICS_BENCH_WORKERS * (METRICS_SERIES + 1));
    assert_true(metrics_bench_value(bench, OTHER_REQUESTS) > METRICS_SERIES);
}

static void metrics_bounds_backends_and_their_calls(void **state)
{
    struct metrics_bench *bench = *state;
    struct metrics_backend *last = NULL;

    for (size_t i = 0; i < METRICS_SERIES + 5; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "backend%zu", i);
        metrics_count_call(bench->workers[0], &(struct metrics_call){ .backend = str_of(name), .attempts = 1 });
        last = metrics_backend(bench->workers[0], str_of(name));
        assert_non_null(last);
    }
    metrics_bench_render(bench, 1);

    assert_ptr_equal(metrics_backend(bench->workers[0], STR("one more")), last);
    assert_value(bench, "fanlight_calls_total{backend=\"other\",server=\"other\",error=\"other\"}", 5);
    assert_value(bench, "fanlight_call_attempts_total{backend=\"other\"}", METRICS_SERIES + 5 - METRICS_BACKENDS);
}

static void metrics_keeps_one_series_for_other_also_if_something_has_that_name(void **state)
{
    struct metrics_bench *bench = *state;

    struct metrics_backend *by_name = metrics_backend(bench->workers[0], STR("other"));
    for (size_t i = 0; i < METRICS_BACKENDS + 1; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "backend%zu", i);
        (void)metrics_backend(bench->workers[0], str_of(name));
    }
    struct metrics_backend *by_chance = metrics_backend(bench->workers[0], STR("one more"));
    metrics_bench_render(bench, 1);

    assert_ptr_equal(by_name, by_chance);
}

static void metrics_shows_fewer_series_where_there_is_no_room(void **state)
{
    struct metrics_bench *bench = *state;
    buf_clear(&bench->text);
    buf_init(&bench->text, 128 * 1024);
    metrics_bench_count_routes(bench->workers[0], 0, METRICS_SERIES);

    metrics_bench_render(bench, 1);

    assert_true(metrics_bench_value(bench, OTHER_REQUESTS) > 0);
    assert_true(metrics_bench_sum(bench, "fanlight_requests_total{") == METRICS_SERIES);
}

static void metrics_that_do_not_fit_at_all_leave_the_buffer_as_it_was(void **state)
{
    struct metrics_bench *bench = *state;
    buf_clear(&bench->text);
    buf_init(&bench->text, 1000);
    (void)buf_add_text(&bench->text, "before");

    int result = metrics_render(bench->workers, METRICS_BENCH_WORKERS, &bench->process, &bench->text);

    assert_int_equal(result, -ENOBUFS);
    assert_text(buf_view(&bench->text), "before");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        metrics_test(metrics_writes_every_label_value_safely),
        metrics_test(metrics_cuts_long_label_values_between_characters),
        metrics_test(metrics_tells_labels_apart_by_every_byte),
        metrics_test(metrics_makes_one_series_of_labels_that_look_alike),
        metrics_test(metrics_takes_statuses_that_are_none),
        metrics_test(metrics_counts_what_is_too_much_as_other),
        metrics_test(metrics_bounds_the_series_of_all_workers_together),
        metrics_test(metrics_bounds_backends_and_their_calls),
        metrics_test(metrics_keeps_one_series_for_other_also_if_something_has_that_name),
        metrics_test(metrics_shows_fewer_series_where_there_is_no_room),
        metrics_test(metrics_that_do_not_fit_at_all_leave_the_buffer_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
