/* SPDX-License-Identifier: MIT */
#include "backend/knobs.h"

#include "tests/support/unit.h"

static int parse(const char *target, struct knobs *knobs, struct error *error)
{
    *knobs = (struct knobs){ .status = -1 };
    *error = (struct error){ { '\0' } };
    return knobs_parse(str_of(target), knobs, error);
}

static void knobs_are_at_rest_without_a_query(void **state)
{
    const char *const targets[] = { "/task1", "/task1?", "/", "*", "/a?b=c&d&=e&&", "/delay=1s", "/a?Delay=1s" };
    (void)state;
    for (size_t i = 0; i < array_length(targets); i++) {
        struct knobs knobs;
        struct error error;

        int result = parse(targets[i], &knobs, &error);

        assert_case(targets[i], result == 0 && knobs.status == 200 && !knobs.has_delay);
        assert_case(targets[i], !knobs.has_size && !knobs.is_echo && knobs.fault == NULL);
    }
}

static void knobs_read_a_delay(void **state)
{
    struct knobs knobs;
    struct error error;
    (void)state;

    int result = parse("/a?delay=250ms", &knobs, &error);

    assert_int_equal(result, 0);
    assert_true(knobs.has_delay);
    assert_int_equal(knobs.delay.kind, DELAY_CONSTANT);
    assert_int_equal(knobs.delay.low_us, 250000);
}

static void knobs_decode_percent_signs_in_values(void **state)
{
    struct knobs knobs;
    struct error error;
    (void)state;

    int result = parse("/a?delay=uniform%281s%2C%202s%29", &knobs, &error);

    assert_int_equal(result, 0);
    assert_int_equal(knobs.delay.kind, DELAY_UNIFORM);
    assert_int_equal(knobs.delay.high_us, 2000000);
}

static void knobs_read_several_parameters_in_any_place(void **state)
{
    struct knobs knobs;
    struct error error;
    (void)state;

    int result = parse("/a?x=1&status=503&y&bytes=100&fault=drip&delay=1s&echo=0", &knobs, &error);

    assert_int_equal(result, 0);
    assert_int_equal(knobs.status, 503);
    assert_true(knobs.has_size);
    assert_int_equal(knobs.size_bytes, 100);
    assert_string_equal(fault_name(knobs.fault), "drip");
    assert_int_equal(knobs.delay.low_us, 1000000);
    assert_false(knobs.is_echo);
}

static void knobs_take_the_least_and_the_most(void **state)
{
    struct knobs knobs;
    struct error error;
    (void)state;

    assert_int_equal(parse("/?status=200&bytes=0", &knobs, &error), 0);
    assert_true(knobs.has_size);
    assert_int_equal(parse("/?status=599&bytes=1073741824", &knobs, &error), 0);
    assert_int_equal(knobs.size_bytes, KNOBS_BYTES_MAXIMUM);
    assert_int_equal(parse("/?echo=1", &knobs, &error), 0);
    assert_true(knobs.is_echo);
}

static const struct {
    const char *name;
    const char *parameter; /* that the sentence names */
} refused[] = {
    { "/?delay=", "delay" },
    { "/?delay", "delay" },
    { "/?delay=1", "delay" },
    { "/?delay=1s+2s", "delay" },
    { "/?delay=%", "delay" },
    { "/?delay=1%7", "delay" },
    { "/?delay=1%zz", "delay" },
    { "/?delay=1s%00", "delay" },
    { "/?delay=1s&delay=1s", "delay" },
    { "/?status=199", "status" },
    { "/?status=600", "status" },
    { "/?status=", "status" },
    { "/?status=2e2", "status" },
    { "/?status=+200", "status" },
    { "/?status=-200", "status" },
    { "/?status=18446744073709551816", "status" },
    { "/?bytes=1073741825", "bytes" },
    { "/?bytes=1k", "bytes" },
    { "/?bytes=-1", "bytes" },
    { "/?echo=yes", "echo" },
    { "/?echo", "echo" },
    { "/?fault=", "fault" },
    { "/?fault=Reset", "fault" },
    { "/?fault=reset%20", "fault" },
    { "/?x=1&fault=nonsense", "fault" },
    { "/?echo=1&bytes=10", "echo" },
};

static void knobs_refuse_bad_values_and_name_the_parameter(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(refused); i++) {
        struct knobs knobs;
        struct error error;

        int result = parse(refused[i].name, &knobs, &error);

        assert_case(refused[i].name, result == -1 && knobs.status == -1);
        assert_case(refused[i].name, strstr(error.text, refused[i].parameter) != NULL);
        assert_case(refused[i].name, error.text[strlen(error.text) - 1] == '.');
    }
}

static void knobs_refuse_a_value_longer_than_any_good_one(void **state)
{
    struct knobs knobs;
    struct error error;
    char target[2048] = "/?delay=";
    (void)state;
    memset(target + strlen(target), '1', 1500);

    int result = parse(target, &knobs, &error);

    assert_int_equal(result, -1);
    assert_non_null(strstr(error.text, "delay"));
}

static void knobs_list_all_faults_when_one_is_unknown(void **state)
{
    const char *const names[] = { "reset", "close", "stall", "silent", "close-mid", "drip", "garbage", "bad-json" };
    struct knobs knobs;
    struct error error;
    (void)state;

    int result = parse("/?fault=nonsense", &knobs, &error);

    assert_int_equal(result, -1);
    for (size_t i = 0; i < array_length(names); i++) {
        assert_case(names[i], strstr(error.text, names[i]) != NULL);
    }
}

/* ---- POST /_refuse ---- */

static void knobs_of_a_refusal_are_how_long_it_lasts(void **state)
{
    static const struct {
        const char *name;
        uint64_t refusal_us;
    } cases[] = {
        { "/_refuse?for=500ms", 500000 },
        { "/_refuse?for=1m", KNOBS_REFUSAL_LONGEST_US },
        { "/_refuse?for=0s", 0 },
        { "/_refuse?x=1&for=%32s&y", 2000000 },
        { "/_refuse?delay=soon&for=1ms&status=99&fault=none", 1000 },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct knobs knobs;
        struct error error;

        int result = knobs_parse_refusal(str_of(cases[i].name), &knobs, &error);

        assert_case(cases[i].name, result == 0 && knobs.refusal_us == cases[i].refusal_us);
        assert_case(cases[i].name, !knobs.has_delay && knobs.fault == NULL);
    }
}

static void knobs_refuse_a_refusal_that_is_too_long_or_says_not_how_long(void **state)
{
    static const char *const targets[] = {
        "/_refuse",           "/_refuse?",          "/_refuse?for",     "/_refuse?for=",
        "/_refuse?for=61s",   "/_refuse?for=24h",   "/_refuse?for=-1s", "/_refuse?for=1",
        "/_refuse?for=ever",  "/_refuse?For=1s",    "/_refuse?for=%zz", "/_refuse?for=1s&for=1s",
        "/_refuse?for=1m1us", "/_refuse?for=60.1s",
    };
    (void)state;

    for (size_t i = 0; i < array_length(targets); i++) {
        struct knobs knobs = { .status = -1 };
        struct error error = { { '\0' } };

        int result = knobs_parse_refusal(str_of(targets[i]), &knobs, &error);

        assert_case(targets[i], result == -1 && knobs.status == -1);
        assert_case(targets[i], strstr(error.text, "query parameter for ") != NULL);
        assert_case(targets[i], error.text[strlen(error.text) - 1] == '.');
    }
}

static void knobs_of_other_requests_do_not_know_for(void **state)
{
    struct knobs knobs;
    struct error error;
    (void)state;

    assert_int_equal(parse("/a?for=ever", &knobs, &error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knobs_are_at_rest_without_a_query),
        cmocka_unit_test(knobs_read_a_delay),
        cmocka_unit_test(knobs_decode_percent_signs_in_values),
        cmocka_unit_test(knobs_read_several_parameters_in_any_place),
        cmocka_unit_test(knobs_take_the_least_and_the_most),
        cmocka_unit_test(knobs_refuse_bad_values_and_name_the_parameter),
        cmocka_unit_test(knobs_refuse_a_value_longer_than_any_good_one),
        cmocka_unit_test(knobs_list_all_faults_when_one_is_unknown),
        cmocka_unit_test(knobs_of_a_refusal_are_how_long_it_lasts),
        cmocka_unit_test(knobs_refuse_a_refusal_that_is_too_long_or_says_not_how_long),
        cmocka_unit_test(knobs_of_other_requests_do_not_know_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
