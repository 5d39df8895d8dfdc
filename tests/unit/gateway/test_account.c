/* SPDX-License-Identifier: MIT */
#include "gateway/account.h"

#include <errno.h>

#include "common/json_scan.h"
#include "tests/support/unit.h"

enum { CALLS_MAXIMUM = 300, LIMIT = 256 * 1024, HEAD_READ_US = 1000 };

#define VIEW(literal)                                                                                                  \
    {                                                                                                                  \
        "" literal, sizeof(literal) - 1                                                                                \
    }

/* An account over the calls of one array. */
struct fixture {
    const struct call_account *pointers[CALLS_MAXIMUM];
    struct account account;
};

static const struct account *account_of(struct fixture *fixture, const struct call_account *calls, size_t count,
                                        uint64_t done_us)
{
    for (size_t i = 0; i < count; i++) {
        fixture->pointers[i] = &calls[i];
    }
    fixture->account = (struct account){
        .head_read_us = HEAD_READ_US, .done_us = done_us, .calls = fixture->pointers, .call_count = count
    };
    return &fixture->account;
}

/* ---- shares ---- */

struct times {
    uint64_t queued_us;
    uint64_t started_us;
    uint64_t done_us;
};

struct share_row {
    const char *name;
    struct times calls[3];
    size_t call_count;
    uint64_t done_us;
    struct account_shares shares; /* total, calls, queue, own */
};

/* The head is read at 1000. */
static const struct share_row share_rows[] = {
    { "no call: all of it is our own", { { 0, 0, 0 } }, 0, 1500, { 500, 0, 0, 500 } },
    { "one call", { { 1010, 1010, 1400 } }, 1, 1500, { 500, 390, 0, 110 } },
    { "a wait before the call", { { 1010, 1100, 1400 } }, 1, 1500, { 500, 300, 90, 110 } },
    { "two at the same time", { { 1010, 1010, 1400 }, { 1020, 1020, 1300 } }, 2, 1500, { 500, 390, 0, 110 } },
    { "two one after the other, the second waits meanwhile",
      { { 1010, 1010, 1200 }, { 1010, 1200, 1400 } },
      2,
      1500,
      { 500, 390, 0, 110 } },
    { "both wait at first", { { 1010, 1050, 1200 }, { 1010, 1100, 1400 } }, 2, 1500, { 500, 350, 40, 110 } },
    { "a gap between two", { { 1010, 1010, 1200 }, { 1300, 1300, 1400 } }, 2, 1500, { 500, 290, 0, 210 } },
    { "a wait in the gap", { { 1010, 1010, 1200 }, { 1150, 1300, 1400 } }, 2, 1500, { 500, 290, 100, 110 } },
    { "never started, done in the queue", { { 1010, 0, 1400 } }, 1, 1500, { 500, 0, 390, 110 } },
    { "never queued", { { 0, 0, 1400 } }, 1, 1500, { 500, 0, 0, 500 } },
    { "not done yet", { { 1010, 1100, 0 } }, 1, 1500, { 500, 400, 90, 10 } },
    { "done after the request, which did not wait", { { 1010, 1100, 9000 } }, 1, 1500, { 500, 400, 90, 10 } },
    { "queued before the head was read", { { 900, 950, 1400 } }, 1, 1500, { 500, 400, 0, 100 } },
    { "a request that took no time", { { 1000, 1000, 1000 } }, 1, 1000, { 0, 0, 0, 0 } },
    { "a request that is not done", { { 1010, 1010, 1400 } }, 1, 0, { 0, 0, 0, 0 } },
    { "three in a row under one that lasts",
      { { 1100, 1100, 1200 }, { 1300, 1300, 1400 }, { 1000, 1000, 1500 } },
      3,
      1500,
      { 500, 500, 0, 0 } },
};

static bool shares_equal(struct account_shares a, struct account_shares b)
{
    return a.total_us == b.total_us && a.calls_us == b.calls_us && a.queue_us == b.queue_us && a.own_us == b.own_us;
}

static void account_shares_add_up_to_the_total(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(share_rows); i++) {
        struct call_account calls[3] = { { .status = 0 } };
        struct fixture fixture;
        for (size_t j = 0; j < share_rows[i].call_count; j++) {
            calls[j].queued_us = share_rows[i].calls[j].queued_us;
            calls[j].started_us = share_rows[i].calls[j].started_us;
            calls[j].done_us = share_rows[i].calls[j].done_us;
        }

        struct account_shares shares =
            account_shares(account_of(&fixture, calls, share_rows[i].call_count, share_rows[i].done_us));

        if (!shares_equal(shares, share_rows[i].shares)) {
            fail_msg("%s: calls %d, queue %d, own %d", share_rows[i].name, (int)shares.calls_us, (int)shares.queue_us,
                     (int)shares.own_us);
        }
        assert_case(share_rows[i].name, shares.total_us == shares.calls_us + shares.queue_us + shares.own_us);
    }
}

/* More calls apart from each other than the sweep has places for. */
static void account_shares_stay_whole_with_many_calls_apart(void **state)
{
    struct call_account calls[CALLS_MAXIMUM] = { { .status = 0 } };
    struct fixture fixture;
    (void)state;
    for (size_t i = 0; i < CALLS_MAXIMUM; i++) {
        calls[i].queued_us = HEAD_READ_US + i * 100;
        calls[i].started_us = calls[i].queued_us + 20;
        calls[i].done_us = calls[i].queued_us + 50;
    }

    struct account_shares shares =
        account_shares(account_of(&fixture, calls, CALLS_MAXIMUM, HEAD_READ_US + CALLS_MAXIMUM * 100));

    assert_int_equal(shares.total_us, CALLS_MAXIMUM * 100);
    assert_int_equal(shares.total_us, shares.calls_us + shares.queue_us + shares.own_us);
    assert_in_range(shares.calls_us, CALLS_MAXIMUM * 30, CALLS_MAXIMUM * 50);
}

/* ---- JSON ---- */

static const struct call_account good_call = {
    .name = VIEW("task1"),
    .backend = VIEW("default"),
    .server = VIEW("127.0.0.1:9000"),
    .status = 200,
    .attempts = 1,
    .body_bytes = 21,
    .queued_us = 1010,
    .started_us = 1020,
    .connected_us = 1120,
    .sent_us = 1130,
    .first_byte_us = 3000,
    .done_us = 3100,
};

static void account_json_tells_all_of_a_call(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    int result = account_render_json(account_of(&fixture, &good_call, 1, 3200), &json);

    assert_int_equal(result, 0);
    assert_text(
        buf_view(&json),
        ",\"total_us\":2200,\"queue_us\":10,\"own_us\":110,\"calls\":[{\"name\":\"task1\",\"backend\":\"default\","
        "\"server\":\"127.0.0.1:9000\",\"status\":200,\"error\":null,\"attempts\":1,\"reused\":false,\"bytes\":21,"
        "\"queued_us\":10,\"started_us\":20,\"connected_us\":120,\"sent_us\":130,\"first_byte_us\":2000,"
        "\"done_us\":2100}]");
}

static void account_json_says_null_for_what_did_not_happen(void **state)
{
    const struct call_account calls[] = {
        { .name = VIEW("a"), .error = CALL_CONNECTION_REFUSED, .attempts = 1, .queued_us = 1000, .done_us = 1001 },
        { .name = VIEW("b"), .is_reused = true, .error = CALL_CANCELLED },
    };
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    int result = account_render_json(account_of(&fixture, calls, array_length(calls), 1002), &json);

    assert_int_equal(result, 0);
    assert_text(
        buf_view(&json),
        ",\"total_us\":2,\"queue_us\":1,\"own_us\":1,\"calls\":["
        "{\"name\":\"a\",\"backend\":\"\",\"server\":\"\",\"status\":null,\"error\":\"connection_refused\","
        "\"attempts\":1,\"reused\":false,\"bytes\":0,\"queued_us\":0,\"started_us\":null,\"connected_us\":null,"
        "\"sent_us\":null,\"first_byte_us\":null,\"done_us\":1},"
        "{\"name\":\"b\",\"backend\":\"\",\"server\":\"\",\"status\":null,\"error\":\"cancelled\","
        "\"attempts\":0,\"reused\":true,\"bytes\":0,\"queued_us\":null,\"started_us\":null,\"connected_us\":null,"
        "\"sent_us\":null,\"first_byte_us\":null,\"done_us\":null}]");
}

static void account_json_of_no_call_has_an_empty_list(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    int result = account_render_json(account_of(&fixture, NULL, 0, 1040), &json);

    assert_int_equal(result, 0);
    assert_text(buf_view(&json), ",\"total_us\":40,\"queue_us\":0,\"own_us\":40,\"calls\":[]");
}

static void account_json_escapes_the_server(void **state)
{
    const struct call_account call = { .name = VIEW("a"), .server = VIEW("x\"\n:1") };
    struct fixture fixture;
    cleanup_buf struct buf json;
    cleanup_buf struct buf whole;
    (void)state;
    buf_init(&json, LIMIT);
    buf_init(&whole, LIMIT);

    assert_int_equal(account_render_json(account_of(&fixture, &call, 1, 1040), &json), 0);
    (void)buf_add_format(&whole, "{\"event\":\"done\"%.*s}", STR_ARGUMENTS(buf_view(&json)));

    assert_int_equal(json_scan_check(buf_view(&whole), JSON_SCAN_DEPTH, NULL), 0);
    assert_int_equal(str_find(buf_view(&json), '\n'), json.length);
}

static void account_json_over_the_limit_is_an_error(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, 100);

    assert_int_equal(account_render_json(account_of(&fixture, &good_call, 1, 3200), &json), -ENOBUFS);
}

/* ---- outcomes ---- */

static const struct call_account three_calls[] = {
    { .name = VIEW("a"), .status = 200, .queued_us = 1000, .started_us = 1100, .done_us = 3499 },
    { .name = VIEW("b"),
      .error = CALL_HTTP_RESPONSE_STATUS,
      .status = 503,
      .queued_us = 1000,
      .started_us = 1000,
      .done_us = 3500 },
    { .name = VIEW("c"),
      .error = CALL_HTTP_RESPONSE_TIMEOUT,
      .queued_us = 2000,
      .started_us = 2000,
      .done_us = 302000 },
};

static void account_outcomes_tell_every_call(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    int result = account_render_outcomes(account_of(&fixture, three_calls, 3, 303000), false, &json);

    assert_int_equal(result, 0);
    assert_text(buf_view(&json),
                "[{\"call\":\"a\",\"error\":null,\"status\":200,\"elapsed_ms\":2},"
                "{\"call\":\"b\",\"error\":\"http_response_status\",\"status\":503,\"elapsed_ms\":3},"
                "{\"call\":\"c\",\"error\":\"http_response_timeout\",\"status\":null,\"elapsed_ms\":300}]");
}

static void account_outcomes_can_leave_out_what_went_well(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    assert_int_equal(account_render_outcomes(account_of(&fixture, three_calls, 2, 303000), true, &json), 0);
    assert_text(buf_view(&json),
                "[{\"call\":\"b\",\"error\":\"http_response_status\",\"status\":503,\"elapsed_ms\":3}]");

    buf_reset(&json);
    assert_int_equal(account_render_outcomes(account_of(&fixture, three_calls, 1, 303000), true, &json), 0);
    assert_text(buf_view(&json), "[]");
}

static void account_outcome_of_a_call_on_its_way_counts_to_the_requests_end(void **state)
{
    const struct call_account calls[] = {
        { .name = VIEW("a"), .error = CALL_CANCELLED, .queued_us = 1000, .started_us = 1000 },
        { .name = VIEW("b"), .error = CALL_CANCELLED },
    };
    struct fixture fixture;
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, LIMIT);

    int result = account_render_outcomes(account_of(&fixture, calls, array_length(calls), 6000), true, &json);

    assert_int_equal(result, 0);
    assert_text(buf_view(&json), "[{\"call\":\"a\",\"error\":\"cancelled\",\"status\":null,\"elapsed_ms\":5},"
                                 "{\"call\":\"b\",\"error\":\"cancelled\",\"status\":null,\"elapsed_ms\":0}]");
}

/* ---- Server-Timing ---- */

static void account_server_timing_tells_calls_total_and_our_share(void **state)
{
    const struct call_account calls[] = {
        { .name = VIEW("task2"), .queued_us = 1100, .started_us = 1100, .done_us = 501149 },
        { .name = VIEW("task1"), .queued_us = 1100, .started_us = 1200, .done_us = 1001350 },
    };
    struct fixture fixture;
    cleanup_buf struct buf value;
    (void)state;
    buf_init(&value, LIMIT);

    int result = account_render_server_timing(account_of(&fixture, calls, array_length(calls), 1001900), &value);

    assert_int_equal(result, 0);
    assert_text(buf_view(&value), "task2;dur=500.0, task1;dur=1000.3, total;dur=1000.9, gateway;dur=0.7");
}

static void account_server_timing_without_calls_has_total_and_our_share(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf value;
    (void)state;
    buf_init(&value, LIMIT);

    assert_int_equal(account_render_server_timing(account_of(&fixture, NULL, 0, 1049), &value), 0);

    assert_text(buf_view(&value), "total;dur=0.0, gateway;dur=0.0");
}

/* Calls c0, c1, … with `durations_us` increasing by one millisecond each. */
static void fill_calls(struct call_account *calls, char (*names)[24], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(names[i], sizeof names[i], "c%zu", i);
        calls[i] = (struct call_account){
            .name = str_of(names[i]), .queued_us = 1000, .started_us = 1000, .done_us = 1000 + (i + 1) * 1000
        };
    }
}

static void account_server_timing_shows_32_calls_whole(void **state)
{
    struct call_account calls[32];
    char names[32][24];
    struct fixture fixture;
    cleanup_buf struct buf value;
    (void)state;
    buf_init(&value, LIMIT);
    fill_calls(calls, names, array_length(calls));

    assert_int_equal(account_render_server_timing(account_of(&fixture, calls, array_length(calls), 50000), &value), 0);
    (void)buf_add_byte(&value, '\0');

    assert_true(str_starts_with(buf_view(&value), STR("c0;dur=1.0, c1;dur=2.0, ")));
    assert_non_null(strstr(value.base, ", c31;dur=32.0, total;dur=49.0, gateway;dur=17.0"));
    assert_null(strstr(value.base, "more"));
}

static void account_server_timing_shows_the_failed_and_the_slowest_of_many(void **state)
{
    struct call_account calls[256];
    char names[256][24];
    struct fixture fixture;
    cleanup_buf struct buf value;
    (void)state;
    buf_init(&value, LIMIT);
    fill_calls(calls, names, array_length(calls));
    calls[3].error = CALL_CONNECTION_REFUSED;

    assert_int_equal(account_render_server_timing(account_of(&fixture, calls, array_length(calls), 300000), &value), 0);
    (void)buf_add_byte(&value, '\0');

    assert_true(str_starts_with(buf_view(&value), STR("c3;dur=4.0, c225;dur=226.0, c226;dur=227.0, ")));
    assert_non_null(strstr(value.base, ", c255;dur=256.0, total;dur=299.0, gateway;dur=43.0, more;desc=\"224\""));
    assert_null(strstr(value.base, "c224;"));
}

static void account_server_timing_takes_the_slowest_failed_where_more_failed(void **state)
{
    struct call_account calls[40];
    char names[40][24];
    struct fixture fixture;
    cleanup_buf struct buf value;
    (void)state;
    buf_init(&value, LIMIT);
    fill_calls(calls, names, array_length(calls));
    for (size_t i = 0; i < 36; i++) {
        calls[i].error = CALL_CANCELLED;
    }

    assert_int_equal(account_render_server_timing(account_of(&fixture, calls, array_length(calls), 50000), &value), 0);
    (void)buf_add_byte(&value, '\0');

    assert_true(str_starts_with(buf_view(&value), STR("c4;dur=5.0, ")));
    assert_non_null(strstr(value.base, ", c35;dur=36.0, total;dur="));
    assert_non_null(strstr(value.base, ", more;desc=\"8\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(account_shares_add_up_to_the_total),
        cmocka_unit_test(account_shares_stay_whole_with_many_calls_apart),
        cmocka_unit_test(account_json_tells_all_of_a_call),
        cmocka_unit_test(account_json_says_null_for_what_did_not_happen),
        cmocka_unit_test(account_json_of_no_call_has_an_empty_list),
        cmocka_unit_test(account_json_escapes_the_server),
        cmocka_unit_test(account_json_over_the_limit_is_an_error),
        cmocka_unit_test(account_outcomes_tell_every_call),
        cmocka_unit_test(account_outcomes_can_leave_out_what_went_well),
        cmocka_unit_test(account_outcome_of_a_call_on_its_way_counts_to_the_requests_end),
        cmocka_unit_test(account_server_timing_tells_calls_total_and_our_share),
        cmocka_unit_test(account_server_timing_without_calls_has_total_and_our_share),
        cmocka_unit_test(account_server_timing_shows_32_calls_whole),
        cmocka_unit_test(account_server_timing_shows_the_failed_and_the_slowest_of_many),
        cmocka_unit_test(account_server_timing_takes_the_slowest_failed_where_more_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
