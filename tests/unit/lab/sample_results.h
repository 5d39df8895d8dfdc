/* SPDX-License-Identifier: MIT */
/*
 * sample_results - an experiment's results for tests: a backend of 2 s, task1 and task2 in sync and in async.
 */
#ifndef TESTS_UNIT_LAB_SAMPLE_RESULTS_H
#define TESTS_UNIT_LAB_SAMPLE_RESULTS_H

#include "lab/results.h"
#include "lab/results_parts.h"

struct sample_results {
    struct task_result tasks[2][2];
    struct mode_result modes[2];
    struct experiment_result experiment;
};

static inline struct task_result sample_task(const char *name, uint64_t theory_us, uint64_t start_us, uint64_t ended_us)
{
    return (struct task_result){
        .name = name,
        .theory = { theory_us, theory_us },
        .sent_us = 0,
        .ended_us = ended_us,
        .status = 200,
        .received_us = start_us,
        .call_received_us = start_us,
        .call_answered_us = ended_us,
    };
}

/* After a change of the mode's tasks. */
static inline void sample_results_judge(struct mode_result *mode)
{
    results_judge(mode);
    results_cut(mode);
}

static inline void sample_results_init(struct sample_results *sample)
{
    *sample = (struct sample_results){
        .tasks = { { sample_task("task1", 2000000, 0, 2003000), sample_task("task2", 4000000, 2004000, 4006500) },
                   { sample_task("task1", 2000000, 0, 2001000), sample_task("task2", 2000000, 0, 2002000) } },
    };
    sample->tasks[0][1].sent_us = 500;
    for (size_t i = 0; i < array_length(sample->modes); i++) {
        sample->modes[i] =
            (struct mode_result){ .mode = i == 0 ? MODE_SYNC : MODE_ASYNC, .tasks = sample->tasks[i], .task_count = 2 };
        sample_results_judge(&sample->modes[i]);
    }
    sample->experiment = (struct experiment_result){
        .delay_us = 2000000, .threads = 16, .blocking = "task1", .modes = sample->modes, .mode_count = 2
    };
}

/* Round figures, so that each place in a picture can be counted. */
static inline void sample_results_init_round(struct sample_results *sample)
{
    sample_results_init(sample);
    sample->tasks[0][0] = sample_task("task1", 2000000, 0, 2000000);
    sample->tasks[0][1] = sample_task("task2", 4000000, 2000000, 4000000);
    sample->tasks[1][0] = sample_task("task1", 2000000, 0, 2000000);
    sample->tasks[1][1] = sample_task("task2", 2000000, 0, 2000000);
    sample_results_judge(&sample->modes[0]);
    sample_results_judge(&sample->modes[1]);
}

/* Task `index` of the first mode never got an answer. */
static inline void sample_results_fail(struct sample_results *sample, size_t index)
{
    struct task_result *task = &sample->tasks[0][index];

    task->status = 0;
    task->error = "connection_refused";
    sample_results_judge(&sample->modes[0]);
}

#endif
