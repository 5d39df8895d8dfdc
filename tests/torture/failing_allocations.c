/* SPDX-License-Identifier: MIT */
/*
 * failing_allocations - makes one allocation of our own fail, the n-th from now.
 *
 * Linked into a program with the linker's --wrap, it stands in front of what takes memory: malloc and its relatives,
 * arenas, threads, and what the libraries make for us. The libraries' own allocations are theirs. Whoever drives the
 * program does so through a file that both have mapped, named by FANLIGHT_TORTURE; without that variable nothing ever
 * fails.
 *
 * Threads: any; the count is one for all of them.
 */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>
#include <microhttpd.h>

#include "common/arena.h"

enum { FRAME_COUNT = 24, HOLD_POLL_NS = 200000 };

/* What tests/torture/control.py reads and writes: each field eight bytes, in this order. */
struct control {
    atomic_uint_least64_t fail_first; /* the number of the first that fails; 0: count nothing */
    atomic_uint_least64_t fail_last;  /* and of the last */
    atomic_uint_least64_t count;      /* so many were asked for */
    atomic_uint_least64_t failed;     /* so many of them did fail */
    atomic_uint_least64_t hold;       /* 1: wait at the door of main, say so by 2, and go on at 0 */
    atomic_uint_least64_t depth;      /* frames of the first that failed, as offsets into the program */
    atomic_uint_least64_t frames[FRAME_COUNT];
};

/* Names that the linker gives. */
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming)

extern const char __executable_start;

static struct control *control;

static void map_control(const char *path)
{
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    void *memory = MAP_FAILED;

    if (descriptor >= 0) {
        memory = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        (void)close(descriptor);
    }
    if (memory == MAP_FAILED) {
        perror(path);
        abort();
    }
    control = memory;
}

__attribute__((constructor)) static void on_load(void)
{
    const struct timespec pause = { .tv_nsec = HOLD_POLL_NS };
    const char *path = getenv("FANLIGHT_TORTURE");
    void *frame = NULL;

    if (path == NULL) {
        return;
    }
    (void)backtrace(&frame, 1); /* the first time it takes memory itself */
    map_control(path);
    if (atomic_load(&control->hold) != 0) {
        atomic_store(&control->hold, 2);
    }
    while (atomic_load(&control->hold) != 0) {
        (void)nanosleep(&pause, NULL);
    }
}

static void remember_place(void)
{
    void *frames[FRAME_COUNT];
    int depth = backtrace(frames, FRAME_COUNT);

    for (int i = 0; i < depth; i++) {
        atomic_store(&control->frames[i], (uintptr_t)frames[i] - (uintptr_t)&__executable_start);
    }
    atomic_store(&control->depth, (uint64_t)depth);
}

static bool is_to_fail(void)
{
    if (control == NULL || atomic_load(&control->fail_first) == 0) {
        return false;
    }
    uint64_t number = atomic_fetch_add(&control->count, 1) + 1;
    if (number < atomic_load(&control->fail_first) || number > atomic_load(&control->fail_last)) {
        return false;
    }
    if (atomic_fetch_add(&control->failed, 1) == 0) {
        remember_place();
    }
    errno = ENOMEM;
    return true;
}

/* WRAP(result, name, parameters, arguments, what a failure returns) */
#define WRAP(result, name, parameters, arguments, failure)                                                             \
    result __real_##name parameters;                                                                                   \
    result __wrap_##name parameters;                                                                                   \
    result __wrap_##name parameters                                                                                    \
    {                                                                                                                  \
        return is_to_fail() ? (failure) : __real_##name arguments;                                                     \
    }

/* ---- the C library ---- */

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, realloc, (void *memory, size_t size), (memory, size), NULL)
WRAP(void *, reallocarray, (void *memory, size_t count, size_t size), (memory, count, size), NULL)
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size), NULL)
WRAP(int, posix_memalign, (void **memory, size_t alignment, size_t size), (memory, alignment, size), ENOMEM)
WRAP(char *, strdup, (const char *text), (text), NULL)
WRAP(char *, strndup, (const char *text, size_t length), (text, length), NULL)
WRAP(int, vasprintf, (char **text, const char *format, va_list list), (text, format, list), -1)
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode), NULL)
WRAP(int, pthread_create,
     (pthread_t * thread, const pthread_attr_t *attributes, void *(*routine)(void *), void *argument),
     (thread, attributes, routine, argument), EAGAIN)

/* ---- arenas, which take a block only now and then ---- */

WRAP(void *, arena_allocate, (struct arena * arena, size_t size), (arena, size), NULL)
WRAP(void *, arena_allocate_array, (struct arena * arena, size_t count, size_t size), (arena, count, size), NULL)
WRAP(void *, arena_allocate_slowly, (struct arena * arena, size_t size), (arena, size), NULL)
WRAP(char *, arena_copy, (struct arena * arena, struct str text), (arena, text), NULL)
WRAP(char *, arena_join, (struct arena * arena, const struct str *pieces, size_t count), (arena, pieces, count), NULL)

char *__wrap_arena_format(struct arena *arena, const char *format, ...) printf_like(2, 3);
char *__wrap_arena_format(struct arena *arena, const char *format, ...)
{
    char *text = NULL;
    va_list list;

    if (is_to_fail()) {
        return NULL;
    }
    va_start(list, format);
    int length = __real_vasprintf(&text, format, list);
    va_end(list);
    if (length < 0) {
        return NULL;
    }
    char *copy = __real_arena_copy(arena, (struct str){ text, (size_t)length });
    free(text);
    return copy;
}

/* ---- what the libraries make for us ---- */

WRAP(CURL *, curl_easy_init, (void), (), NULL)
WRAP(CURLM *, curl_multi_init, (void), (), NULL)
WRAP(CURLSH *, curl_share_init, (void), (), NULL)
WRAP(CURLU *, curl_url, (void), (), NULL)
WRAP(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL *easy), (multi, easy), CURLM_OUT_OF_MEMORY)
WRAP(struct curl_slist *, curl_slist_append, (struct curl_slist * list, const char *text), (list, text), NULL)
WRAP(struct MHD_Response *, MHD_create_response_from_buffer,
     (size_t size, void *memory, enum MHD_ResponseMemoryMode mode), (size, memory, mode), NULL)
WRAP(struct MHD_Response *, MHD_create_response_from_callback,
     (uint64_t size, size_t block, MHD_ContentReaderCallback read, void *context,
      MHD_ContentReaderFreeCallback release),
     (size, block, read, context, release), NULL)
WRAP(enum MHD_Result, MHD_add_response_header, (struct MHD_Response * response, const char *name, const char *value),
     (response, name, value), MHD_NO)
WRAP(enum MHD_Result, MHD_queue_response,
     (struct MHD_Connection * connection, unsigned status, struct MHD_Response *response),
     (connection, status, response), MHD_NO)
enum MHD_Result __real_MHD_add_connection(struct MHD_Daemon *daemon, MHD_socket descriptor,
                                          const struct sockaddr *address, socklen_t length);
enum MHD_Result __wrap_MHD_add_connection(struct MHD_Daemon *daemon, MHD_socket descriptor,
                                          const struct sockaddr *address, socklen_t length);
enum MHD_Result __wrap_MHD_add_connection(struct MHD_Daemon *daemon, MHD_socket descriptor,
                                          const struct sockaddr *address, socklen_t length)
{
    if (is_to_fail()) {
        (void)close(descriptor); /* as the real one does */
        return MHD_NO;
    }
    return __real_MHD_add_connection(daemon, descriptor, address, length);
}

// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming)
