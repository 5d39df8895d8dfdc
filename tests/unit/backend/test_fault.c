/* SPDX-License-Identifier: MIT */
#include "backend/fault.h"

#include "tests/support/unit.h"

static const struct {
    const char *name;
    int status; /* in the log */
} faults[] = {
    { "reset", FAULT_NO_RESPONSE },
    { "close", FAULT_NO_RESPONSE },
    { "silent", FAULT_NO_RESPONSE },
    { "garbage", FAULT_NO_RESPONSE },
    { "stall", FAULT_NO_RESPONSE },
    { "drip", FAULT_NO_RESPONSE },
    { "endless", FAULT_NO_RESPONSE },
    { "close-mid", 200 },
    { "reset-mid", 200 },
    { "dup-length", 200 },
    { "length-and-chunked", 200 },
    { "short-length", 200 },
    { "huge-header", 200 },
    { "many-headers", 200 },
    { "extra-bytes", 200 },
    { "bad-json", 200 },
    { "close-next", FAULT_NO_RESPONSE },
};

static void fault_is_found_by_its_name_and_knows_its_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(faults); i++) {
        const struct fault *fault = fault_find(str_of(faults[i].name));

        assert_case(faults[i].name, fault != NULL && strcmp(fault_name(fault), faults[i].name) == 0);
        assert_case(faults[i].name, fault_status(fault) == faults[i].status);
    }
}

static void fault_is_not_found_by_another_name(void **state)
{
    const char *const names[] = { "", "rese", "resets", "RESET", "close_mid", "none" };
    (void)state;
    for (size_t i = 0; i < array_length(names); i++) {
        const struct fault *fault = fault_find(str_of(names[i]));

        assert_case(names[i], fault == NULL);
    }
}

static void fault_that_is_for_the_next_request_is_close_next_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(faults); i++) {
        bool is_for_next = strcmp(faults[i].name, "close-next") == 0;

        assert_case(faults[i].name, fault_is_for_next(fault_find(str_of(faults[i].name))) == is_for_next);
    }
}

static void fault_names_are_listed_each_once(void **state)
{
    struct buf names;
    size_t count = 0;
    (void)state;
    buf_init(&names, 4096);

    fault_add_names(&names);

    struct str rest = buf_view(&names);
    while (rest.length > 0) {
        struct str name = str_trim(str_split(&rest, ','));
        assert_non_null(fault_find(name));
        count++;
    }
    assert_int_equal(count, array_length(faults));
    buf_clear(&names);
}

static void fault_that_never_began_can_be_stopped(void **state)
{
    struct fault_run run = { .fault = NULL };
    (void)state;

    fault_stop(&run);
    fault_stop(&run);

    assert_null(run.fault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fault_is_found_by_its_name_and_knows_its_status),
        cmocka_unit_test(fault_is_not_found_by_another_name),
        cmocka_unit_test(fault_that_is_for_the_next_request_is_close_next_alone),
        cmocka_unit_test(fault_names_are_listed_each_once),
        cmocka_unit_test(fault_that_never_began_can_be_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
