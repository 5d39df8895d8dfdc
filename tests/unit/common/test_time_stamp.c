/* SPDX-License-Identifier: MIT */
#include "common/time_stamp.h"

#include <stdlib.h>
#include <time.h>

#include "tests/support/unit.h"

enum { LIMIT = 256 };

static const struct {
    const char *name; /* what is shown */
    uint64_t wall_us;
} moments[] = {
    { "1970-01-01T00:00:00.000000+00:00", 0 },
    { "1970-01-01T00:00:00.000001+00:00", 1 },
    { "1970-01-01T00:00:00.999999+00:00", 999999 },
    { "1970-01-01T00:00:01.000000+00:00", 1000000 },
    { "2000-02-29T23:59:59.000999+00:00", UINT64_C(951868799000999) },
    { "2026-01-02T03:04:05.123456+00:00", UINT64_C(1767323045123456) },
    { "2038-01-19T03:14:08.500000+00:00", UINT64_C(2147483648500000) },
    { "2099-12-31T23:59:59.999999+00:00", UINT64_C(4102444799999999) },
};

static void time_stamp_shows_utc_with_microseconds(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(moments); i++) {
        struct time_stamp stamp;
        cleanup_buf struct buf text;
        time_stamp_init(&stamp);
        buf_init(&text, LIMIT);

        time_stamp_add(&stamp, moments[i].wall_us, &text);

        assert_text(buf_view(&text), moments[i].name);
    }
}

/* One stamp, forwards, backwards as after the clock was set, and twice the same. */
static void time_stamp_follows_the_clock_wherever_it_goes(void **state)
{
    struct time_stamp stamp;
    (void)state;
    time_stamp_init(&stamp);

    for (size_t i = 0; i < 4 * array_length(moments); i++) {
        size_t forwards = i / 2 % array_length(moments);
        size_t moment = i < 2 * array_length(moments) ? forwards : array_length(moments) - 1 - forwards;
        cleanup_buf struct buf text;
        buf_init(&text, LIMIT);

        time_stamp_add(&stamp, moments[moment].wall_us, &text);

        assert_text(buf_view(&text), moments[moment].name);
    }
}

static void time_stamp_does_not_care_for_the_time_zone(void **state)
{
    struct time_stamp stamp;
    cleanup_buf struct buf text;
    (void)state;
    time_stamp_init(&stamp);
    buf_init(&text, LIMIT);
    assert_int_equal(setenv("TZ", "XYZ-5:30", 1), 0);
    tzset();

    time_stamp_add(&stamp, UINT64_C(1767323045123456), &text);

    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
    assert_text(buf_view(&text), "2026-01-02T03:04:05.123456+00:00");
}

static void time_stamp_adds_to_what_is_there(void **state)
{
    struct time_stamp stamp;
    cleanup_buf struct buf text;
    (void)state;
    time_stamp_init(&stamp);
    buf_init(&text, LIMIT);

    (void)buf_add_text(&text, "from ");
    time_stamp_add(&stamp, 1, &text);
    (void)buf_add_text(&text, " to ");
    time_stamp_add(&stamp, 2, &text);

    assert_text(buf_view(&text), "from 1970-01-01T00:00:00.000001+00:00 to 1970-01-01T00:00:00.000002+00:00");
}

static void time_stamp_adds_all_of_itself_or_nothing(void **state)
{
    const size_t length = sizeof "1970-01-01T00:00:00.000000+00:00" - 1;
    struct time_stamp stamp;
    cleanup_buf struct buf enough;
    cleanup_buf struct buf less;
    (void)state;
    time_stamp_init(&stamp);
    buf_init(&enough, length);
    buf_init(&less, length - 1);

    time_stamp_add(&stamp, 0, &less);
    time_stamp_add(&stamp, 0, &enough);

    assert_true(less.failed);
    assert_int_equal(less.length, 0);
    assert_false(enough.failed);
    assert_text(buf_view(&enough), "1970-01-01T00:00:00.000000+00:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_stamp_shows_utc_with_microseconds),
        cmocka_unit_test(time_stamp_follows_the_clock_wherever_it_goes),
        cmocka_unit_test(time_stamp_does_not_care_for_the_time_zone),
        cmocka_unit_test(time_stamp_adds_to_what_is_there),
        cmocka_unit_test(time_stamp_adds_all_of_itself_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
