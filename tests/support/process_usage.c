/* SPDX-License-Identifier: MIT */
/* What a process uses, by what the kernel tells of it: a part of process.h. */
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/process.h"
#include "tests/support/unit.h"

enum { POLL_MS = 2 };

static size_t count_entries(const struct process *process, const char *directory_name)
{
    char path[64];
    size_t count = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)process->pid, directory_name);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    (void)closedir(directory);
    return count;
}

size_t process_thread_count(const struct process *process)
{
    return count_entries(process, "task");
}

size_t process_descriptor_count(const struct process *process)
{
    return count_entries(process, "fd");
}

void process_wait_for_descriptors(const struct process *process, size_t most)
{
    uint64_t start_us = clock_monotonic_us();
    size_t count = process_descriptor_count(process);

    while (count > most) {
        if (gate_milliseconds_left(start_us, TEST_PATIENCE_MS) == 0) {
            fail_msg("process %d has %zu descriptors, and should have %zu at most", (int)process->pid, count, most);
        }
        (void)poll(NULL, 0, POLL_MS);
        count = process_descriptor_count(process);
    }
}

static size_t read_status(const struct process *process, const char *name)
{
    char path[64];
    char line[256];
    size_t kib = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)process->pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (kib == 0 && fgets(line, sizeof line, file) != NULL) {
        kib = strncmp(line, name, strlen(name)) == 0 ? strtoul(line + strlen(name), NULL, 10) : 0;
    }
    (void)fclose(file);
    assert_true(kib > 0);
    return kib;
}

uint64_t process_cpu_us(const struct process *process)
{
    struct timespec spent = { 0 };
    clockid_t clock = 0;

    assert_int_equal(clock_getcpuclockid(process->pid, &clock), 0);
    assert_int_equal(clock_gettime(clock, &spent), 0);
    return (uint64_t)spent.tv_sec * CLOCK_US_PER_SECOND + (uint64_t)spent.tv_nsec / 1000;
}

size_t process_resident_kib(const struct process *process)
{
    return read_status(process, "VmRSS:");
}

size_t process_peak_kib(const struct process *process)
{
    return read_status(process, "VmHWM:");
}
