/* SPDX-License-Identifier: MIT */
/*
 * process_usage - what this process has used of processor, memory and descriptors so far. Linux: from /proc/self.
 *
 * Memory: none.   Threads: any.   Errors: what cannot be found out is 0, which none of it ever is.
 */
#ifndef GATEWAY_PROCESS_USAGE_H
#define GATEWAY_PROCESS_USAGE_H

#include <stdint.h>

struct process_usage {
    uint64_t cpu_us; /* of all threads, in user and system mode */
    uint64_t resident_bytes;
    uint64_t thread_count;
    uint64_t descriptor_count;
    uint64_t descriptor_limit; /* the soft one; 0: none */
};

void process_usage_read(struct process_usage *usage);

#endif
