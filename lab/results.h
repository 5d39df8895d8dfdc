/* SPDX-License-Identifier: MIT */
/*
 * results - what an experiment measured, and what theory says to it. Pure.
 *
 * lab/results_parts.h cuts a task's time into parts; lab/results_json.h writes it all down.
 *
 * Memory: the structs look at tasks and names that their maker owns.
 * Units: microseconds from the instant at which a mode's first request was sent.
 */
#ifndef LAB_RESULTS_H
#define LAB_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/mode.h"
#include "lab/theory.h"

/* Not known: nobody who could know told us. */
#define RESULTS_UNKNOWN_US UINT64_MAX

/* Where a task's time went. */
enum part_kind {
    PART_WAITING,    /* for the gateway: not read yet, no thread free, or called back while the loop stands still */
    PART_CONNECTING, /* the gateway to the backend */
    PART_BACKEND,    /* the backend is at work */
    PART_GATEWAY,    /* the gateway's own work, the way to it and back */
    PART_UNKNOWN,    /* sent to answered, and nobody says what happened in between */
    PART_KIND_COUNT,
};

struct part {
    enum part_kind kind;
    uint64_t start_us, end_us;
};

enum { PARTS_MOST = 16 };

/* What the gateway's own record of a request tells (docs/gateway.md, the `done` event). */
struct record_times {
    bool is_known;
    bool has_call;
    uint64_t worker;  /* whose loop it was */
    uint64_t read_us; /* the request's head */
    /* Of its call; each RESULTS_UNKNOWN_US where it did not happen, such as connecting where a connection was kept. */
    uint64_t queued_us, started_us, connected_us, sent_us, done_us;
};

struct task_result {
    const char *name;
    struct theory_range theory;
    bool is_blocking;  /* its call blocks the event loop */
    uint16_t port;     /* the sender's end of its connection; 0: not known */
    uint64_t sent_us;  /* the request had been written; RESULTS_UNKNOWN_US: it never was */
    uint64_t ended_us; /* the answer was complete, or the failure certain */
    int status;        /* 0: no answer */
    const char *error; /* the cause's name where there is no answer; else NULL */
    /* What the logs of gateway and backend tell, mostly cut to milliseconds; RESULTS_UNKNOWN_US where they were not
     * ours to read. */
    uint64_t received_us;      /* by the gateway */
    uint64_t call_received_us; /* by the backend */
    uint64_t call_answered_us; /* by the backend */
    struct record_times record;
    struct part parts[PARTS_MOST]; /* see results_cut() */
    size_t part_count;
    bool ok; /* answered with 2xx, and when theory says */
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
    long threads;
    const char *blocking; /* names, separated by commas */
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
/* A task that is about to be sent: nothing is known of it yet. */
struct task_result results_new_task(const char *name);

#endif
