/* SPDX-License-Identifier: MIT */
#include "lab/theory.h"

enum { LEAST_PERCENT = 95, MOST_PERCENT = 115, SLACK_US = 50 * 1000 };

static struct theory_range exactly(uint64_t due_us)
{
    return (struct theory_range){ .earliest_us = due_us, .latest_us = due_us };
}

static void mixed_answer_times(const struct theory_input *input, struct theory_range *due)
{
    uint64_t held_us = 0; /* how long blocking tasks hold the loop, so far and in all */

    for (size_t i = 0; i < input->task_count; i++) {
        due[i].earliest_us = held_us + input->delay_us;
        held_us += input->is_blocking[i] ? input->delay_us : 0;
    }
    for (size_t i = 0; i < input->task_count; i++) {
        due[i].latest_us = input->is_blocking[i] ? due[i].earliest_us : held_us + input->delay_us;
    }
}

void theory_answer_times(const struct theory_input *input, struct theory_range *due)
{
    if (input->mode == MODE_MIXED) {
        mixed_answer_times(input, due);
        return;
    }
    for (size_t i = 0; i < input->task_count; i++) {
        uint64_t rounds = 1;
        if (input->mode == MODE_SYNC) {
            rounds = i + 1;
        } else if (input->mode == MODE_THREADS) {
            rounds = i / input->threads + 1;
        }
        due[i] = exactly(rounds * input->delay_us);
    }
}

bool theory_holds(struct theory_range due, uint64_t measured_us)
{
    return measured_us * 100 >= due.earliest_us * LEAST_PERCENT &&
           measured_us <= due.latest_us * MOST_PERCENT / 100 + SLACK_US;
}
