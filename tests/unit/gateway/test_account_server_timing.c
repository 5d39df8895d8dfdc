/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "tests/unit/gateway/account_scene.h"

static int render(const struct account *account, struct buf *value)
{
    char room[ACCOUNT_SERVER_TIMING_BYTES];

    if (!account_put_server_timing(account, room)) {
        return -ENOBUFS;
    }
    return buf_add_text(value, room);
}

static void account_server_timing_tells_calls_total_and_our_share(void **state)
{
    const struct call_account calls[] = {
        { .name = STR_STATIC("task2"), .queued_us = 1100, .started_us = 1100, .done_us = 501149 },
        { .name = STR_STATIC("task1"), .queued_us = 1100, .started_us = 1200, .done_us = 1001350 },
    };
    struct fixture fixture;
    cleanup_buf struct buf value;
    (void)state;
    buf_init(&value, LIMIT);

    int result = render(account_of(&fixture, calls, array_length(calls), 1001900), &value);

    assert_int_equal(result, 0);
    assert_text(buf_view(&value), "task2;dur=500.049, task1;dur=1000.250, total;dur=1000.900, gateway;dur=0.650");
}

static void account_server_timing_without_calls_has_total_and_our_share(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf value;
    (void)state;
    buf_init(&value, LIMIT);

    assert_int_equal(render(account_of(&fixture, NULL, 0, 1049), &value), 0);

    assert_text(buf_view(&value), "total;dur=0.049, gateway;dur=0.049");
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

    assert_int_equal(render(account_of(&fixture, calls, array_length(calls), 50000), &value), 0);
    (void)buf_add_byte(&value, '\0');

    assert_true(str_starts_with(buf_view(&value), STR("c0;dur=1.000, c1;dur=2.000, ")));
    assert_non_null(strstr(value.base, ", c31;dur=32.000, total;dur=49.000, gateway;dur=17.000"));
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

    assert_int_equal(render(account_of(&fixture, calls, array_length(calls), 300000), &value), 0);
    (void)buf_add_byte(&value, '\0');

    assert_true(str_starts_with(buf_view(&value), STR("c3;dur=4.000, c225;dur=226.000, c226;dur=227.000, ")));
    assert_non_null(strstr(value.base, ", c255;dur=256.000, total;dur=299.000, gateway;dur=43.000, more;desc=\"224\""));
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

    assert_int_equal(render(account_of(&fixture, calls, array_length(calls), 50000), &value), 0);
    (void)buf_add_byte(&value, '\0');

    assert_true(str_starts_with(buf_view(&value), STR("c4;dur=5.000, ")));
    assert_non_null(strstr(value.base, ", c35;dur=36.000, total;dur="));
    assert_non_null(strstr(value.base, ", more;desc=\"8\""));
}

static void account_server_timing_tells_elements_apart(void **state)
{
    struct fixture fixture;
    cleanup_buf struct buf value;
    (void)state;
    buf_init(&value, LIMIT);

    assert_int_equal(render(account_of(&fixture, elements, 3, 4000), &value), 0);

    assert_text(buf_view(&value),
                "user;dur=1.000, items.0;dur=1.000, items.3;dur=2.000, total;dur=3.000, gateway;dur=0.000");
}

/* No configuration has such names; but nothing is written where there is no room. */
static void account_server_timing_refuses_names_that_are_too_long(void **state)
{
    static const char guard[] = "~~~~~~~~";
    static char name[ACCOUNT_SERVER_TIMING_BYTES];
    static char room[ACCOUNT_SERVER_TIMING_BYTES * 64];
    struct call_account calls[32];
    struct fixture fixture;
    size_t length = 1;
    bool fits = true;
    (void)state;
    memset(name, 'x', sizeof name);

    for (; length < sizeof name && fits; length++) {
        for (size_t i = 0; i < array_length(calls); i++) {
            calls[i] = (struct call_account){ .name = { name, length }, .queued_us = 1, .done_us = UINT64_MAX };
        }
        memset(room, '~', sizeof room);
        fits = account_put_server_timing(account_of(&fixture, calls, array_length(calls), UINT64_MAX), room);
        assert_memory_equal(room + ACCOUNT_SERVER_TIMING_BYTES, guard, sizeof guard - 1);
        assert_true(!fits || strlen(room) == strcspn(room, "~"));
    }

    assert_false(fits);
    assert_true(length > 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(account_server_timing_refuses_names_that_are_too_long),
        cmocka_unit_test(account_server_timing_tells_elements_apart),
        cmocka_unit_test(account_server_timing_tells_calls_total_and_our_share),
        cmocka_unit_test(account_server_timing_without_calls_has_total_and_our_share),
        cmocka_unit_test(account_server_timing_shows_32_calls_whole),
        cmocka_unit_test(account_server_timing_shows_the_failed_and_the_slowest_of_many),
        cmocka_unit_test(account_server_timing_takes_the_slowest_failed_where_more_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
