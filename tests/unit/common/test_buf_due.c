/* SPDX-License-Identifier: MIT */
/* Memory for what is announced. */
#include "common/buf.h"
#include "tests/support/unit.h"

enum { ANNOUNCED = 1000000 };

static void buf_of_what_is_due_takes_memory_in_proportion_and_seldom(void **state)
{
    cleanup_buf struct buf buf;
    size_t capacity = 0;
    unsigned growth_count = 0;
    (void)state;
    buf_init(&buf, 10 * (size_t)ANNOUNCED);

    while (buf.length < ANNOUNCED) {
        char *room = buf_reserve_due(&buf, 1000, ANNOUNCED - buf.length);
        assert_non_null(room);
        memset(room, 'x', 1000);
        buf.length += 1000;
        growth_count += buf.capacity != capacity;
        capacity = buf.capacity;
        assert_true(capacity <= 17 * buf.length && capacity <= ANNOUNCED + 1);
    }

    assert_true(growth_count <= 5);
}

static void buf_of_what_is_due_takes_what_comes_now_in_any_case(void **state)
{
    cleanup_buf struct buf buf;
    (void)state;
    buf_init(&buf, ANNOUNCED);

    assert_non_null(buf_reserve_due(&buf, 5000, 0));

    assert_true(buf.capacity > 5000);
}

static void buf_of_what_is_due_keeps_to_its_limit(void **state)
{
    cleanup_buf struct buf buf;
    (void)state;
    buf_init(&buf, 6000);

    assert_non_null(buf_reserve_due(&buf, 5000, UINT64_MAX));
    buf.length = 5000;
    assert_null(buf_reserve_due(&buf, 1001, UINT64_MAX));
    assert_true(buf.failed);
    assert_non_null(buf_reserve_due(&buf, 1000, UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_of_what_is_due_takes_memory_in_proportion_and_seldom),
        cmocka_unit_test(buf_of_what_is_due_takes_what_comes_now_in_any_case),
        cmocka_unit_test(buf_of_what_is_due_keeps_to_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
