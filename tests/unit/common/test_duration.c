/* SPDX-License-Identifier: MIT */
#include "common/duration.h"

#include <errno.h>

#include "tests/support/unit.h"

static const struct {
    const char *name;
    uint64_t us;
} readable[] = {
    { "0s", 0 },
    { "0us", 0 },
    { "1us", 1 },
    { "250ms", 250000 },
    { "2s", 2000000 },
    { "007s", 7000000 },
    { "1.5s", 1500000 },
    { "0.25ms", 250 },
    { "1.000001s", 1000001 },
    { "1.0000019s", 1000001 },
    { "0.5us", 0 },
    { "1m", 60000000 },
    { "1.5m", 90000000 },
    { "2h", UINT64_C(7200000000) },
    { "0.999999999h", UINT64_C(3599999996) },
    { "0.99999999999999999999999s", 999999 },
    { "24h", UINT64_C(86400000000) },
    { "86400s", UINT64_C(86400000000) },
};

static void duration_reads_every_unit_and_fraction(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(readable); i++) {
        uint64_t us = UINT64_MAX;

        int result = duration_parse(str_of(readable[i].name), &us);

        assert_case(readable[i].name, result == 0 && us == readable[i].us);
    }
}

static void duration_refuses_what_has_another_form(void **state)
{
    const char *const refused[] = { "",     "10",  "s",    "ms",   ".5s", "1.s",  "1..5s", "1.5.5s",
                                    "-1s",  "+1s", " 1s",  "1s ",  "1 s", "1S",   "1d",    "1e3s",
                                    "1,5s", "ss",  "0x1s", "1s2s", "1",   "1ms5", "inf",   "1\xc2\xb5s" };
    (void)state;
    for (size_t i = 0; i < array_length(refused); i++) {
        uint64_t us = 77;

        int result = duration_parse(str_of(refused[i]), &us);

        assert_case(refused[i], result == -EINVAL && us == 77);
    }
}

static void duration_refuses_a_number_without_a_unit(void **state)
{
    uint64_t us = 77;
    (void)state;

    int result = duration_parse(STR("250"), &us);

    assert_int_equal(result, -EINVAL);
    assert_int_equal(us, 77);
}

static void duration_refuses_more_than_a_day(void **state)
{
    const char *const refused[] = { "25h",           "24.1h",
                                    "86401s",        "1441m",
                                    "86400000001us", "99999999999999999999999999999999s",
                                    "86400.1s",      "18446744073709551617us" };
    (void)state;
    for (size_t i = 0; i < array_length(refused); i++) {
        uint64_t us = 77;

        int result = duration_parse(str_of(refused[i]), &us);

        assert_case(refused[i], result == -ERANGE && us == 77);
    }
}

static void duration_refuses_a_nul_byte(void **state)
{
    uint64_t us = 0;
    (void)state;

    assert_int_equal(duration_parse(STR("1s\0"), &us), -EINVAL);
    assert_int_equal(duration_parse(STR("1\0s"), &us), -EINVAL);
}

static const struct {
    const char *name;
    uint64_t us;
} written[] = {
    { "0s", 0 },
    { "1us", 1 },
    { "999us", 999 },
    { "1.001ms", 1001 },
    { "250ms", 250000 },
    { "250.5ms", 250500 },
    { "1s", 1000000 },
    { "1.5s", 1500000 },
    { "1.000001s", 1000001 },
    { "90s", 90000000 },
    { "1m", 60000000 },
    { "90m", UINT64_C(5400000000) },
    { "24h", UINT64_C(86400000000) },
};

static void duration_writes_the_form_a_person_would(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(written); i++) {
        char text[32];

        duration_format(written[i].us, text, sizeof text);

        assert_string_equal(text, written[i].name);
    }
}

static void duration_reads_back_what_it_wrote(void **state)
{
    (void)state;
    for (uint64_t us = 1; us < UINT64_C(86400000000); us = us * 3 + 7) {
        char text[32];
        uint64_t back = 0;

        duration_format(us, text, sizeof text);

        assert_case(text, duration_parse(str_of(text), &back) == 0 && back == us);
    }
}

static void duration_writes_the_greatest_number_in_32_bytes(void **state)
{
    char text[32];
    (void)state;

    duration_format(UINT64_MAX, text, sizeof text);

    assert_string_equal(text, "18446744073709.551615s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(duration_reads_every_unit_and_fraction),
        cmocka_unit_test(duration_refuses_what_has_another_form),
        cmocka_unit_test(duration_refuses_a_number_without_a_unit),
        cmocka_unit_test(duration_refuses_more_than_a_day),
        cmocka_unit_test(duration_refuses_a_nul_byte),
        cmocka_unit_test(duration_writes_the_form_a_person_would),
        cmocka_unit_test(duration_reads_back_what_it_wrote),
        cmocka_unit_test(duration_writes_the_greatest_number_in_32_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
