/* SPDX-License-Identifier: MIT */
/*
 * experiment - the same tasks sent at the same instant to a gateway in one mode after another.
 *
 * Starts one backend and, for each mode, a gateway; or uses gateways that are running. While a mode runs, both sides'
 * logs are shown. What it measured is handed back; showing that is somebody else's.
 *
 * Memory: the result owns its arrays until experiment_clear(); names in it are the configuration's.
 * Threads: the main thread's.
 */
#ifndef LAB_EXPERIMENT_H
#define LAB_EXPERIMENT_H

#include <stdio.h>

#include "common/error.h"
#include "common/log.h"
#include "common/url.h"
#include "lab/results.h"
#include "lab/screen.h"

enum { EXPERIMENT_TASKS_MOST = 256, EXPERIMENT_MODES_MOST = 16 };

struct experiment_mode {
    enum mode mode;
    bool is_running; /* a gateway is there already, at … */
    struct url gateway;
};

struct experiment_config {
    uint64_t delay_us; /* the backend's; above 0 */
    const char *const *tasks;
    size_t task_count;
    const struct experiment_mode *modes;
    size_t mode_count;
    long threads;
    const char *blocking; /* names, separated by commas */
    const char *own_path; /* see struct stage_config */
    char *const *environment;
    const struct log_options *log;
    const struct screen *screen;
    FILE *output;
};

enum experiment_outcome { EXPERIMENT_DONE, EXPERIMENT_INTERRUPTED, EXPERIMENT_FAILED };

/* EXPERIMENT_FAILED: *error says why. Only EXPERIMENT_DONE fills *ret_result. */
enum experiment_outcome experiment_run(const struct experiment_config *config, struct experiment_result *ret_result,
                                       struct error *error) must_check;
void experiment_clear(struct experiment_result *result);

#endif
