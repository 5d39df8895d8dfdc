/* SPDX-License-Identifier: MIT */
#include "gateway/metrics.h"

#include "gateway/metrics_internal.h"

static struct metrics *metrics_new_limited(size_t series_limit)
{
    size_t backend_limit = series_limit < METRICS_BACKENDS ? series_limit : METRICS_BACKENDS;
    struct metrics *metrics = calloc(1, sizeof *metrics);

    if (metrics == NULL) {
        return NULL;
    }
    if (series_table_init(&metrics->requests, 3, series_limit) < 0 ||
        series_table_init(&metrics->calls, 3, series_limit) < 0 ||
        series_table_init(&metrics->backends, 1, backend_limit) < 0) {
        metrics_free(metrics);
        return NULL;
    }
    return metrics;
}

struct metrics *metrics_new(void)
{
    return metrics_new_limited(METRICS_SERIES);
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL) {
        return;
    }
    series_table_clear(&metrics->requests);
    series_table_clear(&metrics->calls);
    series_table_clear(&metrics->backends);
    free(metrics);
}

/* ---- counting ---- */

/* To Prometheus an empty label is no label. */
static struct str or_none(struct str label)
{
    return label.length > 0 ? label : STR("none");
}

/* Three digits, as every status has that can be sent. */
static struct str status_label(int status, char digits[static 3])
{
    if (status < 100 || status > 999) {
        return STR("none");
    }
    digits[0] = (char)('0' + status / 100);
    digits[1] = (char)('0' + status / 10 % 10);
    digits[2] = (char)('0' + status % 10);
    return (struct str){ digits, 3 };
}

void metrics_count_request(struct metrics *metrics, const struct metrics_request *request)
{
    char digits[3];
    struct str labels[] = { or_none(request->route), or_none(request->mode), status_label(request->status, digits) };

    series_count(series_find(&metrics->requests, labels), series_bucket(request->duration_us), request->duration_us);
}

void metrics_count_call(struct metrics *metrics, const struct metrics_call *call)
{
    struct str labels[] = { or_none(call->backend), or_none(call->server), or_none(call->error) };
    struct series *series = series_find(&metrics->calls, labels);
    struct series *backend = series->whole;

    if (backend == NULL) {
        backend = series_find(&metrics->backends, labels);
        series->whole = series != &metrics->calls.other ? backend : NULL; /* "other" is of many backends */
    }
    size_t bucket = series_bucket(call->duration_us);
    series_count(series, bucket, call->duration_us);
    series_count(backend, bucket, call->duration_us);
    series_increase(&backend->attempts, call->attempts);
    series_increase(&backend->reused, call->is_reused ? 1 : 0);
}

void metrics_set(struct metrics *metrics, enum metrics_gauge gauge, uint64_t value)
{
    atomic_store_explicit(&metrics->gauges[gauge], value, memory_order_relaxed);
}

void metrics_add(struct metrics *metrics, enum metrics_counter counter, uint64_t count)
{
    series_increase(&metrics->counters[counter], count);
}

struct metrics_backend *metrics_backend(struct metrics *metrics, struct str name)
{
    name = or_none(name);
    return &series_find(&metrics->backends, &name)->gauges;
}

/* ---- adding up ---- */

/* The format wants UTF-8, and a control byte in a label helps nobody: U+FFFD stands in for what it does not want. */
static struct str clean_label(struct str label, char room[static SERIES_LABEL_BYTES * 3])
{
    size_t length = 0;

    while (label.length > 0) {
        size_t count = str_utf8_length(label);
        bool is_bad = count == 0 || ((unsigned char)label.base[0] < 0x20 && label.base[0] != '\n');
        struct str character = is_bad ? STR("\xef\xbf\xbd") : (struct str){ label.base, count };
        for (size_t i = 0; i < character.length; i++) {
            room[length++] = character.base[i];
        }
        label = str_from(label, count > 0 ? count : 1);
    }
    return (struct str){ room, length };
}

static void add_table(struct series_table *sum, const struct series_table *table)
{
    char room[SERIES_LABELS][SERIES_LABEL_BYTES * 3];
    struct str labels[SERIES_LABELS];

    for (const struct series *series = series_first(table); series != NULL; series = series->next) {
        for (size_t i = 0; i < table->label_count; i++) {
            labels[i] = clean_label(series->labels[i], room[i]);
        }
        series_add(series_find(sum, labels), series);
    }
}

struct metrics *metrics_sum(struct metrics *const *workers, size_t worker_count, size_t series_limit)
{
    struct metrics *sum = metrics_new_limited(series_limit);

    for (size_t i = 0; sum != NULL && i < worker_count; i++) {
        add_table(&sum->requests, &workers[i]->requests);
        add_table(&sum->calls, &workers[i]->calls);
        add_table(&sum->backends, &workers[i]->backends);
        for (size_t j = 0; j < METRICS_GAUGE_COUNT; j++) {
            series_increase(&sum->gauges[j], series_read(&workers[i]->gauges[j]));
        }
        for (size_t j = 0; j < METRICS_COUNTER_COUNT; j++) {
            series_increase(&sum->counters[j], series_read(&workers[i]->counters[j]));
        }
    }
    return sum;
}
