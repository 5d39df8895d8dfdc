/* SPDX-License-Identifier: MIT */
#include "lab/process_probe.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/compiler.h"
#include "lab/small_file.h"

enum { STATUS_BYTES = 4096, PATH_BYTES = 64, NS_PER_US = 1000, BYTES_PER_KIB = 1024 };

static int read_cpu(pid_t pid, uint64_t *ret_cpu_us)
{
    clockid_t clock = 0;
    struct timespec used;

    int number = clock_getcpuclockid(pid, &clock);
    if (number != 0) {
        return -number;
    }
    if (clock_gettime(clock, &used) < 0) {
        return -errno;
    }
    *ret_cpu_us = (uint64_t)used.tv_sec * CLOCK_US_PER_SECOND + (uint64_t)used.tv_nsec / NS_PER_US;
    return 0;
}

static void read_status(pid_t pid, struct process_probe *probe)
{
    char path[PATH_BYTES];
    char bytes[STATUS_BYTES];

    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    struct str status = small_file_read(path, bytes, sizeof bytes);
    probe->resident_bytes = small_file_number(status, STR("VmRSS:")) * BYTES_PER_KIB;
    probe->resident_most_bytes = small_file_number(status, STR("VmHWM:")) * BYTES_PER_KIB;
    probe->thread_count = small_file_number(status, STR("Threads:"));
}

static void add_switches(pid_t pid, const char *thread, struct process_probe *probe)
{
    char path[PATH_BYTES];
    char bytes[STATUS_BYTES];

    (void)snprintf(path, sizeof path, "/proc/%ld/task/%.20s/status", (long)pid, thread);
    struct str status = small_file_read(path, bytes, sizeof bytes);
    probe->voluntary_switches += small_file_number(status, STR("voluntary_ctxt_switches:"));
    probe->involuntary_switches += small_file_number(status, STR("nonvoluntary_ctxt_switches:"));
}

/* The status of the process counts its main thread's switches alone. */
static void read_switches(pid_t pid, struct process_probe *probe)
{
    char path[PATH_BYTES];

    (void)snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *threads = opendir(path);
    if (threads == NULL) {
        return;
    }
    for (const struct dirent *entry = readdir(threads); entry != NULL; entry = readdir(threads)) {
        if (entry->d_name[0] != '.') {
            add_switches(pid, entry->d_name, probe);
        }
    }
    (void)closedir(threads);
}

int process_probe_read(pid_t pid, struct process_probe *ret_probe)
{
    struct process_probe probe = { .cpu_us = 0 };

    int status = pid > 0 ? read_cpu(pid, &probe.cpu_us) : -ESRCH;
    if (status < 0) {
        return status;
    }
    read_status(pid, &probe);
    read_switches(pid, &probe);
    *ret_probe = probe;
    return 0;
}
