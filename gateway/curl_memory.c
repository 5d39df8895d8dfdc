/* SPDX-License-Identifier: MIT */
#include "gateway/curl_memory.h"

#include <curl/curl.h>

#ifdef __has_feature /* Clang */
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define IS_WATCHED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_WATCHED
#endif

#ifdef IS_WATCHED

int curl_memory_global_init(void)
{
    return curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK ? 0 : -1;
}

void curl_memory_global_clear(void)
{
    curl_global_cleanup();
}

#else

#include <pthread.h>
#include <string.h>

#include "gateway/block_cache.h"

/* libcurl's callbacks have no context: what is a thread's cannot stand anywhere else. */
static _Thread_local struct block_cache cache;
static pthread_key_t end_of_thread;

static void *take(size_t size)
{
    return block_cache_take(&cache, size);
}

static void *take_zeroed(size_t count, size_t size)
{
    return block_cache_take_zeroed(&cache, count, size);
}

/* Before a first block is kept. Without memory for that, what is kept is lost with the thread. */
static void expect_the_end(void)
{
    if (cache.kept_bytes == 0) {
        (void)pthread_setspecific(end_of_thread, &cache);
    }
}

static void give(void *block)
{
    if (block != NULL) { /* most are */
        expect_the_end();
        block_cache_give(&cache, block);
    }
}

static void *resize(void *block, size_t size)
{
    expect_the_end();
    return block_cache_resize(&cache, block, size);
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *block = take(size);

    return block != NULL ? memcpy(block, text, size) : NULL;
}

static void clear(void *ended)
{
    block_cache_clear(ended);
}

int curl_memory_global_init(void)
{
    if (pthread_key_create(&end_of_thread, clear) != 0) {
        return -1;
    }
    if (curl_global_init_mem(CURL_GLOBAL_ALL, take, give, resize, copy, take_zeroed) != CURLE_OK) {
        (void)pthread_key_delete(end_of_thread);
        return -1;
    }
    return 0;
}

void curl_memory_global_clear(void)
{
    curl_global_cleanup();
    (void)pthread_key_delete(end_of_thread);
    block_cache_clear(&cache);
}

#endif
