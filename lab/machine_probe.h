/* SPDX-License-Identifier: MIT */
/*
 * machine_probe - how busy the whole machine is: everything on it, not only what we started.
 *
 * Linux: the first line of /proc/stat, in ticks of 10 ms. In a container it may show the host's cores; `cores` are
 * those this process may run on.
 *
 * Memory: none.   Threads: any.
 */
#ifndef LAB_MACHINE_PROBE_H
#define LAB_MACHINE_PROBE_H

#include <stdint.h>

#include "common/str.h"

struct machine_probe {
    uint64_t busy_ticks, all_ticks; /* of all cores, since it was started; 0: cannot be found out */
};

struct machine_probe machine_probe_read(void);
/* The same, from the text of /proc/stat. */
struct machine_probe machine_probe_of(struct str stat);
/* The share of the cores that was busy between two of them, 0 to 1. */
double machine_probe_busy_share(const struct machine_probe *begin, const struct machine_probe *end);
/* How many cores there are for us. */
unsigned machine_probe_cores(void);

#endif
