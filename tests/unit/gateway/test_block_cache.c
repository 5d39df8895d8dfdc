/* SPDX-License-Identifier: MIT */
#include "gateway/block_cache.h"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/support/unit.h"

enum { LARGE_BYTES = 100000 };

static void a_block_is_as_large_as_asked_for(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    (void)state;

    for (size_t size = 0; size < 5000; size++) {
        void *block = block_cache_take(&cache, size);
        assert_non_null(block);
        memset(block, 'x', size);
        block_cache_give(&cache, block);
    }

    block_cache_clear(&cache);
}

static void the_block_given_back_last_is_taken_first(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    (void)state;
    void *one = block_cache_take(&cache, 100);
    void *other = block_cache_take(&cache, 100);

    block_cache_give(&cache, one);
    block_cache_give(&cache, other);
    void *first = block_cache_take(&cache, 99);
    void *second = block_cache_take(&cache, 97);

    assert_ptr_equal(first, other);
    assert_ptr_equal(second, one);
    free(first); /* free() takes them, too */
    free(second);
    block_cache_clear(&cache);
}

static void a_block_is_not_taken_for_a_size_it_has_no_room_for(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    (void)state;
    void *small = block_cache_take(&cache, 40);

    block_cache_give(&cache, small);
    void *larger = block_cache_take(&cache, malloc_usable_size(small) + 1);

    assert_ptr_not_equal(larger, small);
    block_cache_give(&cache, larger);
    block_cache_clear(&cache);
}

static void blocks_that_are_kept_do_not_overlap(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    unsigned char *blocks[300];
    (void)state;

    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < array_length(blocks); i++) {
            blocks[i] = block_cache_take(&cache, 16 + i % 50);
            assert_non_null(blocks[i]);
            memset(blocks[i], (int)(i & 0xff), 16 + i % 50);
        }
        for (size_t i = 0; i < array_length(blocks); i++) {
            assert_int_equal(blocks[i][0], i & 0xff);
            assert_int_equal(blocks[i][15 + i % 50], i & 0xff);
            block_cache_give(&cache, blocks[i]);
        }
    }

    block_cache_clear(&cache);
}

static void a_zeroed_block_is_zero_whatever_stood_there(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    static const char zeros[LARGE_BYTES];
    static const size_t sizes[] = { 1, 24, 25, 1000, 2056, 2057, LARGE_BYTES };
    (void)state;

    for (size_t i = 0; i < array_length(sizes); i++) {
        void *dirty = block_cache_take(&cache, sizes[i]);
        memset(dirty, 'x', sizes[i]);
        block_cache_give(&cache, dirty);
        void *block = block_cache_take_zeroed(&cache, 1, sizes[i]);

        assert_memory_equal(block, zeros, sizes[i]);
        block_cache_give(&cache, block);
    }

    block_cache_clear(&cache);
}

static void a_count_that_overflows_is_no_block(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    volatile size_t half = SIZE_MAX / 2 + 1; /* twice that is 0 */
    (void)state;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* which end the process */
    assert_null(block_cache_take_zeroed(&cache, half, 2));
    assert_null(block_cache_take(&cache, half + half - 1));
#else
    (void)half;
#endif
    block_cache_clear(&cache);
}

static void a_block_keeps_its_contents_as_it_grows(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    char *block = NULL;
    (void)state;

    for (size_t size = 1; size < 10000; size += 7) {
        block = block_cache_resize(&cache, block, size);
        assert_non_null(block);
        memset(block + size - 1, (int)(size & 0x7f), 1);
    }

    for (size_t size = 1; size < 10000; size += 7) {
        assert_int_equal(block[size - 1], size & 0x7f);
    }
    block_cache_give(&cache, block);
    block_cache_clear(&cache);
}

static void a_large_block_becomes_smaller_and_keeps_its_contents(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    static const size_t sizes[] = { LARGE_BYTES - 1000, 3000, 2056, 100, 1, 0 };
    (void)state;

    for (size_t i = 0; i < array_length(sizes); i++) {
        char *block = block_cache_take(&cache, LARGE_BYTES);
        memset(block, 'x', LARGE_BYTES);
        block = block_cache_resize(&cache, block, sizes[i]);
        assert_non_null(block);
        assert_true(malloc_usable_size(block) < sizes[i] + 100);
        assert_true(sizes[i] == 0 || (block[0] == 'x' && block[sizes[i] - 1] == 'x'));
        block_cache_give(&cache, block);
    }

    block_cache_clear(&cache);
}

static void a_small_block_stays_as_it_becomes_smaller(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    char *block = block_cache_take(&cache, 100);
    (void)state;

    assert_ptr_equal(block_cache_resize(&cache, block, 10), block);
    assert_ptr_equal(block_cache_resize(&cache, block, 0), block);

    block_cache_give(&cache, block);
    block_cache_clear(&cache);
}

static void no_more_is_kept_than_the_bound(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    static void *blocks[2 * BLOCK_CACHE_BYTES / 1000];
    (void)state;
    for (size_t i = 0; i < array_length(blocks); i++) {
        blocks[i] = block_cache_take(&cache, 1000);
    }

    for (size_t i = 0; i < array_length(blocks); i++) {
        block_cache_give(&cache, blocks[i]);
        assert_true(cache.kept_bytes <= BLOCK_CACHE_BYTES);
    }

    assert_true(cache.kept_bytes > BLOCK_CACHE_BYTES - 2000);
    block_cache_clear(&cache);
    assert_int_equal(cache.kept_bytes, 0);
}

static void a_large_block_is_not_kept(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    (void)state;

    block_cache_give(&cache, block_cache_take(&cache, LARGE_BYTES));
    block_cache_give(&cache, NULL);

    assert_int_equal(cache.kept_bytes, 0);
}

static void all_is_given_back_in_any_order_and_counted_right(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    void *blocks[64];
    (void)state;

    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < array_length(blocks); i++) {
            blocks[i] = block_cache_take(&cache, i * 30);
        }
        assert_int_equal(cache.kept_bytes, 0);
        for (size_t i = array_length(blocks); i > 0; i--) {
            block_cache_give(&cache, blocks[i * 37 % array_length(blocks)]);
        }
    }

    block_cache_clear(&cache);
}

/* In a process of its own, because it ends. */
static void a_block_given_back_twice_ends_the_process(void **state)
{
    int status = 0;
    (void)state;

    pid_t child = fork();
    if (child == 0) {
        const struct rlimit none = { .rlim_cur = 0 };
        struct block_cache cache = { .kept_bytes = 0 };
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGABRT, SIG_DFL);
        void *block = block_cache_take(&cache, 100);
        block_cache_give(&cache, block);
        block_cache_give(&cache, block);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);

    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void a_block_may_hold_what_looks_as_if_it_were_kept(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    const void *words[3] = { &cache, &cache, &cache };
    (void)state;
    void *other = block_cache_take(&cache, sizeof words);
    void *block = block_cache_take(&cache, sizeof words);
    block_cache_give(&cache, other);

    memcpy(block, words, sizeof words);
    block_cache_give(&cache, block);

    assert_ptr_equal(block_cache_take(&cache, sizeof words), block);
    free(block);
    block_cache_clear(&cache);
}

static void a_block_that_is_taken_no_longer_looks_as_if_it_were_kept(void **state)
{
    struct block_cache cache = { .kept_bytes = 0 };
    const void *words[3] = { NULL };
    (void)state;

    for (int i = 0; i < 2; i++) {
        void *block = block_cache_take(&cache, sizeof words);
        memcpy(words, block, 2 * sizeof words[0]);
        assert_ptr_not_equal(words[1], &cache);
        block_cache_give(&cache, block);
    }

    block_cache_clear(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_as_large_as_asked_for),
        cmocka_unit_test(the_block_given_back_last_is_taken_first),
        cmocka_unit_test(a_block_is_not_taken_for_a_size_it_has_no_room_for),
        cmocka_unit_test(blocks_that_are_kept_do_not_overlap),
        cmocka_unit_test(a_zeroed_block_is_zero_whatever_stood_there),
        cmocka_unit_test(a_count_that_overflows_is_no_block),
        cmocka_unit_test(a_block_keeps_its_contents_as_it_grows),
        cmocka_unit_test(a_large_block_becomes_smaller_and_keeps_its_contents),
        cmocka_unit_test(a_small_block_stays_as_it_becomes_smaller),
        cmocka_unit_test(no_more_is_kept_than_the_bound),
        cmocka_unit_test(a_large_block_is_not_kept),
        cmocka_unit_test(all_is_given_back_in_any_order_and_counted_right),
        cmocka_unit_test(a_block_given_back_twice_ends_the_process),
        cmocka_unit_test(a_block_may_hold_what_looks_as_if_it_were_kept),
        cmocka_unit_test(a_block_that_is_taken_no_longer_looks_as_if_it_were_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
