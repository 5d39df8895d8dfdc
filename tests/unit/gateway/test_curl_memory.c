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

/* What libcurl makes for us, and we give back to it. */
static void take_and_give_texts(void)
{
    static char letters[TEXT_BYTES];
    char *texts[TEXTS];

    memset(letters, 'x', sizeof letters);
    for (size_t i = 0; i < TEXTS; i++) {
        texts[i] = curl_easy_escape(NULL, letters, TEXT_BYTES);
        assert_non_null(texts[i]);
        assert_int_equal(texts[i][TEXT_BYTES - 1], 'x');
        assert_int_equal(texts[i][TEXT_BYTES], '\0');
    }
    for (size_t i = 0; i < TEXTS; i++) {
        curl_free(texts[i]);
    }
}

static void *use_in_a_thread(void *context)
{
    size_t *kept_bytes = context;
    size_t before = bytes_in_use();

    take_and_give_texts();
    size_t after = bytes_in_use();
    *kept_bytes = after > before ? after - before : 0;
    return NULL;
}

static void libcurls_blocks_are_kept_while_their_thread_lives(void **state)
{
    size_t kept_bytes = 0;
    pthread_t thread;
    (void)state;
    assert_int_equal(curl_memory_global_init(), 0);
    size_t before = bytes_in_use();

    assert_int_equal(pthread_create(&thread, NULL, use_in_a_thread, &kept_bytes), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    size_t after = bytes_in_use();

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* where malloc has all of it, and counts nothing  \
                                                                     */
    assert_true(kept_bytes >= (size_t)TEXTS * TEXT_BYTES);
#endif
    assert_true(after < before + (size_t)TEXTS * TEXT_BYTES / 2);
    curl_memory_global_clear();
}

static void what_the_first_thread_kept_goes_with_the_library(void **state)
{
    (void)state;
    size_t before = bytes_in_use();

    for (int life = 0; life < 2; life++) {
        assert_int_equal(curl_memory_global_init(), 0);
        take_and_give_texts();
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

    take_and_give_texts();
    curl_memory_global_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libcurls_blocks_are_kept_while_their_thread_lives),
        cmocka_unit_test(what_the_first_thread_kept_goes_with_the_library),
        cmocka_unit_test(a_transfer_can_be_prepared_in_one_thread_and_cleaned_up_in_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
