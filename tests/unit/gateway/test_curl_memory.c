/* SPDX-License-Identifier: MIT */
#include "gateway/curl_memory.h"

#include <curl/curl.h>
#include <malloc.h>
#include <pthread.h>

#include "tests/support/unit.h"

enum { TEXTS = 200, TEXT_BYTES = 1000 };

static size_t bytes_in_use(void)
{
    return mallinfo2().uordblks;
}

/* libcurl has each grow, piece by piece. */
static void take_and_give_grown(const char *letters)
{
    char *texts[TEXTS];

    for (size_t i = 0; i < TEXTS; i++) {
        texts[i] = curl_easy_escape(NULL, letters, TEXT_BYTES);
        assert_non_null(texts[i]);
        assert_string_equal(texts[i], letters);
    }
    for (size_t i = 0; i < TEXTS; i++) {
        curl_free(texts[i]);
    }
}

/* Copied in one go. The length is that of a block: the NUL just does not fit into one of these. */
static void take_and_give_copied(const char *letters)
{
    struct curl_slist *list = NULL;

    for (size_t i = 0; i < TEXTS; i++) {
        list = curl_slist_append(list, letters);
        assert_non_null(list);
    }
    for (const struct curl_slist *line = list; line != NULL; line = line->next) {
        assert_string_equal(line->data, letters);
    }
    curl_slist_free_all(list);
}

struct use {
    void (*take_and_give)(const char *letters);
    size_t kept_bytes;
};

static void *use_libcurl(void *context)
{
    struct use *use = context;
    char letters[TEXT_BYTES + 1];
    size_t before = bytes_in_use();

    memset(letters, 'x', TEXT_BYTES);
    letters[TEXT_BYTES] = '\0';
    use->take_and_give(letters);
    size_t after = bytes_in_use();
    use->kept_bytes = after > before ? after - before : 0;
    return NULL;
}

static void check_a_threads_life(void (*take_and_give)(const char *letters))
{
    struct use use = { .take_and_give = take_and_give };
    pthread_t thread;
    assert_int_equal(curl_memory_global_init(), 0);
    size_t before = bytes_in_use();

    assert_int_equal(pthread_create(&thread, NULL, use_libcurl, &use), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    size_t after = bytes_in_use();

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* where malloc has all of it, and counts nothing  \
                                                                     */
    assert_true(use.kept_bytes >= (size_t)TEXTS * TEXT_BYTES);
#endif
    assert_true(after < before + (size_t)TEXTS * TEXT_BYTES / 2);
    curl_memory_global_clear();
}

static void blocks_that_grew_are_kept_while_their_thread_lives(void **state)
{
    (void)state;
    check_a_threads_life(take_and_give_grown);
}

static void blocks_of_copies_are_kept_while_their_thread_lives(void **state)
{
    (void)state;
    check_a_threads_life(take_and_give_copied);
}

static void what_the_first_thread_kept_goes_with_the_library(void **state)
{
    struct use use = { .take_and_give = take_and_give_copied };
    (void)state;
    size_t before = bytes_in_use();

    for (int life = 0; life < 2; life++) {
        assert_int_equal(curl_memory_global_init(), 0);
        (void)use_libcurl(&use);
        curl_memory_global_clear();
    }

    assert_true(bytes_in_use() < before + (size_t)TEXTS * TEXT_BYTES / 2);
}

static void *clean_up(void *easy)
{
    curl_easy_cleanup(easy);
    return NULL;
}

static void a_transfer_can_be_prepared_in_one_thread_and_cleaned_up_in_another(void **state)
{
    pthread_t thread;
    (void)state;
    assert_int_equal(curl_memory_global_init(), 0);
    CURL *easy = curl_easy_init();
    assert_non_null(easy);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:1/"), CURLE_OK);

    assert_int_equal(pthread_create(&thread, NULL, clean_up, easy), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);

    curl_memory_global_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_that_grew_are_kept_while_their_thread_lives),
        cmocka_unit_test(blocks_of_copies_are_kept_while_their_thread_lives),
        cmocka_unit_test(what_the_first_thread_kept_goes_with_the_library),
        cmocka_unit_test(a_transfer_can_be_prepared_in_one_thread_and_cleaned_up_in_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
