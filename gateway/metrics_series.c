/* SPDX-License-Identifier: MIT */
#include "gateway/metrics_series.h"

#include <errno.h>
#include <string.h>

const struct series_bound series_bounds[SERIES_BUCKETS] = {
    { 500, "0.0005" },  { 1000, "0.001" },  { 2500, "0.0025" }, { 5000, "0.005" },
    { 10000, "0.01" },  { 25000, "0.025" }, { 50000, "0.05" },  { 100000, "0.1" },
    { 250000, "0.25" }, { 500000, "0.5" },  { 1000000, "1" },   { 2500000, "2.5" },
    { 5000000, "5" },   { 10000000, "10" }, { 30000000, "30" }, { 60000000, "60" },
};

static const struct str other_label = SERIES_OTHER;

/* ---- keys ---- */

static struct str cut_label(struct str label)
{
    if (label.length > SERIES_LABEL_BYTES) {
        label.length = SERIES_LABEL_BYTES;
        while (label.length > 0 && ((unsigned char)label.base[label.length] & 0xc0) == 0x80) {
            label.length--;
        }
    }
    return label;
}

/* FNV-1a. Its keys come from the configuration and from short lists of ours: nobody outside chooses them freely. */
static uint64_t hash_labels(const struct str *labels, size_t count)
{
    uint64_t hash = 14695981039346656037ULL;

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < labels[i].length; j++) {
            hash = (hash ^ (unsigned char)labels[i].base[j]) * 1099511628211ULL;
        }
        hash = (hash ^ 0xff) * 1099511628211ULL;
    }
    return hash ^ (hash >> 32);
}

static bool is_same_word(const char *a, const char *b)
{
    uint64_t a_word = 0;
    uint64_t b_word = 0;

    memcpy(&a_word, a, sizeof a_word);
    memcpy(&b_word, b, sizeof b_word);
    return a_word == b_word;
}

static bool is_same_half(const char *a, const char *b)
{
    uint32_t a_half = 0;
    uint32_t b_half = 0;

    memcpy(&a_half, a, sizeof a_half);
    memcpy(&b_half, b, sizeof b_half);
    return a_half == b_half;
}

/* As memcmp() would say, of which the call alone takes longer for labels of a few bytes. The last word, or half, may
 * overlap the one before it. */
static bool is_same(const char *a, const char *b, size_t length)
{
    enum { WORD = sizeof(uint64_t), HALF = sizeof(uint32_t) };

    if (length >= WORD) {
        for (size_t i = 0; i + WORD < length; i += WORD) {
            if (!is_same_word(a + i, b + i)) {
                return false;
            }
        }
        return is_same_word(a + length - WORD, b + length - WORD);
    }
    if (length >= HALF) {
        return is_same_half(a, b) && is_same_half(a + length - HALF, b + length - HALF);
    }
    for (size_t i = 0; i < length; i++) {
        if (a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

static bool has_labels(const struct series *series, const struct str *labels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (series->labels[i].length != labels[i].length ||
            !is_same(series->labels[i].base, labels[i].base, labels[i].length)) {
            return false;
        }
    }
    return true;
}

/* Where the series is, or would be. There is always an empty slot to end at. */
static struct series **find_slot(const struct series_table *table, const struct str *labels, uint64_t hash)
{
    size_t mask = table->slot_count - 1;
    size_t index = (size_t)hash & mask;

    for (;; index = (index + 1) & mask) {
        struct series *series = table->slots[index];
        if (series == NULL || (series->hash == hash && has_labels(series, labels, table->label_count))) {
            return &table->slots[index];
        }
    }
}

/* ---- series ---- */

static struct series *series_new(const struct str *labels, size_t count, uint64_t hash)
{
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        length += labels[i].length;
    }
    struct series *series = calloc(1, sizeof *series + length);
    if (series == NULL) {
        return NULL;
    }
    series->hash = hash;
    char *text = (char *)(series + 1);
    for (size_t i = 0; i < count; i++) {
        if (labels[i].length > 0) {
            memcpy(text, labels[i].base, labels[i].length);
        }
        series->labels[i] = (struct str){ text, labels[i].length };
        text += labels[i].length;
    }
    return series;
}

/* Whoever sees the new front of the list sees all that was written before. */
static void publish(struct series_table *table, struct series *series)
{
    series->next = atomic_load_explicit(&table->first, memory_order_relaxed);
    atomic_store_explicit(&table->first, series, memory_order_release);
}

static struct series *other_series(struct series_table *table)
{
    if (!table->is_other_listed) {
        table->is_other_listed = true;
        publish(table, &table->other);
    }
    return &table->other;
}

static struct series *add_series(struct series_table *table, const struct str *labels, uint64_t hash)
{
    /* One that is called "other" by itself must not stand beside ours. */
    if (table->count == table->limit || has_labels(&table->other, labels, table->label_count)) {
        return other_series(table);
    }
    struct series *series = series_new(labels, table->label_count, hash);
    if (series == NULL) {
        return other_series(table);
    }
    *find_slot(table, labels, hash) = series;
    table->count++;
    publish(table, series);
    return series;
}

static struct series *look_up(struct series_table *table, const struct str *key)
{
    uint64_t hash = hash_labels(key, table->label_count);
    struct series *series = *find_slot(table, key, hash);

    return series != NULL ? series : add_series(table, key, hash);
}

struct series *series_find(struct series_table *table, const struct str *labels)
{
    struct str key[SERIES_LABELS] = { { .base = NULL } };
    uintptr_t place = 0;

    for (size_t i = 0; i < table->label_count; i++) {
        key[i] = cut_label(labels[i]);
        place = place * 3 + ((uintptr_t)key[i].base >> 3);
    }
    struct series **hint = &table->hints[place % SERIES_HINTS];
    if (*hint == NULL || !has_labels(*hint, key, table->label_count)) {
        *hint = look_up(table, key);
    }
    return *hint;
}

size_t series_bucket(uint64_t duration_us)
{
    size_t bucket = 0;

    while (bucket < SERIES_BUCKETS && duration_us > series_bounds[bucket].upper_us) {
        bucket++;
    }
    return bucket;
}

void series_count(struct series *series, size_t bucket, uint64_t duration_us)
{
    series_increase(&series->durations[bucket], 1);
    series_increase(&series->duration_sum_us, duration_us);
}

void series_add(struct series *series, const struct series *from)
{
    for (size_t i = 0; i <= SERIES_BUCKETS; i++) {
        series_increase(&series->durations[i], series_read(&from->durations[i]));
    }
    series_increase(&series->duration_sum_us, series_read(&from->duration_sum_us));
    series_increase(&series->attempts, series_read(&from->attempts));
    series_increase(&series->reused, series_read(&from->reused));
    series_increase(&series->gauges.in_flight, series_read(&from->gauges.in_flight));
    series_increase(&series->gauges.queued, series_read(&from->gauges.queued));
}

uint64_t series_total(const struct series *series)
{
    uint64_t total = 0;

    for (size_t i = 0; i <= SERIES_BUCKETS; i++) {
        total += series_read(&series->durations[i]);
    }
    return total;
}

const struct series *series_first(const struct series_table *table)
{
    return atomic_load_explicit(&table->first, memory_order_acquire);
}

/* ---- life ---- */

int series_table_init(struct series_table *table, size_t label_count, size_t limit)
{
    *table = (struct series_table){ .label_count = label_count, .limit = limit, .slot_count = 2 };
    for (size_t i = 0; i < label_count; i++) {
        table->other.labels[i] = other_label;
    }
    while (table->slot_count < limit * 2) {
        table->slot_count *= 2;
    }
    table->slots = calloc(table->slot_count, sizeof(struct series *));
    return table->slots != NULL ? 0 : -ENOMEM;
}

void series_table_clear(struct series_table *table)
{
    for (size_t i = 0; table->slots != NULL && i < table->slot_count; i++) {
        free(table->slots[i]);
    }
    free(table->slots);
    table->slots = NULL;
}
