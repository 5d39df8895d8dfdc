/* SPDX-License-Identifier: MIT */
#include "lab/sweep_point.h"

#include "tests/support/unit.h"

static void a_point_asks_for_its_fan_out_and_its_bytes(void **state)
{
    static const struct {
        struct sweep_point point;
        const char *expected;
    } rows[] = {
        { { .fan_out = 1 }, "/task1" },
        { { .fan_out = 10 }, "/fanout?n=10" },
        { { .fan_out = 1, .bytes = 65536 }, "/task1?bytes=65536" },
        { { .fan_out = 2, .bytes = 1 }, "/fanout?n=2&bytes=1" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        char text[64];

        sweep_point_target(&rows[i].point, text, sizeof text);

        assert_string_equal(text, rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_asks_for_its_fan_out_and_its_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
