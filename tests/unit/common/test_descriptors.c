/* SPDX-License-Identifier: MIT */
#include "common/descriptors.h"

#include <sys/resource.h>

#include "tests/support/unit.h"

static void descriptors_raise_the_soft_limit_to_the_hard_one(void **state)
{
    struct rlimit limit;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max < 100 ? limit.rlim_max : 100;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);

    size_t in_force = descriptors_raise_limit();

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(limit.rlim_cur, limit.rlim_max);
    assert_int_equal(in_force, limit.rlim_max);
}

static void descriptors_keep_a_reserve(void **state)
{
    (void)state;

    assert_int_equal(descriptors_allow_connections(1024, 1), 960);
    assert_int_equal(descriptors_allow_connections(1024, 2), 480);
    assert_int_equal(descriptors_allow_connections(1024, 257), 3);
    assert_int_equal(descriptors_allow_connections(64, 2), 20);
    assert_int_equal(descriptors_allow_connections(160, 1), 120);
}

static void descriptors_always_allow_one_connection(void **state)
{
    (void)state;

    assert_int_equal(descriptors_allow_connections(0, 1), 1);
    assert_int_equal(descriptors_allow_connections(24, 1), 1);
    assert_int_equal(descriptors_allow_connections(25, 2), 1);
    assert_int_equal(descriptors_allow_connections(1024, 0), 1);
    assert_int_equal(descriptors_allow_connections(1024, SIZE_MAX), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_raise_the_soft_limit_to_the_hard_one),
        cmocka_unit_test(descriptors_keep_a_reserve),
        cmocka_unit_test(descriptors_always_allow_one_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
