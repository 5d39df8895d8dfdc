/* SPDX-License-Identifier: MIT */
#include "gateway/process_usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include "common/clock.h"
#include "common/compiler.h"
#include "common/str.h"

/* Of /proc/self/stat, counted from 1 as proc(5) does. The name before them may have blanks and brackets in it. */
enum { FIELD_STATE = 3, FIELD_THREADS = 20, FIELD_RESIDENT_PAGES = 24 };

static uint64_t processor_time_us(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) < 0) {
        return 0;
    }
    return ((uint64_t)usage.ru_utime.tv_sec + (uint64_t)usage.ru_stime.tv_sec) * CLOCK_US_PER_SECOND +
           (uint64_t)usage.ru_utime.tv_usec + (uint64_t)usage.ru_stime.tv_usec;
}

static void read_fields(struct str fields, struct process_usage *usage)
{
    uint64_t number = 0;

    for (int field = FIELD_STATE; fields.length > 0; field++) {
        struct str word = str_split(&fields, ' ');
        if (field == FIELD_THREADS && str_to_number(word, UINT32_MAX, &number) == 0) {
            usage->thread_count = number;
        } else if (field == FIELD_RESIDENT_PAGES && str_to_number(word, UINT32_MAX, &number) == 0) {
            usage->resident_bytes = number * (uint64_t)sysconf(_SC_PAGESIZE);
        }
    }
}

static void read_stat(struct process_usage *usage)
{
    cleanup_close int descriptor = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    char text[2048];
    ssize_t length = descriptor >= 0 ? read(descriptor, text, sizeof text) : -1;
    const char *name_end = length > 0 ? memrchr(text, ')', (size_t)length) : NULL;

    if (name_end == NULL || name_end + 2 > text + length) {
        return;
    }
    read_fields((struct str){ name_end + 2, (size_t)(text + length - (name_end + 2)) }, usage);
}

static uint64_t count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    uint64_t count = 0;

    if (directory == NULL) {
        return 0;
    }
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    (void)closedir(directory);
    return count > 0 ? count - 1 : 0; /* one was the directory's own */
}

void process_usage_read(struct process_usage *usage)
{
    struct rlimit limit;

    *usage = (struct process_usage){ .cpu_us = processor_time_us(), .descriptor_count = count_descriptors() };
    read_stat(usage);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        usage->descriptor_limit = limit.rlim_cur;
    }
}
