/* SPDX-License-Identifier: MIT */
/*
 * metrics_series - counters told apart by label values: found by their one writer, walked by any reader.
 *
 *     struct series *series = series_find(&table, (struct str[]){ route, mode, status });      the writer
 *     series_count(series, series_bucket(duration_us), duration_us);
 *     for (const struct series *series = series_first(&table); series != NULL; series = series->next) …  a reader
 *
 * A hash, which only the writer knows, leads to a series in O(1); once it is there nothing is allocated and nothing
 * locked. Label values mostly come from the same place as last time (a configuration, a list of ours): where they lie
 * is a hint which series it is, and their bytes decide. Readers see a list that only grows at its front. What does not
 * fit into the table, and what memory cannot be had for, is the series "other", whose labels all say so.
 *
 * Memory: at most `limit` series with SERIES_LABELS labels of at most SERIES_LABEL_BYTES each, until
 * series_table_clear().   Threads: one writer, any readers meanwhile: counters are relaxed atomics.   Units:
 * microseconds.
 */
#ifndef GATEWAY_METRICS_SERIES_H
#define GATEWAY_METRICS_SERIES_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "common/compiler.h"
#include "common/str.h"
#include "gateway/metrics.h"

enum {
    SERIES_LABELS = 3,
    SERIES_LABEL_BYTES = 128, /* a longer value is cut, between two UTF-8 characters */
    SERIES_BUCKETS = 16,
    SERIES_HINTS = 64,
};

#define SERIES_OTHER STR_STATIC("other")

/* The upper bounds of a histogram's buckets, inclusive, and the same in seconds. */
struct series_bound {
    uint64_t upper_us;
    const char *seconds;
};
extern const struct series_bound series_bounds[SERIES_BUCKETS];

/* One shape for all that is counted; what a kind does not use stays 0. */
struct series {
    const struct series *next; /* the one that came before; never changes */
    uint64_t hash;
    struct series *whole; /* the writer's own: a series of another table that counts the same, and more */
    struct str labels[SERIES_LABELS];
    _Atomic uint64_t durations[SERIES_BUCKETS + 1]; /* of each bucket alone; the last one: above all bounds */
    _Atomic uint64_t duration_sum_us;
    _Atomic uint64_t attempts;
    _Atomic uint64_t reused;
    struct metrics_backend gauges;
};

struct series_table {
    struct series *hints[SERIES_HINTS];
    struct series **slots; /* open addressing: never more than half full */
    size_t slot_count;     /* a power of two */
    size_t limit;
    size_t count;
    size_t label_count;
    bool is_other_listed;
    struct series other;
    const struct series *_Atomic first;
};

/* 0 or -ENOMEM. */
int series_table_init(struct series_table *table, size_t label_count, size_t limit) must_check;
void series_table_clear(struct series_table *table);

/* ---- by the writer ---- */

/* The series with these label values (label_count of them, any bytes, copied): an old one, a new one or "other". */
struct series *series_find(struct series_table *table, const struct str *labels);
/* Which of series.durations counts it. */
size_t series_bucket(uint64_t duration_us);
void series_count(struct series *series, size_t bucket, uint64_t duration_us);
/* Adds what `from` has counted, and its gauges, to what `series` has. */
void series_add(struct series *series, const struct series *from);

static inline void series_increase(_Atomic uint64_t *counter, uint64_t count)
{
    /* One writer: no need for an instruction that locks the bus. */
    uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, before + count, memory_order_relaxed);
}

/* ---- by anybody ---- */

/* The newest one; the others follow by `next`. */
const struct series *series_first(const struct series_table *table);

static inline uint64_t series_read(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* How many were counted: the sum of all buckets. */
uint64_t series_total(const struct series *series);

#endif
