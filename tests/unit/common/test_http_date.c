/* SPDX-License-Identifier: MIT */
#include "common/http_date.h"

#include "common/clock.h"
#include "tests/support/unit.h"

static void a_moment_is_written_as_the_rfc_has_it(void **state)
{
    char text[HTTP_DATE_BYTES];

    (void)state;
    http_date_format(UINT64_C(784111777) * CLOCK_US_PER_SECOND + 999999, text);

    assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
}

static void the_beginning_of_time_has_a_date_too(void **state)
{
    char text[HTTP_DATE_BYTES];

    (void)state;
    http_date_format(0, text);

    assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_is_written_as_the_rfc_has_it),
        cmocka_unit_test(the_beginning_of_time_has_a_date_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
