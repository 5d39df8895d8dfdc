/* SPDX-License-Identifier: MIT */
/*
 * experiment_options - what `lab experiment` is told: its flags, and how their lists are read.
 *
 * Memory: fixed fields, and views of argv or the environment.
 */
#ifndef LAB_EXPERIMENT_OPTIONS_H
#define LAB_EXPERIMENT_OPTIONS_H

#include "common/log.h"
#include "common/options.h"
#include "lab/experiment.h"
#include "lab/task.h"

struct task_list {
    char names[EXPERIMENT_TASKS_MOST][TASK_NAME_BYTES + 1];
    size_t count;
};

struct mode_list {
    struct experiment_mode modes[EXPERIMENT_MODES_MOST];
    size_t count;
};

struct experiment_options {
    uint64_t delay_us;
    struct task_list tasks;
    struct mode_list modes;    /* --modes: gateways to start */
    struct mode_list gateways; /* --gateway: those that run already */
    long threads;
    const char *blocking;
    const char *report; /* paths; NULL: not wanted */
    const char *json;
    const char *svg;
    bool has_events;
    struct log_options log;
};

extern const struct option experiment_options[];
extern const size_t experiment_option_count;

/* Operands are more gateways. Fills in the modes that are run where nothing was said. 0, or -1 and a sentence. */
int experiment_options_complete(struct experiment_options *parsed, const struct options_operands *operands,
                                struct error *error) must_check;

#endif
