/* SPDX-License-Identifier: MIT */
/*
 * What workers hand over to the admin thread: how it is shown, and what bounds it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "common/clock.h"
#include "gateway/record_batch.h"
#include "tests/integration/admin_bench.h"
#include "tests/support/gate.h"
#include "tests/support/numbered_record.h"
#include "tests/support/unit.h"

static void requests_are_the_last_thousand_oldest_first(void **state)
{
    struct admin_bench *bench = *state;
    admin_bench_publish(bench, 1, 1500);
    admin_bench_wait_for_record(bench, 1500);

    cJSON *all = admin_bench_fetch_requests(bench, "/requests");
    cJSON *some = admin_bench_fetch_requests(bench, "/requests?limit=3");

    assert_int_equal(cJSON_GetArraySize(all), 1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(admin_bench_number_at(all, i), 501 + i);
    }
    assert_int_equal(cJSON_GetArraySize(some), 3);
    assert_int_equal(admin_bench_number_at(some, 0), 1498);
    assert_int_equal(admin_bench_number_at(some, 2), 1500);
    cJSON_Delete(all);
    cJSON_Delete(some);
}

static void records_are_bounded_in_bytes(void **state)
{
    enum { SIZE_BYTES = 200 * 1024 };
    struct admin_bench *bench = *state;
    cleanup_free char *target = malloc(SIZE_BYTES);
    char digits[NUMBER_BYTES];
    assert_non_null(target);
    memset(target, 'x', SIZE_BYTES);
    struct record large = numbered_record(100, digits);
    large.target = (struct str){ target, SIZE_BYTES };
    size_t packed_bytes = record_packed_bytes(&large);

    for (int i = 101; i <= 200; i++) { /* 20 MiB, one after the other so that none is dropped on its way */
        large = numbered_record(i, digits);
        large.target = (struct str){ target, SIZE_BYTES };
        account_feed_add(&bench->feed, &large);
        account_feed_flush(&bench->feed);
        admin_bench_wait_for_record(bench, i);
    }

    cJSON *array = admin_bench_fetch_requests(bench, "/requests");
    int count = cJSON_GetArraySize(array);
    assert_int_equal(count, 16 * 1024 * 1024 / packed_bytes);
    assert_int_equal(admin_bench_number_at(array, count - 1), 200);
    cJSON_Delete(array);
}

/* What a viewer is sent from event `id` on, `count` of them, of the records `number` and what follows. */
static void add_events(struct buf *text, int id, int number, int count)
{
    for (int i = 0; i < count; i++) {
        (void)buf_add_format(text, "id: %d\nevent: done\ndata: ", id + i);
        render_numbered(number + i, text);
        (void)buf_add_text(text, "\n\n");
    }
}

static void events_come_to_every_viewer_as_they_happen(void **state)
{
    struct admin_bench *bench = *state;
    struct client viewers[3];
    cleanup_buf struct buf expected;
    buf_init(&expected, 65536);
    (void)buf_add_text(&expected, ": connected\n\n");
    add_events(&expected, 1, 1, 2);
    (void)buf_add_byte(&expected, '\0');

    for (size_t i = 0; i < array_length(viewers); i++) {
        client_open(&viewers[i], bench->port);
        client_get(&viewers[i], "/events");
        client_wait_for_text(&viewers[i], ": connected\n\n"); /* nothing has happened yet */
    }
    admin_bench_publish(bench, 1, 2);

    for (size_t i = 0; i < array_length(viewers); i++) {
        client_wait_for_text(&viewers[i], expected.base);
        client_close(&viewers[i]);
    }
}

static void a_seventeenth_viewer_is_told_to_wait(void **state)
{
    enum { VIEWERS = 16 };
    struct admin_bench *bench = *state;
    struct client viewers[VIEWERS];
    cleanup_answer struct answer refused = ANSWER_NONE;
    struct client late;
    for (size_t i = 0; i < VIEWERS; i++) {
        client_open(&viewers[i], bench->port);
        client_get(&viewers[i], "/events");
        client_wait_for_text(&viewers[i], ": connected\n\n");
    }

    client_open(&late, bench->port);
    client_get(&late, "/events");
    client_read(&late, &refused);
    client_close(&viewers[0]);
    cleanup_answer struct answer answer = ANSWER_NONE;
    uint64_t start_us = clock_monotonic_us();
    do { /* until the place is free */
        client_get(&late, "/events");
        while (!client_poll(&late, &answer) && answer.status != 200 &&
               gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        }
    } while (answer.status == 503 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0);

    assert_int_equal(refused.status, 503);
    assert_text(answer_header(&refused, "Content-Type"), "application/problem+json");
    assert_int_equal(answer.status, 200);
    client_wait_for_text(&late, ": connected\n\n");
    client_close(&late);
    for (size_t i = 1; i < VIEWERS; i++) {
        client_close(&viewers[i]);
    }
}

/* ---- bounds ---- */

static void a_batch_that_is_too_much_is_refused(void **state)
{
    enum { TOO_MUCH = 8 * 1024 * 1024 };
    struct admin_bench *bench = *state;
    cleanup_free char *bytes = calloc(1, TOO_MUCH);
    assert_non_null(bytes);
    struct record_batch *batch = record_batch_new((struct str){ bytes, TOO_MUCH }, 1);
    assert_non_null(batch);

    assert_int_equal(admin_publish(bench->admin, batch), -ENOBUFS);
    admin_bench_publish(bench, 1, 1);

    admin_bench_wait_for_record(bench, 1);
}

/* A client that asks for much and reads nothing must not be able to have it all held for it, again and again. */
static void large_answers_are_counted(void **state)
{
    enum { LARGE = 32 * 1024 * 1024, AT_ONCE = 8 };
    struct admin_bench *bench = *state;
    struct client clients[AT_ONCE];
    cleanup_answer struct answer refused = ANSWER_NONE;
    cleanup_answer struct answer health = ANSWER_NONE;
    cleanup_answer struct answer answer = ANSWER_NONE;
    char *config = malloc(LARGE);
    assert_non_null(config);
    memset(config, ' ', LARGE);
    admin_set_config(bench->admin, config, LARGE);
    for (size_t i = 0; i < AT_ONCE; i++) {
        client_open(&clients[i], bench->port);
        client_get(&clients[i], "/config");
        assert_true(client_sees_input(&clients[i], TEST_PATIENCE_MS));
    }

    client_fetch(bench->port, "/metrics", &refused);
    client_fetch(bench->port, "/healthz", &health);
    for (size_t i = 0; i < AT_ONCE; i++) {
        client_reset(&clients[i]);
    }
    uint64_t start_us = clock_monotonic_us();
    do {
        client_fetch(bench->port, "/metrics", &answer);
    } while (answer.status == 503 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0);

    assert_int_equal(refused.status, 503);
    assert_int_equal(health.status, 200);
    assert_int_equal(answer.status, 200);
}

/* ---- threads ---- */

enum { RECORDS_PER_WORKER = 20000 };

struct flood {
    pthread_t thread;
    struct admin *admin;
    struct metrics *metrics;
};

/* As a worker does: counts, and hands over what it has in each turn. */
static void *run_flood(void *context)
{
    struct flood *flood = context;
    struct account_feed feed;
    char digits[NUMBER_BYTES];
    struct record record = numbered_record(0, digits);

    account_feed_init(&feed, flood->admin, flood->metrics);
    for (size_t i = 0; i < RECORDS_PER_WORKER; i++) {
        metrics_count_request(flood->metrics,
                              &(struct metrics_request){ .route = STR("/a"), .status = 200 + (int)(i % 300) });
        account_feed_add(&feed, &record);
        if (i % 16 == 0) {
            (void)account_feed_hand_over(&feed, clock_monotonic_us());
        }
    }
    account_feed_flush(&feed);
    account_feed_clear(&feed);
    return NULL;
}

static double metric_of(const struct admin_bench *bench, const char *name)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    char line_begin[128];

    (void)snprintf(line_begin, sizeof line_begin, "\n%s ", name);
    client_fetch(bench->port, "/metrics", &answer);
    assert_int_equal(answer.status, 200);
    const char *place = memmem(answer.body.base, answer.body.length, line_begin, strlen(line_begin));
    assert_non_null(place);
    return strtod(place + strlen(line_begin), NULL);
}

/* Every record is shown or counted as dropped, whatever else is asked for meanwhile. */
static void nothing_is_lost_without_being_counted(void **state)
{
    struct admin_bench *bench = *state;
    struct flood floods[ADMIN_BENCH_WORKERS];
    struct client viewer;
    cleanup_buf struct buf expected;
    buf_init(&expected, 65536);

    for (size_t i = 0; i < ADMIN_BENCH_WORKERS; i++) {
        floods[i] = (struct flood){ .admin = bench->admin, .metrics = bench->workers[i] };
        assert_int_equal(pthread_create(&floods[i].thread, NULL, run_flood, &floods[i]), 0);
    }
    for (int i = 0; i < 20; i++) {
        char config[32];
        int length = snprintf(config, sizeof config, "{\"n\":%d}", i);
        cJSON_Delete(admin_bench_fetch_requests(bench, "/requests?limit=10"));
        (void)metric_of(bench, "fanlight_client_connections");
        admin_set_config(bench->admin, strdup(config), (size_t)length);
    }
    for (size_t i = 0; i < ADMIN_BENCH_WORKERS; i++) {
        assert_int_equal(pthread_join(floods[i].thread, NULL), 0);
    }
    double dropped = metric_of(bench, "fanlight_account_records_dropped_total");
    admin_bench_publish(bench, 1, 1);
    admin_bench_wait_for_record(bench, 1);
    client_open(&viewer, bench->port);
    client_get(&viewer, "/events");
    client_wait_for_text(&viewer, ": connected\n\n");
    admin_bench_publish(bench, 2, 1);

    add_events(&expected, ADMIN_BENCH_WORKERS * RECORDS_PER_WORKER - (int)dropped + 2, 2, 1);
    (void)buf_add_byte(&expected, '\0');
    client_wait_for_text(&viewer, expected.base);
    client_close(&viewer);
}

/* So many that it takes the admin thread a while. */
static void publish_crowd(struct admin_bench *bench)
{
    enum { BYTES = 1024 * 1024 };
    cleanup_buf struct buf records;

    buf_init(&records, BYTES);
    while (!records.failed) {
        pack_numbered(1, &records);
    }
    struct record_batch *batch = record_batch_new(buf_view(&records), 1);
    assert_non_null(batch);
    assert_int_equal(admin_publish(bench->admin, batch), 0);
}

/* The leak sanitizer looks on. */
static void what_is_on_its_way_when_it_stops_is_freed(void **state)
{
    struct admin_bench *bench = *state;
    struct client viewer;
    client_open(&viewer, bench->port);
    client_get(&viewer, "/events");
    client_wait_for_text(&viewer, ": connected\n\n");

    publish_crowd(bench);
    for (int i = 0; i < 1000; i++) { /* while it is busy with that */
        admin_bench_publish(bench, i, 1);
    }
    admin_stop(take_pointer(bench->admin));

    uint64_t start_us = clock_monotonic_us();
    while (!viewer.is_at_end && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        client_gather(&viewer);
    }
    assert_true(viewer.is_at_end);
    client_close(&viewer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        admin_test(requests_are_the_last_thousand_oldest_first), admin_test(records_are_bounded_in_bytes),
        admin_test(events_come_to_every_viewer_as_they_happen),  admin_test(a_seventeenth_viewer_is_told_to_wait),
        admin_test(a_batch_that_is_too_much_is_refused),         admin_test(large_answers_are_counted),
        admin_test(nothing_is_lost_without_being_counted),       admin_test(what_is_on_its_way_when_it_stops_is_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
