/* SPDX-License-Identifier: MIT */
#include "lab/samples.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 1024 };

void samples_init(struct samples *samples)
{
    *samples = (struct samples){ .least_bound = UINT32_MAX };
}

void samples_clear(struct samples *samples)
{
    free(samples->values);
    samples_init(samples);
}

static int grow(struct samples *samples)
{
    size_t capacity = samples->capacity == 0 ? FIRST_CAPACITY : 2 * samples->capacity;
    uint32_t *values = realloc(samples->values, capacity * sizeof *values);

    if (values == NULL) {
        return -ENOMEM;
    }
    samples->values = values;
    samples->capacity = capacity;
    return 0;
}

static uint32_t shorten(uint64_t value_us)
{
    return value_us < UINT32_MAX ? (uint32_t)value_us : UINT32_MAX;
}

int samples_add(struct samples *samples, uint64_t value_us)
{
    if (samples->count == SAMPLES_MOST) {
        return -ENOBUFS;
    }
    if (samples->count == samples->capacity && grow(samples) < 0) {
        return -ENOMEM;
    }
    samples->values[samples->count++] = shorten(value_us);
    samples->is_sorted = false;
    return 0;
}

int samples_add_lower_bound(struct samples *samples, uint64_t value_us)
{
    int status = samples_add(samples, value_us);

    if (status == 0 && shorten(value_us) < samples->least_bound) {
        samples->least_bound = shorten(value_us);
    }
    return status;
}

static int compare_values(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

/* The least r, from 1, with r / count >= fraction. Dividing rounds as the decimal fraction was rounded when it was
 * read, multiplying does not: 0.07 × 100 is more than 7. */
static size_t nearest_rank(size_t count, double fraction)
{
    if (!(fraction > 0)) {
        return 1;
    }
    if (fraction >= 1) {
        return count;
    }
    size_t rank = (size_t)ceil(fraction * (double)count);
    if (rank > 1 && (double)(rank - 1) / (double)count >= fraction) {
        rank--;
    }
    return rank;
}

struct percentile samples_percentile(struct samples *samples, double fraction)
{
    if (samples->count == 0) {
        return (struct percentile){ 0 };
    }
    if (!samples->is_sorted) {
        qsort(samples->values, samples->count, sizeof *samples->values, compare_values);
        samples->is_sorted = true;
    }
    uint32_t value = samples->values[nearest_rank(samples->count, fraction) - 1];
    return (struct percentile){ .value_us = value, .is_lower_bound = value >= samples->least_bound };
}

double samples_mean_us(const struct samples *samples)
{
    double sum = 0;

    for (size_t i = 0; i < samples->count; i++) {
        sum += samples->values[i];
    }
    return samples->count > 0 ? sum / (double)samples->count : 0;
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

struct spread spread_of(double *values, size_t count)
{
    if (count == 0) {
        return (struct spread){ 0 };
    }
    qsort(values, count, sizeof *values, compare_doubles);
    double upper = values[count / 2];
    double median = count % 2 == 1 ? upper : values[count / 2 - 1] / 2 + upper / 2;
    return (struct spread){ .median = median, .least = values[0], .most = values[count - 1] };
}
