/* SPDX-License-Identifier: MIT */
#include "gateway/span_union.h"

#include "tests/support/unit.h"

enum { SPANS_MAXIMUM = 5 };

struct row {
    const char *name;
    struct span spans[SPANS_MAXIMUM];
    size_t span_count;
    uint64_t length_us;
    size_t left_count;
};

static const struct row rows[] = {
    { "nothing", { { 0, 0 } }, 0, 0, 0 },
    { "one", { { 10, 30 } }, 1, 20, 1 },
    { "no length", { { 10, 10 } }, 1, 0, 0 },
    { "ends before it begins", { { 30, 10 } }, 1, 0, 0 },
    { "the same twice", { { 10, 30 }, { 10, 30 } }, 2, 20, 1 },
    { "apart", { { 10, 20 }, { 30, 40 } }, 2, 20, 2 },
    { "apart, the later one first", { { 30, 40 }, { 10, 20 } }, 2, 20, 2 },
    { "touching", { { 10, 20 }, { 20, 30 } }, 2, 20, 1 },
    { "overlapping", { { 10, 25 }, { 20, 30 } }, 2, 20, 1 },
    { "one inside another", { { 10, 40 }, { 20, 30 } }, 2, 30, 1 },
    { "one around others", { { 10, 20 }, { 30, 40 }, { 50, 60 }, { 5, 65 } }, 4, 60, 1 },
    { "one fills a gap", { { 10, 20 }, { 30, 40 }, { 20, 30 } }, 3, 30, 1 },
    { "one fills some of a gap", { { 10, 20 }, { 40, 50 }, { 25, 30 } }, 3, 25, 3 },
    { "one joins two of four", { { 0, 1 }, { 10, 20 }, { 30, 40 }, { 60, 70 }, { 15, 35 } }, 5, 41, 3 },
};

static void span_union_measures_what_is_covered(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        struct span_union set;
        span_union_init(&set);

        for (size_t j = 0; j < rows[i].span_count; j++) {
            span_union_add(&set, rows[i].spans[j]);
        }

        if (span_union_length(&set) != rows[i].length_us || set.count != rows[i].left_count) {
            fail_msg("%s: %llu us in %zu", rows[i].name, (unsigned long long)span_union_length(&set), set.count);
        }
    }
}

/* The order of addition must not matter: every span of a run with gaps, in a stride that visits all of them once. */
static void span_union_does_not_depend_on_the_order(void **state)
{
    struct span_union set;
    (void)state;
    span_union_init(&set);

    for (uint64_t i = 0; i < SPAN_UNION_MAXIMUM; i++) {
        uint64_t place = i * 101 % SPAN_UNION_MAXIMUM;
        span_union_add(&set, (struct span){ place * 10, place * 10 + 4 });
    }

    assert_int_equal(set.count, SPAN_UNION_MAXIMUM);
    assert_int_equal(span_union_length(&set), SPAN_UNION_MAXIMUM * 4);
    for (size_t i = 0; i < SPAN_UNION_MAXIMUM; i++) {
        assert_int_equal(set.spans[i].start_us, i * 10);
    }
}

static void span_union_that_is_full_widens_a_neighbour(void **state)
{
    struct span_union set;
    (void)state;
    span_union_init(&set);
    for (uint64_t i = 1; i <= SPAN_UNION_MAXIMUM; i++) {
        span_union_add(&set, (struct span){ i * 10, i * 10 + 4 });
    }

    span_union_add(&set, (struct span){ 0, 2 });                     /* before all: the first begins at 0 */
    span_union_add(&set, (struct span){ 26, 28 });                   /* between: [20, 24) ends at 28 */
    span_union_add(&set, (struct span){ 10 * 1000, 10 * 1000 + 1 }); /* behind all: the last ends there */

    assert_int_equal(set.count, SPAN_UNION_MAXIMUM);
    assert_int_equal(set.spans[0].start_us, 0);
    assert_int_equal(set.spans[1].end_us, 28);
    assert_int_equal(set.spans[SPAN_UNION_MAXIMUM - 1].end_us, 10 * 1000 + 1);
}

static void span_union_that_is_full_still_melts_what_overlaps(void **state)
{
    struct span_union set;
    (void)state;
    span_union_init(&set);
    for (uint64_t i = 0; i < SPAN_UNION_MAXIMUM; i++) {
        span_union_add(&set, (struct span){ i * 10, i * 10 + 4 });
    }

    span_union_add(&set, (struct span){ 0, SPAN_UNION_MAXIMUM * 10 });

    assert_int_equal(set.count, 1);
    assert_int_equal(span_union_length(&set), SPAN_UNION_MAXIMUM * 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(span_union_measures_what_is_covered),
        cmocka_unit_test(span_union_does_not_depend_on_the_order),
        cmocka_unit_test(span_union_that_is_full_widens_a_neighbour),
        cmocka_unit_test(span_union_that_is_full_still_melts_what_overlaps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
