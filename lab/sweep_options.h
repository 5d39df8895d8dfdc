/* SPDX-License-Identifier: MIT */
/*
 * sweep_options - what `lab sweep` is told: its flags, and how their lists are read.
 *
 * Memory: fixed fields, and views of argv or the environment.
 */
#ifndef LAB_SWEEP_OPTIONS_H
#define LAB_SWEEP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/delay.h"
#include "common/log_options.h"
#include "common/options.h"
#include "gateway/mode.h"

enum { SWEEP_VALUES_MOST = 16, SWEEP_DELAYS_MOST = 8, SWEEP_DELAY_BYTES = 256, SWEEP_REPEATS_MOST = 15 };

struct sweep_modes {
    enum mode modes[MODE_COUNT];
    size_t count;
};

struct sweep_numbers {
    unsigned values[SWEEP_VALUES_MOST];
    size_t count;
};

struct sweep_delay {
    char text[SWEEP_DELAY_BYTES]; /* as it was said, for the backend */
    struct delay delay;
};

struct sweep_delays {
    struct sweep_delay delays[SWEEP_DELAYS_MOST];
    size_t count;
};

struct sweep_options {
    struct sweep_modes modes;
    struct sweep_numbers clients, fan_out, rates; /* rates: none for a closed loop */
    struct sweep_delays delays;
    uint64_t duration_us, warm_up_us;
    long repeats, threads, workers, seed;
    const char *blocking;
    int case_choice;                 /* into sweep_case_choices; SWEEP_NO_CASE */
    const char *json, *csv, *report; /* paths; NULL: not wanted */
    bool events;
    struct log_options log;
    uint64_t given; /* see struct options_program */
};

enum { SWEEP_NO_CASE = -1 };

extern const struct option sweep_options[];
extern const size_t sweep_option_count;

/* What no option can say alone; fills in what depends on others. 0, or -1 and a sentence. */
int sweep_options_complete(struct sweep_options *parsed, struct error *error) must_check;

#endif
