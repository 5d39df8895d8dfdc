/* SPDX-License-Identifier: MIT */
/*
 * experiment - the same tasks sent at the same instant to a gateway in one mode after another.
 *
 * Starts one backend and, for each mode, a gateway; or uses gateways that are running. An audience is told what happens
 * while it happens. What was measured is handed back; showing that is somebody else's.
 *
 * Memory: the result owns its arrays until experiment_clear(); names in it are the configuration's.
 * Threads: the main thread's.
 */
#ifndef LAB_EXPERIMENT_H
#define LAB_EXPERIMENT_H

#include "common/error.h"
#include "common/log.h"
#include "common/url.h"
#include "lab/audience.h"
#include "lab/results.h"

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
    const struct log_options *log; /* form of the lines */
    struct audience *audience;
};

enum experiment_outcome { EXPERIMENT_DONE, EXPERIMENT_INTERRUPTED, EXPERIMENT_FAILED };

/* EXPERIMENT_FAILED: *error says why. EXPERIMENT_INTERRUPTED: the result has the modes that were over. *ret_result is
 * to be cleared in any case. */
enum experiment_outcome experiment_run(const struct experiment_config *config, struct experiment_result *ret_result,
                                       struct error *error) must_check;
void experiment_clear(struct experiment_result *result);

#endif
