/* SPDX-License-Identifier: MIT */
/*
 * sweep_cases - presets of the sweep where not blocking does not win, or wins nothing. Constant.
 *
 * What each of them should show is said beside its row in sweep_cases.c; what it did show, sweep_findings tells from
 * the figures.
 */
#ifndef LAB_SWEEP_CASES_H
#define LAB_SWEEP_CASES_H

#include <stddef.h>

#include "gateway/mode.h"

enum { SWEEP_CASE_VALUES_MOST = 8 };

enum sweep_axis { SWEEP_AXIS_CLIENTS, SWEEP_AXIS_BYTES };
extern const char *const sweep_axis_names[];

struct sweep_case {
    const char *name, *title;
    enum sweep_axis axis; /* what its curves are drawn over: the one of the two that has several values */
    enum mode modes[MODE_COUNT];
    size_t mode_count;
    unsigned clients[SWEEP_CASE_VALUES_MOST];
    size_t clients_count;
    unsigned bytes[SWEEP_CASE_VALUES_MOST]; /* of the backend's answers; 0: its own */
    size_t bytes_count;
    const char *delay; /* a duration */
    unsigned fan_out;
    unsigned backend_concurrency; /* 0: no limit */
};

extern const struct sweep_case sweep_cases[];
extern const size_t sweep_case_count;
/* Their names in that order, and then "all"; NULL-terminated. */
extern const char *const sweep_case_choices[];

#endif
