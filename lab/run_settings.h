/* SPDX-License-Identifier: MIT */
/*
 * run_settings - what a run is to do: what is run unless something else is asked for, and what no value says alone.
 * Pure.
 */
#ifndef LAB_RUN_SETTINGS_H
#define LAB_RUN_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/compiler.h"
#include "lab/run_values.h"

enum run_kind { RUN_EXPERIMENT, RUN_SWEEP };

/* In the order of the enum, NULL-terminated; also the commands' names. */
extern const char *const run_kind_names[];

struct run_settings {
    enum run_kind kind;
    struct run_modes_list modes;
    uint64_t delay_us;
    /* of an experiment */
    struct run_names tasks;
    struct run_names blocking;
    uint64_t threads;
    /* of a sweep */
    const char *case_name; /* NULL: none */
    struct run_numbers clients;
    bool has_clients; /* they were asked for */
    struct run_numbers fan_out;
    uint64_t rate; /* 0: a closed loop */
    uint64_t duration_us;
    uint64_t repeats;
};

struct run_settings run_settings_unless_said(enum run_kind kind);
/* Whether all of it together is within run_limits. 0, or -1 and why not. */
int run_settings_check(const struct run_settings *settings, struct run_refusal *refusal) must_check;

#endif
