/* SPDX-License-Identifier: MIT */
/*
 * experiment_events - an experiment told to a program: one JSON object a line, each written as it happens.
 *
 *     {"event":"begin","kind":"experiment","delay_ms":…,"modes":[…],"tasks":[…],"threads":…,"blocking":[…],
 *      "theory":[{"mode":…,"tasks":[{"earliest_s":…,"latest_s":…}]}]}
 *     {"event":"mode","mode":…}
 *     {"event":"line","mode":…,"side":"sender|gateway|backend","at_ms":…,"text":…,"task":…,
 *      "what":"send|received|call_started|call_done|answered|other"}
 *     {"event":"mode_done","mode":…,"result":{…}}
 *     {"event":"end","document":{…}}   or   {"event":"failed","error":"one sentence"}
 *
 * docs/lab.md says what the members mean. Lines carry what clients and backends sent: bytes that are not UTF-8 become
 * U+FFFD. An event there was no memory for is left out.
 */
#ifndef LAB_EXPERIMENT_EVENTS_H
#define LAB_EXPERIMENT_EVENTS_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "lab/audience.h"

struct experiment_events {
    struct audience audience;
    FILE *output;
};

/* Fills `audience`; the output is the owner's. */
void experiment_events_init(struct experiment_events *events);
/* The last event, one of the two. Takes `document` over (NULL: there was no memory for it, which is told). */
void experiment_events_end(struct experiment_events *events, cJSON *document);
void experiment_events_fail(struct experiment_events *events, const char *error);

#endif
