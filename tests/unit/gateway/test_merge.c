/* SPDX-License-Identifier: MIT */
#include "gateway/merge.h"

#include <errno.h>

#include "common/json_scan.h"
#include "tests/support/unit.h"

enum { LIMIT = 4096 };

/* STR() for a table of static storage, where a compound literal is no constant. */
#define VIEW(literal)                                                                                                  \
    {                                                                                                                  \
        "" literal, sizeof(literal) - 1                                                                                \
    }

struct row {
    const char *name;
    struct merge_member members[3];
    size_t count;
    const char *body;
};

static const struct row rows[] = {
    { "no member", { { VIEW(""), VIEW("") } }, 0, "{}" },
    { "one member", { { VIEW("res"), VIEW("{\"message\":\"success\"}") } }, 1, "{\"res\":{\"message\":\"success\"}}" },
    { "the order given",
      { { VIEW("b"), VIEW("1") }, { VIEW("a"), VIEW("2") }, { VIEW("c"), VIEW("3") } },
      3,
      "{\"b\":1,\"a\":2,\"c\":3}" },
    { "numbers as they came",
      { { VIEW("id"), VIEW("18446744073709551615") }, { VIEW("price"), VIEW("1.10") }, { VIEW("e"), VIEW("1E+2") } },
      3,
      "{\"id\":18446744073709551615,\"price\":1.10,\"e\":1E+2}" },
    { "white space around a body goes, that inside stays",
      { { VIEW("a"), VIEW(" \r\n\t{ \"x\" :\n1 } \n") }, { VIEW("b"), VIEW("\"\\u00e9 \"") } },
      2,
      "{\"a\":{ \"x\" :\n1 },\"b\":\"\\u00e9 \"}" },
};

static void merge_keeps_every_byte_and_the_order(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        cleanup_buf struct buf body;
        buf_init(&body, LIMIT);

        int result = merge_render(rows[i].members, rows[i].count, &body);

        assert_int_equal(result, 0);
        if (!str_equal(buf_view(&body), str_of(rows[i].body))) {
            fail_msg("%s: %.*s", rows[i].name, STR_ARGUMENTS(buf_view(&body)));
        }
        assert_int_equal(json_scan_check(buf_view(&body), JSON_SCAN_DEPTH, NULL), 0);
    }
}

static void merge_fits_exactly_into_its_limit(void **state)
{
    const struct merge_member members[] = { { VIEW("a"), VIEW(" [1] ") }, { VIEW("b"), VIEW("22") } };
    const char *expected = "{\"a\":[1],\"b\":22}";
    cleanup_buf struct buf body;
    (void)state;
    buf_init(&body, str_of(expected).length);

    int result = merge_render(members, array_length(members), &body);

    assert_int_equal(result, 0);
    assert_int_equal(body.length, body.limit);
    assert_memory_equal(body.base, expected, body.length);
}

static void merge_refuses_one_byte_over_the_limit(void **state)
{
    const struct merge_member members[] = { { VIEW("a"), VIEW("[1]") }, { VIEW("b"), VIEW("22") } };
    cleanup_buf struct buf body;
    (void)state;
    buf_init(&body, sizeof "{\"a\":[1],\"b\":22}" - 2);

    int result = merge_render(members, array_length(members), &body);

    assert_int_equal(result, -ENOBUFS);
    assert_int_equal(body.length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merge_keeps_every_byte_and_the_order),
        cmocka_unit_test(merge_fits_exactly_into_its_limit),
        cmocka_unit_test(merge_refuses_one_byte_over_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
