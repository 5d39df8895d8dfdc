/* SPDX-License-Identifier: MIT */
/*
 * process_probe - what another process has used so far, read from outside: nothing in it has to take part.
 *
 * Linux: the processor time from clock_getcpuclockid(3) (nanoseconds, all threads, those that have ended too); the rest
 * from /proc/PID: VmRSS, VmHWM and Threads of status, and the context switches of all threads that live, summed.
 *
 * Memory: none.   Threads: any.   Errors: what cannot be found out is 0.
 */
#ifndef LAB_PROCESS_PROBE_H
#define LAB_PROCESS_PROBE_H

#include <stdint.h>
#include <sys/types.h>

struct process_probe {
    uint64_t cpu_us;
    uint64_t resident_bytes, resident_most_bytes;
    uint64_t thread_count;
    uint64_t voluntary_switches, involuntary_switches; /* it had to wait; it was made to */
};

/* 0, or -errno: there is no such process. */
int process_probe_read(pid_t pid, struct process_probe *ret_probe);

#endif
