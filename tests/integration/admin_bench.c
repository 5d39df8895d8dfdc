/* SPDX-License-Identifier: MIT */
#include "tests/integration/admin_bench.h"

#include <poll.h>
#include <stdio.h>

#include "common/clock.h"
#include "common/listener.h"
#include "tests/support/gate.h"
#include "tests/support/numbered_record.h"
#include "tests/support/unit.h"

int admin_bench_setup(void **state)
{
    static const struct address any_port = { .host = "127.0.0.1" };
    struct admin_bench *bench = calloc(1, sizeof *bench);
    struct error error;
    char text[64];

    assert_non_null(bench);
    for (size_t i = 0; i < ADMIN_BENCH_WORKERS; i++) {
        bench->workers[i] = metrics_new();
        assert_non_null(bench->workers[i]);
    }
    int descriptor = listener_open(&any_port, &error);
    assert_true(descriptor >= 0);
    listener_bound_address(descriptor, text, sizeof text);
    bench->port = (uint16_t)strtoul(strrchr(text, ':') + 1, NULL, 10);
    struct admin_settings settings = {
        .listening_descriptor = descriptor,
        .is_draining = &bench->is_draining,
        .workers = bench->workers,
        .worker_count = ADMIN_BENCH_WORKERS,
        .process = &bench->process,
    };
    bench->admin = admin_start(&settings, &error);
    assert_non_null(bench->admin);
    account_feed_init(&bench->feed, bench->admin, bench->workers[0]);
    *state = bench;
    return 0;
}

int admin_bench_teardown(void **state)
{
    struct admin_bench *bench = *state;

    account_feed_clear(&bench->feed);
    admin_stop(bench->admin);
    for (size_t i = 0; i < ADMIN_BENCH_WORKERS; i++) {
        metrics_free(bench->workers[i]);
    }
    free(bench);
    return 0;
}

void admin_bench_publish(struct admin_bench *bench, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        char digits[NUMBER_BYTES];
        struct record record = numbered_record(i, digits);
        account_feed_add(&bench->feed, &record);
    }
    account_feed_flush(&bench->feed);
}

cJSON *admin_bench_fetch_requests(const struct admin_bench *bench, const char *target)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_fetch(bench->port, target, &answer);
    assert_int_equal(answer.status, 200);
    assert_text(answer_header(&answer, "Content-Type"), "application/json");
    assert_text(answer_header(&answer, "Cache-Control"), "no-store");
    cJSON *array = cJSON_ParseWithLength(answer.body.base, answer.body.length);
    assert_true(cJSON_IsArray(array));
    return array;
}

int admin_bench_number_at(const cJSON *array, int index)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(array, index), "request_id");

    assert_true(cJSON_IsString(id));
    return (int)strtol(id->valuestring, NULL, 10);
}

void admin_bench_wait_for_record(const struct admin_bench *bench, int number)
{
    uint64_t start_us = clock_monotonic_us();
    bool is_there = false;

    while (!is_there && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        cJSON *array = admin_bench_fetch_requests(bench, "/requests?limit=1");
        is_there = cJSON_GetArraySize(array) == 1 && admin_bench_number_at(array, 0) == number;
        cJSON_Delete(array);
        (void)poll(NULL, 0, is_there ? 0 : 1); /* it has to be dealt with, too */
    }
    assert_true(is_there);
}

bool answer_has(const struct answer *answer, const char *text)
{
    return answer->body.length > 0 && memmem(answer->body.base, answer->body.length, text, strlen(text)) != NULL;
}

void client_wait_for_text(struct client *client, const char *text)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    uint64_t start_us = clock_monotonic_us();

    while (!client_poll(client, &answer) && !answer_has(&answer, text)) {
        struct pollfd entry = { .fd = client->descriptor, .events = POLLIN };
        if (poll(&entry, 1, gate_milliseconds_left(start_us, TEST_PATIENCE_MS)) <= 0) {
            break;
        }
    }
    if (!answer_has(&answer, text)) {
        fail_msg("no \"%s\" in \"%.*s\"", text, STR_ARGUMENTS(answer_body(&answer)));
    }
}
