/* SPDX-License-Identifier: MIT */
/*
 * run_values - reads one value of a run's request within its bounds, or says in a sentence what is allowed. Pure.
 *
 * Values are spans of JSON that json_scan has found good. A refusal names the field, what it may be, and what it was.
 *
 * Memory: texts go into the caller's arena.
 */
#ifndef LAB_RUN_VALUES_H
#define LAB_RUN_VALUES_H

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/compiler.h"
#include "common/error.h"
#include "common/str.h"
#include "gateway/mode.h"
#include "lab/run_limits.h"

/* Why a request is not carried out. */
struct run_refusal {
    const char *field; /* which member is at fault, a constant; NULL: the request as a whole */
    struct error sentence;
};

/* Always -1. */
int run_refuse(struct run_refusal *refusal, const char *field, const char *format, ...) printf_like(3, 4);

struct run_value {
    const char *field;
    struct str json;
    struct arena *memory;
    struct run_refusal *refusal;
};

struct run_names {
    const char *names[RUN_TASKS_MOST];
    size_t count;
};
enum { RUN_NUMBERS_MOST = 16 };
struct run_numbers {
    uint64_t numbers[RUN_NUMBERS_MOST];
    size_t count;
};
struct run_modes_list {
    enum mode modes[RUN_MODES_MOST];
    size_t count;
};

/* 0, or -1 and the refusal is filled in. */
int run_value_text(const struct run_value *value, const char **ret_text) must_check;
int run_value_number(const struct run_value *value, uint64_t least, uint64_t most, uint64_t *ret_number) must_check;
int run_value_duration(const struct run_value *value, uint64_t least_ms, uint64_t most_ms, uint64_t *ret_us) must_check;
/* Names of tasks, each once; `least` of them, RUN_TASKS_MOST at most. */
int run_value_names(const struct run_value *value, size_t least, struct run_names *ret_names) must_check;
/* From 1 to `most`, each once; 1 to `count_most` of them (up to RUN_NUMBERS_MOST). */
int run_value_numbers(const struct run_value *value, uint64_t most, size_t count_most,
                      struct run_numbers *ret_numbers) must_check;
/* The name of a case of sweeps. */
int run_value_case(const struct run_value *value, const char **ret_name) must_check;
/* Of run_modes, each once, at least one. */
int run_value_modes(const struct run_value *value, struct run_modes_list *ret_modes) must_check;

#endif
