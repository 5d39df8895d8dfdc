/* SPDX-License-Identifier: MIT */
#include "lab/machine_probe.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "common/compiler.h"

enum { STAT_BYTES = 512 };

/* cpu user nice system idle iowait irq softirq steal …: guest time is in user's already. */
enum { COLUMNS = 8, COLUMN_IDLE = 3, COLUMN_IO_WAIT = 4 };

struct machine_probe machine_probe_of(struct str stat)
{
    struct str line = str_split(&stat, '\n');
    struct machine_probe probe = { 0 };
    struct machine_probe none = { 0 };

    if (!str_equal(str_split(&line, ' '), STR("cpu"))) {
        return none;
    }
    line = str_trim(line);
    for (unsigned i = 0; i < COLUMNS; i++) {
        uint64_t ticks = 0;
        if (str_to_number(str_split(&line, ' '), UINT64_MAX, &ticks) < 0) {
            return none;
        }
        probe.all_ticks += ticks;
        probe.busy_ticks += i == COLUMN_IDLE || i == COLUMN_IO_WAIT ? 0 : ticks;
    }
    return probe;
}

struct machine_probe machine_probe_read(void)
{
    char text[STAT_BYTES];
    cleanup_close int descriptor = open("/proc/stat", O_RDONLY | O_CLOEXEC);
    ssize_t length = descriptor >= 0 ? read(descriptor, text, sizeof text) : -1;

    return machine_probe_of((struct str){ text, length > 0 ? (size_t)length : 0 });
}

double machine_probe_busy_share(const struct machine_probe *begin, const struct machine_probe *end)
{
    if (end->all_ticks <= begin->all_ticks || end->busy_ticks < begin->busy_ticks) {
        return 0;
    }
    return (double)(end->busy_ticks - begin->busy_ticks) / (double)(end->all_ticks - begin->all_ticks);
}

unsigned machine_probe_cores(void)
{
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof allowed, &allowed) < 0) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        return online > 0 ? (unsigned)online : 1;
    }
    return (unsigned)CPU_COUNT(&allowed);
}
