/* SPDX-License-Identifier: MIT */
#include "common/buf.h"

#include <errno.h>
#include <inttypes.h>

#include "tests/support/unit.h"

static void buf_grows_with_what_is_added(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 1000000);

    for (int i = 0; i < 100000; i++) {
        assert_int_equal(buf_add(&buf, "0123456789", 10), 0);
    }

    assert_int_equal(buf.length, 1000000);
    assert_memory_equal(buf.base + 999990, "0123456789", 10);
    buf_clear(&buf);
}

static void buf_that_is_empty_has_a_view(void **state)
{
    cleanup_buf struct buf buf;
    (void)state;
    buf_init(&buf, 10);

    assert_non_null(buf_view(&buf).base);
    assert_int_equal(buf_view(&buf).length, 0);
}

static void buf_refuses_what_is_over_its_limit_and_adds_nothing(void **state)
{
    cleanup_buf struct buf buf;
    (void)state;
    buf_init(&buf, 8);
    assert_int_equal(buf_add_text(&buf, "12345"), 0);

    assert_int_equal(buf_add_text(&buf, "6789"), -ENOBUFS);
    assert_true(buf.failed);
    assert_text(buf_view(&buf), "12345");

    assert_int_equal(buf_add_text(&buf, "678"), 0);
    assert_true(buf.failed);
    assert_text(buf_view(&buf), "12345678");
    assert_int_equal(buf_add_byte(&buf, '9'), -ENOBUFS);
}

static void buf_of_no_size_takes_nothing(void **state)
{
    cleanup_buf struct buf buf;
    (void)state;
    buf_init(&buf, 0);

    assert_int_equal(buf_add(&buf, NULL, 0), 0);
    assert_false(buf.failed);
    assert_int_equal(buf_add_byte(&buf, 'x'), -ENOBUFS);
    assert_true(buf.failed);
}

static void buf_refuses_every_kind_of_addition_over_its_limit(void **state)
{
    cleanup_buf struct buf buf;
    (void)state;
    buf_init(&buf, 2);

    assert_int_equal(buf_add_str(&buf, STR("abc")), -ENOBUFS);
    assert_int_equal(buf_add_format(&buf, "%d", 1000), -ENOBUFS);
    assert_int_equal(buf_add_format(&buf, "%0300d", 1), -ENOBUFS);
    assert_int_equal(buf_add_json_string(&buf, STR("abc")), -ENOBUFS);
    buf_reset(&buf);
    assert_int_equal(buf_add_escaped(&buf, STR("\n")), -ENOBUFS);
    assert_null(buf_reserve(&buf, 3));
}

static void buf_reset_forgets_content_and_failure(void **state)
{
    cleanup_buf struct buf buf;
    (void)state;
    buf_init(&buf, 4);
    assert_int_equal(buf_add_text(&buf, "12345"), -ENOBUFS);

    buf_reset(&buf);

    assert_false(buf.failed);
    assert_int_equal(buf.length, 0);
    assert_int_equal(buf_add_text(&buf, "1234"), 0);
}

static void buf_formats_short_and_long_texts(void **state)
{
    cleanup_buf struct buf buf;
    (void)state;
    buf_init(&buf, 10000);

    assert_int_equal(buf_add_format(&buf, "%s=%d;", "a", 7), 0);
    assert_text(buf_view(&buf), "a=7;");

    for (int width = 254; width <= 258; width++) {
        buf_reset(&buf);
        assert_int_equal(buf_add_format(&buf, "%*d", width, 7), 0);
        assert_int_equal(buf.length, width);
        assert_int_equal(buf.base[width - 1], '7');
    }
}

static void buf_adds_numbers_in_decimal(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 24);

    assert_int_equal(buf_add_number(&buf, 0), 0);
    assert_int_equal(buf_add_number(&buf, 10), 0);
    assert_int_equal(buf_add_number(&buf, UINT64_MAX), 0);
    assert_text(buf_view(&buf), "01018446744073709551615");
    assert_int_equal(buf_add_number(&buf, 10), -ENOBUFS);
    assert_text(buf_view(&buf), "01018446744073709551615");

    buf_clear(&buf);
}

static void buf_adds_numbers_of_every_length(void **state)
{
    (void)state;
    for (uint64_t power = 1; power <= UINT64_MAX / 10; power *= 10) {
        const uint64_t numbers[] = { power - 1, power, power + 1, power * 7 };
        for (size_t i = 0; i < array_length(numbers); i++) {
            cleanup_buf struct buf buf;
            char expected[32];
            buf_init(&buf, 24);
            (void)snprintf(expected, sizeof expected, "%" PRIu64, numbers[i]);

            assert_int_equal(buf_add_number(&buf, numbers[i]), 0);

            assert_text(buf_view(&buf), expected);
        }
    }
}

static void buf_reserve_gives_room_to_write(void **state)
{
    cleanup_buf struct buf buf;
    (void)state;
    buf_init(&buf, 1000);
    assert_int_equal(buf_add_text(&buf, "ab"), 0);

    char *room = buf_reserve(&buf, 998);

    assert_non_null(room);
    memset(room, 'x', 998);
    assert_int_equal(buf.length, 2);
    buf.length += 998;
    assert_null(buf_reserve(&buf, 1));
}

static void buf_takes_what_is_asked_for_at_once_and_no_more(void **state)
{
    cleanup_buf struct buf buf;
    (void)state;
    buf_init(&buf, 1024 * 1024);

    assert_non_null(buf_reserve(&buf, 100000));
    buf.length = 100000;

    assert_int_equal(buf.capacity, 100001);
    assert_int_equal(buf_add_byte(&buf, 'x'), 0);
    assert_true(buf.capacity > 150000);
}

static void buf_keeps_to_a_limit_that_was_lowered_below_its_memory(void **state)
{
    cleanup_buf struct buf buf;
    (void)state;
    buf_init(&buf, 1000);
    assert_int_equal(buf_add_text(&buf, "abc"), 0);

    buf.limit = 5;

    assert_int_equal(buf_add_text(&buf, "def"), -ENOBUFS);
    assert_int_equal(buf_add_byte(&buf, 'd'), 0);
    assert_int_equal(buf_add_byte(&buf, 'e'), 0);
    assert_int_equal(buf_add_byte(&buf, 'f'), -ENOBUFS);
    assert_text(buf_view(&buf), "abcde");
    buf_reset(&buf);
    assert_null(buf_reserve(&buf, 6));
}

/* ---- in somebody's room ---- */

static void buf_begins_in_the_room_it_is_given(void **state)
{
    char room[16];
    struct buf buf;
    (void)state;
    buf_init_on(&buf, room, sizeof room, 100);

    assert_int_equal(buf_add_text(&buf, "0123456789abcde"), 0);
    assert_ptr_equal(buf.base, room);
    assert_int_equal(buf_add_text(&buf, "fgh"), 0);

    assert_ptr_not_equal(buf.base, room);
    assert_text(buf_view(&buf), "0123456789abcdefgh");
    buf_clear(&buf);
    assert_null(buf.base);
}

static void buf_in_a_room_keeps_to_its_limit(void **state)
{
    char room[16];
    cleanup_buf struct buf buf;
    (void)state;
    buf_init_on(&buf, room, sizeof room, 3);

    assert_int_equal(buf_add_text(&buf, "abcd"), -ENOBUFS);
    assert_int_equal(buf_add_text(&buf, "abc"), 0);

    assert_ptr_equal(buf.base, room);
    assert_true(buf.failed);
}

static void buf_in_a_room_hands_over_memory_of_its_own(void **state)
{
    char room[16];
    struct buf buf;
    size_t length = 0;
    (void)state;
    buf_init_on(&buf, room, sizeof room, 100);
    assert_int_equal(buf_add_text(&buf, "abc"), 0);

    cleanup_free char *text = buf_take(&buf, &length);

    assert_ptr_not_equal(text, room);
    assert_string_equal(text, "abc");
    assert_int_equal(length, 3);
}

/* ---- the end ---- */

static void buf_consume_drops_the_front(void **state)
{
    cleanup_buf struct buf buf;
    (void)state;
    buf_init(&buf, 100);
    assert_int_equal(buf_add_text(&buf, "abcdef"), 0);

    buf_consume(&buf, 2);
    assert_text(buf_view(&buf), "cdef");
    buf_consume(&buf, 0);
    assert_text(buf_view(&buf), "cdef");
    buf_consume(&buf, 99);
    assert_text(buf_view(&buf), "");
}

static void buf_take_hands_over_a_c_string(void **state)
{
    struct buf buf;
    size_t length = 0;
    (void)state;
    buf_init(&buf, 100);
    assert_int_equal(buf_add_text(&buf, "abc"), 0);

    cleanup_free char *text = buf_take(&buf, &length);

    assert_string_equal(text, "abc");
    assert_int_equal(length, 3);
    assert_null(buf.base);
    assert_int_equal(buf.limit, 100);
}

static void buf_take_of_nothing_and_of_a_full_buffer(void **state)
{
    struct buf buf;
    size_t length = 77;
    (void)state;
    buf_init(&buf, 256);

    cleanup_free char *nothing = buf_take(&buf, &length);
    assert_string_equal(nothing, "");
    assert_int_equal(length, 0);

    assert_int_equal(buf_add_format(&buf, "%0256d", 0), 0);
    cleanup_free char *full = buf_take(&buf, &length);
    assert_int_equal(strlen(full), 256);
    assert_int_equal(length, 256);
}

static void buf_clear_leaves_a_usable_buffer(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 4);
    (void)buf_add_text(&buf, "12345");

    buf_clear(&buf);

    assert_false(buf.failed);
    assert_int_equal(buf_add_text(&buf, "1234"), 0);
    buf_clear(&buf);
    buf_clear(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_grows_with_what_is_added),
        cmocka_unit_test(buf_that_is_empty_has_a_view),
        cmocka_unit_test(buf_refuses_what_is_over_its_limit_and_adds_nothing),
        cmocka_unit_test(buf_of_no_size_takes_nothing),
        cmocka_unit_test(buf_refuses_every_kind_of_addition_over_its_limit),
        cmocka_unit_test(buf_reset_forgets_content_and_failure),
        cmocka_unit_test(buf_formats_short_and_long_texts),
        cmocka_unit_test(buf_adds_numbers_in_decimal),
        cmocka_unit_test(buf_adds_numbers_of_every_length),
        cmocka_unit_test(buf_reserve_gives_room_to_write),
        cmocka_unit_test(buf_takes_what_is_asked_for_at_once_and_no_more),
        cmocka_unit_test(buf_keeps_to_a_limit_that_was_lowered_below_its_memory),
        cmocka_unit_test(buf_begins_in_the_room_it_is_given),
        cmocka_unit_test(buf_in_a_room_keeps_to_its_limit),
        cmocka_unit_test(buf_in_a_room_hands_over_memory_of_its_own),
        cmocka_unit_test(buf_consume_drops_the_front),
        cmocka_unit_test(buf_take_hands_over_a_c_string),
        cmocka_unit_test(buf_take_of_nothing_and_of_a_full_buffer),
        cmocka_unit_test(buf_clear_leaves_a_usable_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
