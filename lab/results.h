/* SPDX-License-Identifier: MIT */
/*
 * results - what an experiment measured, what theory says to it, and the JSON that tells it to other programs. Pure.
 *
 *     {"version":1,"delay_ms":…,"modes":[{"mode":…,"tasks":[{"name":…,"sent_ms":…,"answered_ms":…,"seconds":…,
 *      "status":…}],"total_s":…,"theory_s":…,"ratio":…,"ok":true}]}
 *
 * `theory_s` is the latest that theory allows (see lab/theory.h). `answered_ms`, `seconds` and `status` are null where
 * no answer came; `total_s` and `ratio` then too.
 *
 * Memory: the structs look at tasks and names that their maker owns.
 * Units: microseconds from the instant at which a mode's sending began.
 */
#ifndef LAB_RESULTS_H
#define LAB_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "gateway/mode.h"
#include "lab/theory.h"

/* Not known: nobody who could know told us. */
#define RESULTS_UNKNOWN_US UINT64_MAX

struct task_result {
    const char *name;
    struct theory_range theory;
    uint64_t sent_us;  /* the request had been written; RESULTS_UNKNOWN_US: it never was */
    uint64_t ended_us; /* the answer was complete, or the failure certain */
    int status;        /* 0: no answer */
    const char *error; /* the cause's name where there is no answer; else NULL */
    /* What the logs of gateway and backend tell; RESULTS_UNKNOWN_US where they were not ours to read. */
    uint64_t received_us;     /* by the gateway */
    uint64_t call_started_us; /* the backend received the call */
    uint64_t call_done_us;    /* the backend answered it */
    bool ok;                  /* answered with 2xx, and when theory says */
};

struct mode_result {
    enum mode mode;
    struct task_result *tasks;
    size_t task_count;
    uint64_t total_us;          /* from the first request to the last answer; RESULTS_UNKNOWN_US: one never came */
    struct theory_range theory; /* of the last answer */
    bool ok;
};

struct experiment_result {
    uint64_t delay_us;
    struct mode_result *modes;
    size_t mode_count;
};

/* Fills `ok`, `total_us` and the mode's `theory` from the rest. */
void results_judge(struct mode_result *mode);
bool results_all_ok(const struct experiment_result *experiment);

/* The seconds between request and answer; RESULTS_UNKNOWN_US: no answer. */
uint64_t results_elapsed_us(const struct task_result *task);
/* Measured over theory's latest. */
double results_ratio(uint64_t measured_us, struct theory_range theory);
/* The end of the last task of all modes, and no less than the delay: how long a shared time axis has to be. */
uint64_t results_longest_us(const struct experiment_result *experiment);

/* How a task's time was spent, in the order in which it passes. */
enum stretch_kind {
    STRETCH_WAITING, /* for the gateway: not received yet, or no thread free */
    STRETCH_CALL,    /* the backend is at work */
    STRETCH_HELD,    /* the backend has answered, the gateway has not */
    STRETCH_UNKNOWN, /* sent, and nobody says what happened then */
    STRETCH_KIND_COUNT,
};

struct stretch {
    enum stretch_kind kind;
    uint64_t start_us, end_us;
};

enum { STRETCHES_MOST = 3 };

/* What a stretch of that kind means, for a person. */
extern const char *const stretch_meanings[STRETCH_KIND_COUNT];
/* Cuts the task's time into stretches without gaps; returns how many, none of them empty. Waits that are shorter than
 * the stamps of log lines can tell are left out. */
size_t results_stretches(const struct task_result *task, struct stretch stretches[STRETCHES_MOST]);

/* 0, or -ENOMEM, or -ENOBUFS. */
int results_add_json(const struct experiment_result *experiment, struct buf *text) must_check;

#endif
