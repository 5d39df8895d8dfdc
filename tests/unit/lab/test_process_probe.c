/* SPDX-License-Identifier: MIT */
#include "lab/process_probe.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { WORK_US = 20 * CLOCK_US_PER_MS, PAUSES = 60, PAUSES_COUNTED = 40 };

static struct process_probe probe_of(pid_t pid)
{
    struct process_probe probe;

    assert_int_equal(process_probe_read(pid, &probe), 0);
    return probe;
}

/* Computes until this process has used so much processor time more. */
static void work(void)
{
    clock_t end = clock() + (clock_t)WORK_US * CLOCKS_PER_SEC / CLOCK_US_PER_SECOND;

    while (clock() < end) {
    }
}

static void probe_sees_processor_time_grow_with_work(void **state)
{
    (void)state;
    struct process_probe before = probe_of(getpid());

    work();

    struct process_probe after = probe_of(getpid());
    assert_in_range(after.cpu_us - before.cpu_us, WORK_US * 9 / 10, (uint64_t)100 * WORK_US);
}

/* A process of its own begins with some work: the copies of our memory. */
static void probe_sees_no_processor_time_in_a_process_that_waits(void **state)
{
    int ends[2];
    char byte = 'x';
    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();

    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)!write(ends[1], &byte, 1);
        (void)pause();
        _exit(0);
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    struct process_probe before = probe_of(pid);
    work();
    struct process_probe after = probe_of(pid);

    assert_in_range(after.cpu_us - before.cpu_us, 0, WORK_US / 2);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void *wait_for_gate(void *gate)
{
    (void)gate_wait(gate, TEST_PATIENCE_MS);
    return NULL;
}

static void probe_counts_memory_and_threads(void **state)
{
    struct gate gate;
    pthread_t first;
    pthread_t second;

    (void)state;
    gate_init(&gate);
    /* With the first, the thread sanitizer starts one of its own. */
    assert_int_equal(pthread_create(&first, NULL, wait_for_gate, &gate), 0);
    uint64_t before = probe_of(getpid()).thread_count;
    assert_int_equal(pthread_create(&second, NULL, wait_for_gate, &gate), 0);

    struct process_probe probe = probe_of(getpid());

    assert_int_equal(probe.thread_count, before + 1);
    assert_true(probe.resident_bytes > 64 * 1024);
    assert_true(probe.resident_most_bytes >= probe.resident_bytes);
    gate_open(&gate);
    assert_int_equal(pthread_join(first, NULL), 0);
    assert_int_equal(pthread_join(second, NULL), 0);
    gate_clear(&gate);
}

/* One that is over before the thread has begun to wait is no switch: not all of them count on a busy machine. */
static void take_pauses(void)
{
    for (unsigned i = 0; i < PAUSES; i++) {
        (void)nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
    }
}

struct rester {
    struct gate has_rested, may_end;
};

static void *rest(void *context)
{
    struct rester *rester = context;

    take_pauses();
    gate_open(&rester->has_rested);
    (void)gate_wait(&rester->may_end, TEST_PATIENCE_MS);
    return NULL;
}

static void probe_counts_switches_of_all_threads(void **state)
{
    struct rester rester;
    pthread_t thread;

    (void)state;
    gate_init(&rester.has_rested);
    gate_init(&rester.may_end);
    struct process_probe before = probe_of(getpid());
    assert_int_equal(pthread_create(&thread, NULL, rest, &rester), 0);
    take_pauses();
    assert_true(gate_wait(&rester.has_rested, TEST_PATIENCE_MS));

    assert_true(probe_of(getpid()).voluntary_switches >= before.voluntary_switches + 2 * PAUSES_COUNTED);

    gate_open(&rester.may_end);
    assert_int_equal(pthread_join(thread, NULL), 0);
    gate_clear(&rester.has_rested);
    gate_clear(&rester.may_end);
}

static void probe_says_that_there_is_no_such_process(void **state)
{
    struct process_probe probe;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);

    assert_true(process_probe_read(pid, &probe) < 0);
    assert_int_equal(process_probe_read(0, &probe), -ESRCH);
    assert_int_equal(process_probe_read(-1, &probe), -ESRCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probe_sees_processor_time_grow_with_work),
        cmocka_unit_test(probe_sees_no_processor_time_in_a_process_that_waits),
        cmocka_unit_test(probe_counts_memory_and_threads),
        cmocka_unit_test(probe_counts_switches_of_all_threads),
        cmocka_unit_test(probe_says_that_there_is_no_such_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
