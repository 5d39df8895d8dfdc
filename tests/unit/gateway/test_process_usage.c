/* SPDX-License-Identifier: MIT */
#include "gateway/process_usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { THREADS = 5 };

static void process_usage_counts_descriptors(void **state)
{
    struct process_usage before;
    struct process_usage after;
    struct rlimit limit;
    (void)state;

    process_usage_read(&before);
    int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
    process_usage_read(&after);
    (void)close(descriptor);

    assert_true(before.descriptor_count >= 3);
    assert_int_equal(after.descriptor_count, before.descriptor_count + 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(after.descriptor_limit == (limit.rlim_cur == RLIM_INFINITY ? 0 : limit.rlim_cur));
}

static void *wait_at_gate(void *gate)
{
    (void)gate_wait(gate, TEST_PATIENCE_MS);
    return NULL;
}

static uint64_t count_tasks(void)
{
    DIR *directory = opendir("/proc/self/task");
    uint64_t count = 0;

    assert_non_null(directory);
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    (void)closedir(directory);
    return count;
}

/* A thread that was joined may be counted for a moment longer, and a sanitizer may have one of its own. */
static void process_usage_counts_threads_whatever_the_process_is_called(void **state)
{
    static const char *const names[] = { "plain", "a b) S 9 (", ")) 1 2 3" };
    pthread_t threads[THREADS];
    struct gate gate;
    (void)state;
    gate_init(&gate);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, wait_at_gate, &gate), 0);
    }

    for (size_t i = 0; i < array_length(names); i++) {
        struct process_usage usage = { .thread_count = 0 };
        uint64_t start_us = clock_monotonic_us();
        assert_int_equal(prctl(PR_SET_NAME, names[i]), 0);
        do {
            process_usage_read(&usage);
        } while (usage.thread_count != count_tasks() && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0);

        assert_case(names[i], usage.thread_count == count_tasks());
        assert_case(names[i], usage.thread_count > THREADS);
    }
    gate_open(&gate);
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    gate_clear(&gate);
}

static void process_usage_sees_memory_and_time_being_used(void **state)
{
    enum { SIZE_BYTES = 32 * 1024 * 1024 };
    struct process_usage before;
    struct process_usage after;
    (void)state;

    process_usage_read(&before);
    cleanup_free volatile char *memory = malloc(SIZE_BYTES);
    assert_non_null(memory);
    for (size_t i = 0; i < SIZE_BYTES; i++) {
        memory[i] = (char)i;
    }
    process_usage_read(&after);

    assert_true(after.resident_bytes >= before.resident_bytes + SIZE_BYTES / 2);
    assert_true(after.cpu_us > before.cpu_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(process_usage_counts_descriptors),
        cmocka_unit_test(process_usage_counts_threads_whatever_the_process_is_called),
        cmocka_unit_test(process_usage_sees_memory_and_time_being_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
