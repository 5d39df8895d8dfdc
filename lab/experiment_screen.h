/* SPDX-License-Identifier: MIT */
/*
 * experiment_screen - an experiment shown to a person: for each mode what it does, and the logs of sender and gateway.
 */
#ifndef LAB_EXPERIMENT_SCREEN_H
#define LAB_EXPERIMENT_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

#include "lab/audience.h"
#include "lab/screen.h"

struct experiment_screen {
    struct audience audience;
    const struct screen *screen;
    FILE *output;
    bool has_lines; /* request lines are shown */
    long threads;
    const char *blocking;
};

/* Fills `audience`; the rest is the owner's. */
void experiment_screen_init(struct experiment_screen *shown);

#endif
