/* SPDX-License-Identifier: MIT */
#include "common/random.h"

#include "tests/support/unit.h"

static void random_source_gives_the_published_numbers(void **state)
{
    struct random_source source = { { 1, 2, 3, 4 } };
    (void)state;

    /* The reference implementation's first outputs for this state. */
    assert_true(random_source_next(&source) == 11520);
    assert_true(random_source_next(&source) == 0);
    assert_true(random_source_next(&source) == 1509978240);
    assert_true(random_source_next(&source) == UINT64_C(1215971899390074240));
}

static void random_source_repeats_from_the_same_seed_only(void **state)
{
    struct random_source first;
    struct random_source same;
    struct random_source other;
    (void)state;

    random_source_seed(&first, 7);
    random_source_seed(&same, 7);
    random_source_seed(&other, 8);

    uint64_t number = random_source_next(&first);
    assert_true(number == random_source_next(&same));
    assert_true(number != random_source_next(&other));
}

static void random_sources_of_the_system_differ(void **state)
{
    struct random_source first;
    struct random_source second;
    (void)state;

    random_source_seed_from_system(&first);
    random_source_seed_from_system(&second);

    assert_true(random_source_next(&first) != random_source_next(&second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_source_gives_the_published_numbers),
        cmocka_unit_test(random_source_repeats_from_the_same_seed_only),
        cmocka_unit_test(random_sources_of_the_system_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
