/* SPDX-License-Identifier: MIT */
#include "common/arena.h"

#include "tests/support/unit.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

static void arena_memory_is_zeroed_and_aligned(void **state)
{
    struct arena arena;
    const char zeros[100] = { 0 };
    (void)state;
    arena_init(&arena, 1024 * 1024);

    for (size_t size = 1; size <= sizeof zeros; size++) {
        void *memory = arena_allocate(&arena, size);

        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        assert_memory_equal(memory, zeros, size);
        memset(memory, 0xff, size);
    }

    arena_clear(&arena);
}

static void arena_pieces_do_not_overlap(void **state)
{
    struct arena arena;
    unsigned char *pieces[200];
    (void)state;
    arena_init(&arena, 1024 * 1024);

    for (size_t i = 0; i < array_length(pieces); i++) {
        pieces[i] = arena_allocate(&arena, 61);
        assert_non_null(pieces[i]);
        memset(pieces[i], (int)i, 61);
    }

    for (size_t i = 0; i < array_length(pieces); i++) {
        assert_int_equal(pieces[i][0], i);
        assert_int_equal(pieces[i][60], i);
    }
    arena_clear(&arena);
}

static void arena_gives_a_piece_larger_than_a_block(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 1024 * 1024);

    char *memory = arena_allocate(&arena, 100000);

    assert_non_null(memory);
    memset(memory, 'x', 100000);
    assert_true(arena.used_bytes >= 100000);
    arena_clear(&arena);
}

static void arena_refuses_what_is_over_its_limit_and_goes_on(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 64);

    assert_non_null(arena_allocate(&arena, 48));
    assert_null(arena_allocate(&arena, 17));
    assert_non_null(arena_allocate(&arena, 16));
    assert_null(arena_allocate(&arena, 1));
    assert_null(arena_copy(&arena, STR("x")));
    assert_null(arena_format(&arena, "%d", 7));
    assert_int_equal(arena.used_bytes, 64);

    arena_clear(&arena);
}

static void arena_refuses_sizes_that_overflow(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, SIZE_MAX);

    assert_null(arena_allocate(&arena, SIZE_MAX));
    assert_null(arena_allocate(&arena, SIZE_MAX - 16));
    assert_null(arena_allocate_array(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_allocate_array(&arena, 3, SIZE_MAX / 2));

    arena_clear(&arena);
}

static void arena_array_is_the_product(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 4096);

    uint64_t *numbers = arena_allocate_array(&arena, 10, sizeof *numbers);
    void *nothing = arena_allocate_array(&arena, 0, 0);

    assert_non_null(numbers);
    assert_int_equal(numbers[9], 0);
    assert_int_equal(arena.used_bytes, 80);
    (void)nothing;
    arena_clear(&arena);
}

static void arena_copies_end_in_a_nul(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 4096);

    char *copy = arena_copy(&arena, (struct str){ "task1?x", 5 });
    char *empty = arena_copy(&arena, (struct str){ NULL, 0 });

    assert_string_equal(copy, "task1");
    assert_string_equal(empty, "");
    arena_clear(&arena);
}

static void arena_formats_texts_of_any_length(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 65536);

    char *text = arena_format(&arena, "%s-%d", "a", 7);
    char *long_text = arena_format(&arena, "%09999d", 0);

    assert_string_equal(text, "a-7");
    assert_int_equal(strlen(long_text), 9999);
    arena_clear(&arena);
}

static void arena_joins_pieces(void **state)
{
    const struct str pieces[] = { STR("Via"), STR(": "), { NULL, 0 }, STR("1.1 x") };
    struct arena arena;
    (void)state;
    arena_init(&arena, 64);

    char *line = arena_join(&arena, pieces, array_length(pieces));
    char *nothing = arena_join(&arena, pieces, 0);

    assert_string_equal(line, "Via: 1.1 x");
    assert_string_equal(nothing, "");
    assert_null(arena_join(&arena, (const struct str[]){ STR("a"), STR("0123456789012345678901234567890") }, 2));
    arena_clear(&arena);
}

static void arena_formats_into_what_is_left_of_a_block(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 65536);

    for (int i = 0; i < 200; i++) {
        char *text = arena_format(&arena, "%0*d", i, 7);
        assert_int_equal(strlen(text), i == 0 ? 1 : i);
        assert_int_equal(text[strlen(text) - 1], '7');
    }

    arena_clear(&arena);
}

static void arena_counts_memory_that_is_not_zeroed_just_as_well(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 64);

    void *memory = arena_allocate_unset(&arena, 33);

    assert_non_null(memory);
    memset(memory, 'x', 33);
    assert_int_equal(arena.used_bytes, 48);
    assert_null(arena_allocate_unset(&arena, 17));
    assert_null(arena_allocate_unset(&arena, SIZE_MAX));
    arena_clear(&arena);
}

/* ---- pools ---- */

static void arena_takes_from_its_pool_what_another_gave_back(void **state)
{
    struct arena_pool pool = { .free = { NULL } };
    struct arena arena;
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        const char zeros[5000] = { 0 };
        arena_init_pooled(&arena, 1024 * 1024, &pool);
        void *small = arena_allocate(&arena, 100);
        void *large = arena_allocate(&arena, sizeof zeros);
        void *huge = arena_allocate_unset(&arena, 100000);

        assert_non_null(huge);
        assert_memory_equal(small, zeros, 100);
        assert_memory_equal(large, zeros, sizeof zeros);
        assert_int_equal(pool.free_count[0] + pool.free_count[1], 0);
        memset(small, 0xff, 100);
        memset(large, 0xff, sizeof zeros);
        arena_clear(&arena);
        assert_int_equal(pool.free_count[0], 1);
        assert_int_equal(pool.free_count[1], 1);
    }

    arena_pool_clear(&pool);
    assert_int_equal(pool.free_count[0] + pool.free_count[1], 0);
    arena_pool_clear(&pool);
}

static void arena_pool_keeps_so_many_blocks_and_no_more(void **state)
{
    struct arena_pool pool = { .free = { NULL } };
    struct arena arena;
    (void)state;
    arena_init_pooled(&arena, (size_t)64 * 1024 * 1024, &pool);
    for (size_t i = 0; i < 500; i++) {
        assert_non_null(arena_allocate_unset(&arena, 4096));
        assert_non_null(arena_allocate_unset(&arena, 16384));
    }

    arena_clear(&arena);

    assert_in_range(pool.free_count[0], 1, 100);
    assert_in_range(pool.free_count[1], 1, 100);
    arena_pool_clear(&pool);
}

static void arena_may_lie_in_its_own_memory(void **state)
{
    struct arena_pool pool = { .free = { NULL } };
    struct arena arena;
    (void)state;
    arena_init_pooled(&arena, 65536, &pool);
    struct arena *moved = arena_allocate(&arena, sizeof *moved);
    assert_non_null(moved);
    *moved = arena;

    assert_non_null(arena_allocate(moved, 10000));
    arena_clear(moved);

    assert_int_equal(pool.free_count[0], 1);
    assert_int_equal(pool.free_count[1], 1);
    arena_pool_clear(&pool);
}

static void arena_can_be_restricted_to_less_than_it_was_born_with(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, SIZE_MAX);
    assert_non_null(arena_allocate(&arena, 100));

    arena_restrict(&arena, 32);
    arena_restrict(&arena, 5000);

    assert_non_null(arena_allocate(&arena, 16));
    assert_null(arena_allocate(&arena, 17));
    assert_non_null(arena_allocate(&arena, 16));
    assert_null(arena_allocate_unset(&arena, 1));
    arena_clear(&arena);
}

static void arena_hands_out_nothing_where_nothing_is_asked_for(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 16);

    assert_non_null(arena_allocate_unset(&arena, 0));
    assert_int_equal(arena.used_bytes, 0);
    assert_non_null(arena_allocate_unset(&arena, 16));
    assert_null(arena_allocate_unset(&arena, 1));

    arena_clear(&arena);
}

static void arena_can_be_used_again_after_clear(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 32);
    assert_non_null(arena_allocate(&arena, 32));

    arena_clear(&arena);

    assert_int_equal(arena.used_bytes, 0);
    assert_non_null(arena_allocate(&arena, 32));
    arena_clear(&arena);
    arena_clear(&arena);
}

#if defined(__SANITIZE_ADDRESS__)
static void arena_poisons_what_it_has_not_handed_out(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 4096);

    char *memory = arena_allocate(&arena, 10);

    assert_false(__asan_address_is_poisoned(memory + 9));
    assert_true(__asan_address_is_poisoned(memory + 10));
    assert_true(__asan_address_is_poisoned(memory + 100));
    arena_clear(&arena);
}

static void arena_pool_poisons_what_lies_in_it(void **state)
{
    struct arena_pool pool = { .free = { NULL } };
    struct arena arena;
    (void)state;
    arena_init_pooled(&arena, 4096, &pool);
    char *memory = arena_allocate(&arena, 10);

    arena_clear(&arena);

    assert_true(__asan_address_is_poisoned(memory));
    arena_init_pooled(&arena, 4096, &pool);
    assert_ptr_equal(arena_allocate(&arena, 5), memory);
    assert_false(__asan_address_is_poisoned(memory + 4));
    assert_true(__asan_address_is_poisoned(memory + 5));
    arena_clear(&arena);
    arena_pool_clear(&pool);
}

static void arena_poisons_what_a_format_did_not_need(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 4096);
    assert_non_null(arena_allocate(&arena, 10));

    char *text = arena_format(&arena, "%d", 1234567);

    assert_false(__asan_address_is_poisoned(text + 7));
    assert_true(__asan_address_is_poisoned(text + 8));
    assert_true(__asan_address_is_poisoned(text + 100));
    arena_clear(&arena);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_memory_is_zeroed_and_aligned),
        cmocka_unit_test(arena_pieces_do_not_overlap),
        cmocka_unit_test(arena_gives_a_piece_larger_than_a_block),
        cmocka_unit_test(arena_refuses_what_is_over_its_limit_and_goes_on),
        cmocka_unit_test(arena_refuses_sizes_that_overflow),
        cmocka_unit_test(arena_array_is_the_product),
        cmocka_unit_test(arena_copies_end_in_a_nul),
        cmocka_unit_test(arena_formats_texts_of_any_length),
        cmocka_unit_test(arena_joins_pieces),
        cmocka_unit_test(arena_formats_into_what_is_left_of_a_block),
        cmocka_unit_test(arena_counts_memory_that_is_not_zeroed_just_as_well),
        cmocka_unit_test(arena_takes_from_its_pool_what_another_gave_back),
        cmocka_unit_test(arena_pool_keeps_so_many_blocks_and_no_more),
        cmocka_unit_test(arena_may_lie_in_its_own_memory),
        cmocka_unit_test(arena_can_be_restricted_to_less_than_it_was_born_with),
        cmocka_unit_test(arena_hands_out_nothing_where_nothing_is_asked_for),
        cmocka_unit_test(arena_can_be_used_again_after_clear),
#if defined(__SANITIZE_ADDRESS__)
        cmocka_unit_test(arena_poisons_what_it_has_not_handed_out),
        cmocka_unit_test(arena_pool_poisons_what_lies_in_it),
        cmocka_unit_test(arena_poisons_what_a_format_did_not_need),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
