/* SPDX-License-Identifier: MIT */
#include "lab/results.h"

uint64_t results_elapsed_us(const struct task_result *task)
{
    if (task->status == 0 || task->sent_us == RESULTS_UNKNOWN_US) {
        return RESULTS_UNKNOWN_US;
    }
    return task->ended_us - task->sent_us;
}

double results_ratio(uint64_t measured_us, struct theory_range theory)
{
    return (double)measured_us / (double)theory.latest_us;
}

static bool is_success(int status)
{
    return status >= 200 && status <= 299;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void results_judge(struct mode_result *mode)
{
    uint64_t first_sent_us = RESULTS_UNKNOWN_US;
    uint64_t last_ended_us = 0;
    bool are_all_answered = true;

    mode->theory = (struct theory_range){ 0 };
    mode->ok = true;
    for (size_t i = 0; i < mode->task_count; i++) {
        struct task_result *task = &mode->tasks[i];
        uint64_t elapsed_us = results_elapsed_us(task);
        task->ok =
            elapsed_us != RESULTS_UNKNOWN_US && is_success(task->status) && theory_holds(task->theory, elapsed_us);
        mode->ok = mode->ok && task->ok;
        are_all_answered = are_all_answered && elapsed_us != RESULTS_UNKNOWN_US;
        first_sent_us = task->sent_us < first_sent_us ? task->sent_us : first_sent_us;
        last_ended_us = larger(last_ended_us, task->ended_us);
        mode->theory.earliest_us = larger(mode->theory.earliest_us, task->theory.earliest_us);
        mode->theory.latest_us = larger(mode->theory.latest_us, task->theory.latest_us);
    }
    mode->total_us = are_all_answered ? last_ended_us - first_sent_us : RESULTS_UNKNOWN_US;
}

bool results_all_ok(const struct experiment_result *experiment)
{
    for (size_t i = 0; i < experiment->mode_count; i++) {
        if (!experiment->modes[i].ok) {
            return false;
        }
    }
    return experiment->mode_count > 0;
}

uint64_t results_longest_us(const struct experiment_result *experiment)
{
    uint64_t longest_us = experiment->delay_us;

    for (size_t i = 0; i < experiment->mode_count; i++) {
        const struct mode_result *mode = &experiment->modes[i];
        for (size_t k = 0; k < mode->task_count; k++) {
            longest_us = larger(longest_us, mode->tasks[k].ended_us);
        }
    }
    return longest_us;
}

struct task_result results_new_task(const char *name)
{
    return (struct task_result){
        .name = name,
        .sent_us = RESULTS_UNKNOWN_US,
        .received_us = RESULTS_UNKNOWN_US,
        .call_received_us = RESULTS_UNKNOWN_US,
        .call_answered_us = RESULTS_UNKNOWN_US,
    };
}
