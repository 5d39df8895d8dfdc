/* SPDX-License-Identifier: MIT */
#include "gateway/metrics.h"

#include <pthread.h>
#include <stdio.h>

#include "tests/support/unit.h"
#include "tests/unit/gateway/metrics_bench.h"

static const struct metrics_call good_call = {
    .backend = STR_STATIC("users"), .server = STR_STATIC("http://127.0.0.1:9001"), .attempts = 1, .duration_us = 1500
};

/* ---- counting ---- */

static void metrics_counts_requests_by_route_mode_and_status(void **state)
{
    struct metrics_bench *bench = *state;
    struct metrics_request other_status = request_200;
    struct metrics_request other_mode = request_200;
    struct metrics_request other_route = request_200;
    other_status.status = 502;
    other_mode.mode = STR("sync");
    other_route.route = STR("/a/b");

    metrics_count_request(bench->workers[0], &request_200);
    metrics_count_request(bench->workers[0], &request_200);
    metrics_count_request(bench->workers[0], &other_status);
    metrics_count_request(bench->workers[0], &other_mode);
    metrics_count_request(bench->workers[0], &other_route);
    metrics_bench_render(bench, 1);

    assert_value(bench, "fanlight_requests_total{route=\"/a\",mode=\"async\",status=\"200\"}", 2);
    assert_value(bench, "fanlight_requests_total{route=\"/a\",mode=\"async\",status=\"502\"}", 1);
    assert_value(bench, "fanlight_requests_total{route=\"/a\",mode=\"sync\",status=\"200\"}", 1);
    assert_value(bench, "fanlight_requests_total{route=\"/a/b\",mode=\"async\",status=\"200\"}", 1);
}

static const struct {
    uint64_t duration_us;
    const char *bucket;       /* the first that counts it */
    const char *bucket_below; /* the last that does not; NULL: it is the first of all */
} durations[] = {
    { 0, "0.0005", NULL },      { 500, "0.0005", NULL },      { 501, "0.001", "0.0005" }, { 1000, "0.001", "0.0005" },
    { 99999, "0.1", "0.05" },   { 100000, "0.1", "0.05" },    { 100001, "0.25", "0.1" },  { 60000000, "60", "30" },
    { 60000001, "+Inf", "60" }, { 9999999999, "+Inf", "60" },
};

static void assert_bucket(const struct metrics_bench *bench, const char *route, const char *bound, int expected)
{
    char name[128];

    (void)snprintf(name, sizeof name,
                   "fanlight_request_duration_seconds_bucket{route=\"%s\",mode=\"async\",status=\"200\",le=\"%s\"}",
                   route, bound);
    assert_value(bench, name, expected);
}

static void metrics_histogram_buckets_hold_all_up_to_their_bound(void **state)
{
    struct metrics_bench *bench = *state;

    for (size_t i = 0; i < array_length(durations); i++) {
        char route[16];
        struct metrics_request request = request_200;
        (void)snprintf(route, sizeof route, "/%zu", i);
        request.route = str_of(route);
        request.duration_us = durations[i].duration_us;

        metrics_count_request(bench->workers[0], &request);
        metrics_bench_render(bench, 1);

        assert_bucket(bench, route, durations[i].bucket, 1);
        if (durations[i].bucket_below != NULL) {
            assert_bucket(bench, route, durations[i].bucket_below, 0);
        }
        assert_bucket(bench, route, "+Inf", 1);
    }
}

static void metrics_histogram_says_sum_and_count(void **state)
{
    struct metrics_bench *bench = *state;
    struct metrics_request long_one = request_200;
    long_one.duration_us = 12000042;

    metrics_count_request(bench->workers[0], &request_200);
    metrics_count_request(bench->workers[0], &long_one);
    metrics_bench_render(bench, 1);

#define LABELS "{route=\"/a\",mode=\"async\",status=\"200\"}"
    assert_value(bench, "fanlight_request_duration_seconds_count" LABELS, 2);
    assert_non_null(memmem(bench->text.base, bench->text.length,
                           "fanlight_request_duration_seconds_sum" LABELS " 12.001542\n",
                           strlen("fanlight_request_duration_seconds_sum" LABELS " 12.001542\n")));
#undef LABELS
}

static void metrics_counts_calls_by_backend_server_and_error(void **state)
{
    struct metrics_bench *bench = *state;
    struct metrics_call failed = good_call;
    failed.error = STR("connection_refused");
    failed.attempts = 2;
    failed.is_reused = true;

    metrics_count_call(bench->workers[0], &good_call);
    metrics_count_call(bench->workers[0], &good_call);
    metrics_count_call(bench->workers[0], &failed);
    metrics_bench_render(bench, 1);

#define SERVER "{backend=\"users\",server=\"http://127.0.0.1:9001\",error="
    assert_value(bench, "fanlight_calls_total" SERVER "\"none\"}", 2);
    assert_value(bench, "fanlight_calls_total" SERVER "\"connection_refused\"}", 1);
#undef SERVER
    assert_value(bench, "fanlight_call_duration_seconds_count{backend=\"users\"}", 3);
    assert_value(bench, "fanlight_call_attempts_total{backend=\"users\"}", 4);
    assert_value(bench, "fanlight_calls_reused_total{backend=\"users\"}", 1);
}

static void metrics_adds_up_what_the_workers_counted(void **state)
{
    struct metrics_bench *bench = *state;

    for (size_t i = 0; i < METRICS_BENCH_WORKERS; i++) {
        struct metrics_backend *backend = metrics_backend(bench->workers[i], STR("users"));
        metrics_count_request(bench->workers[i], &request_200);
        metrics_count_call(bench->workers[i], &good_call);
        metrics_set(bench->workers[i], METRICS_CONNECTIONS, 99);
        metrics_set(bench->workers[i], METRICS_CONNECTIONS, i);
        metrics_set(bench->workers[i], METRICS_REQUESTS_IN_FLIGHT, 10);
        metrics_add(bench->workers[i], METRICS_ACCEPTED, 2);
        metrics_add(bench->workers[i], METRICS_ACCEPTED, 1);
        metrics_add(bench->workers[i], METRICS_SHED, 5);
        metrics_add(bench->workers[i], METRICS_RECORDS_DROPPED, 7);
        atomic_store(&backend->in_flight, 4);
        atomic_store(&backend->queued, i);
    }
    metrics_bench_render(bench, METRICS_BENCH_WORKERS);

    assert_value(bench, "fanlight_requests_total{route=\"/a\",mode=\"async\",status=\"200\"}", 3);
    assert_value(bench, "fanlight_call_duration_seconds_count{backend=\"users\"}", 3);
    assert_value(bench, "fanlight_client_connections", 3);
    assert_value(bench, "fanlight_requests_in_flight", 30);
    assert_value(bench, "fanlight_client_connections_accepted_total", 9);
    assert_value(bench, "fanlight_requests_shed_total", 15);
    assert_value(bench, "fanlight_account_records_dropped_total", 21);
    assert_value(bench, "fanlight_calls_in_flight{backend=\"users\"}", 12);
    assert_value(bench, "fanlight_calls_queued{backend=\"users\"}", 3);
}

static void metrics_says_which_worker_has_how_many_connections(void **state)
{
    struct metrics_bench *bench = *state;

    for (size_t i = 0; i < METRICS_BENCH_WORKERS; i++) {
        metrics_set(bench->workers[i], METRICS_CONNECTIONS, 10 + i);
        metrics_add(bench->workers[i], METRICS_ACCEPTED, 20 + i);
    }
    metrics_bench_render(bench, METRICS_BENCH_WORKERS);

    assert_value(bench, "fanlight_connections{worker=\"0\"}", 10);
    assert_value(bench, "fanlight_connections{worker=\"2\"}", 12);
    assert_value(bench, "fanlight_connections_accepted_total{worker=\"0\"}", 20);
    assert_value(bench, "fanlight_connections_accepted_total{worker=\"2\"}", 22);
    assert_value(bench, "fanlight_connections{worker=\"3\"}", -1); /* there is none */
    assert_true(metrics_bench_sum(bench, "fanlight_connections{") ==
                metrics_bench_value(bench, "fanlight_client_connections"));
    assert_true(metrics_bench_sum(bench, "fanlight_connections_accepted_total{") ==
                metrics_bench_value(bench, "fanlight_client_connections_accepted_total"));
}

/* A place is no name: after a reload, something else may lie there. */
static void metrics_tells_labels_apart_that_lie_in_the_same_place(void **state)
{
    struct metrics_bench *bench = *state;
    char route[] = "/a";
    char server[] = "one:1";
    char backend[] = "x";
    const struct metrics_request request = { .route = str_of(route), .mode = STR("async"), .status = 200 };
    const struct metrics_call call = { .backend = str_of(backend), .server = str_of(server), .attempts = 1 };

    metrics_count_request(bench->workers[0], &request);
    metrics_count_call(bench->workers[0], &call);
    route[1] = 'b';
    server[4] = '2';
    metrics_count_request(bench->workers[0], &request);
    metrics_count_call(bench->workers[0], &call);
    backend[0] = 'y';
    metrics_count_call(bench->workers[0], &call);
    metrics_count_call(bench->workers[0], &call);
    metrics_bench_render(bench, 1);

    assert_value(bench, "fanlight_requests_total{route=\"/a\",mode=\"async\",status=\"200\"}", 1);
    assert_value(bench, "fanlight_requests_total{route=\"/b\",mode=\"async\",status=\"200\"}", 1);
    assert_value(bench, "fanlight_calls_total{backend=\"x\",server=\"one:1\",error=\"none\"}", 1);
    assert_value(bench, "fanlight_calls_total{backend=\"x\",server=\"one:2\",error=\"none\"}", 1);
    assert_value(bench, "fanlight_calls_total{backend=\"y\",server=\"one:2\",error=\"none\"}", 2);
    assert_value(bench, "fanlight_call_attempts_total{backend=\"x\"}", 2);
    assert_value(bench, "fanlight_call_attempts_total{backend=\"y\"}", 2);
}

static void metrics_gives_the_same_gauges_for_the_same_backend(void **state)
{
    struct metrics_bench *bench = *state;

    struct metrics_backend *users = metrics_backend(bench->workers[0], STR("users"));
    struct metrics_backend *orders = metrics_backend(bench->workers[0], STR("orders"));
    metrics_count_call(bench->workers[0], &good_call);

    assert_ptr_equal(metrics_backend(bench->workers[0], STR("users")), users);
    assert_ptr_not_equal(orders, users);
    assert_ptr_not_equal(metrics_backend(bench->workers[1], STR("users")), users);
}

/* ---- the process ---- */

static void metrics_says_how_the_configuration_came_about(void **state)
{
    static const struct {
        const char *name;
        uint64_t good, bad;
        bool is_last_good;
        int success;
    } cases[] = {
        { "no reload yet", 0, 0, false, 1 },
        { "a good one", 1, 0, true, 1 },
        { "a bad one", 0, 1, false, 0 },
        { "a bad one, then a good one", 1, 1, true, 1 },
        { "a good one, then a bad one", 1, 1, false, 0 },
    };
    struct metrics_bench *bench = *state;

    for (size_t i = 0; i < array_length(cases); i++) {
        atomic_store(&bench->process.reloads_good, cases[i].good);
        atomic_store(&bench->process.reloads_bad, cases[i].bad);
        atomic_store(&bench->process.is_last_reload_good, cases[i].is_last_good);
        metrics_bench_render(bench, 0);

        const char *name = cases[i].name;
        assert_case(name, metrics_bench_value(bench, "fanlight_config_last_reload_success") == cases[i].success);
        assert_case(name, metrics_bench_value(bench, "fanlight_config_reloads_total{result=\"good\"}") ==
                              (double)cases[i].good);
        assert_case(name, metrics_bench_value(bench, "fanlight_config_reloads_total{result=\"bad\"}") ==
                              (double)cases[i].bad);
        assert_case(name, metrics_bench_value(bench, "fanlight_config_loaded_timestamp_seconds") == -1);
    }
}

static void metrics_says_what_runs_and_since_when(void **state)
{
    struct metrics_bench *bench = *state;
    bench->process.version = "1.2.3";
    bench->process.libraries = "libmicrohttpd 0.9.75, libcurl \"7\"";
    bench->process.started_wall_us = 1700000000250000;
    atomic_store(&bench->process.config_loaded_wall_us, 1700000001500000);

    metrics_bench_render(bench, 0);

    assert_value(bench, "fanlight_build_info{version=\"1.2.3\",libraries=\"libmicrohttpd 0.9.75, libcurl \\\"7\\\"\"}",
                 1);
    assert_value(bench, "process_start_time_seconds", 1700000000.25);
    assert_value(bench, "fanlight_config_loaded_timestamp_seconds", 1700000001.5);
    assert_true(metrics_bench_value(bench, "process_cpu_seconds_total") > 0);
    assert_true(metrics_bench_value(bench, "process_resident_memory_bytes") > 0);
    assert_true(metrics_bench_value(bench, "process_open_fds") > 0);
    assert_true(metrics_bench_value(bench, "process_max_fds") > 0);
    assert_true(metrics_bench_value(bench, "process_threads") >= 1);
}

/* ---- threads ---- */

enum { ROUNDS = 20, ROUTES = 300 };

static void *count_much(void *metrics)
{
    for (size_t i = 0; i < ROUNDS; i++) {
        metrics_bench_count_routes(metrics, 0, ROUTES);
    }
    return NULL;
}

/* The thread sanitizer looks on. */
static void metrics_can_be_read_while_they_are_counted(void **state)
{
    struct metrics_bench *bench = *state;
    pthread_t writers[METRICS_BENCH_WORKERS];
    double before = 0;

    for (size_t i = 0; i < METRICS_BENCH_WORKERS; i++) {
        assert_int_equal(pthread_create(&writers[i], NULL, count_much, bench->workers[i]), 0);
    }
    for (int i = 0; i < 10; i++) {
        metrics_bench_render(bench, METRICS_BENCH_WORKERS);
        double now = metrics_bench_sum(bench, "fanlight_requests_total{");
        assert_true(now >= before);
        before = now;
    }
    for (size_t i = 0; i < METRICS_BENCH_WORKERS; i++) {
        assert_int_equal(pthread_join(writers[i], NULL), 0);
    }
    metrics_bench_render(bench, METRICS_BENCH_WORKERS);

    assert_true(metrics_bench_sum(bench, "fanlight_requests_total{") ==
                (double)METRICS_BENCH_WORKERS * ROUNDS * ROUTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        metrics_test(metrics_counts_requests_by_route_mode_and_status),
        metrics_test(metrics_histogram_buckets_hold_all_up_to_their_bound),
        metrics_test(metrics_histogram_says_sum_and_count),
        metrics_test(metrics_counts_calls_by_backend_server_and_error),
        metrics_test(metrics_adds_up_what_the_workers_counted),
        metrics_test(metrics_says_which_worker_has_how_many_connections),
        metrics_test(metrics_tells_labels_apart_that_lie_in_the_same_place),
        metrics_test(metrics_gives_the_same_gauges_for_the_same_backend),
        metrics_test(metrics_says_how_the_configuration_came_about),
        metrics_test(metrics_says_what_runs_and_since_when),
        metrics_test(metrics_can_be_read_while_they_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
