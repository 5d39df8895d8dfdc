/* SPDX-License-Identifier: MIT */
/*
 * sweep_plan - which points a sweep has, in which order they are measured, and how long that takes. Pure.
 *
 * Points stand in the order of the document: case, delay, fan-out, rate, clients or bytes, and modes innermost. A round
 * goes through all of them, and repeats are rounds: what changes on the machine in the meantime hits all points alike.
 * Modes of one point are measured one right after the other, and another one of them begins in each round.
 *
 * The window that is counted is at least six bursts of answers long, but 3 s at most (or what was asked for, if that is
 * more). What is under way at its end is waited for as long as theory says and a quarter longer, up to 3 s; where that
 * would not be enough, not at all: its age is a lower bound then.
 *
 * Memory: sweep_plan_clear(); points refer to the options.   Units: microseconds.
 */
#ifndef LAB_SWEEP_PLAN_H
#define LAB_SWEEP_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "lab/load_theory.h"
#include "lab/sweep_cases.h"
#include "lab/sweep_options.h"

enum { SWEEP_POINTS_MOST = 1000 };

struct sweep_point {
    const struct sweep_case *preset; /* NULL: a plain sweep */
    enum mode mode;
    struct sweep_delay delay;
    unsigned fan_out;
    unsigned clients;
    unsigned rate;                /* 0: closed loop */
    unsigned bytes;               /* of the backend's answers; 0: its own */
    unsigned backend_concurrency; /* 0: no limit */

    struct load_theory theory;
    uint64_t warm_up_us, window_us, grace_us;
    size_t group_begin, group_size; /* the points that differ from this one in their mode alone */
};

/* What holds for all points. */
struct sweep_settings {
    unsigned threads, workers, repeats;
    const char *blocking;
    uint64_t warm_up_us, duration_us;
    uint64_t seed;
};

struct sweep_plan {
    struct sweep_settings settings;
    struct sweep_point *points;
    size_t count;
};

/* 0, or -1 and a sentence: too many points, or no memory. */
int sweep_plan_make(struct sweep_plan *plan, const struct sweep_options *options, struct error *error) must_check;
void sweep_plan_clear(struct sweep_plan *plan);

/* One measurement of one point. */
struct sweep_turn {
    unsigned repeat; /* from 0 */
    size_t point;
};

size_t sweep_plan_turns(const struct sweep_plan *plan);
/* The turns in the order in which they are taken. */
struct sweep_turn sweep_plan_turn(const struct sweep_plan *plan, size_t index);
/* About how long one measurement of that point takes, with starting and stopping. */
uint64_t sweep_point_expected_us(const struct sweep_point *point);
/* All turns from that one on. */
uint64_t sweep_plan_expected_us(const struct sweep_plan *plan, size_t from_turn);

/* "async, 64 clients, fan-out 10", "sync, 100 a second", "async, 65536 bytes": for progress and sentences. */
void sweep_point_describe(const struct sweep_point *point, char *text, size_t size);

#endif
