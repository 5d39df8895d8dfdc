/* SPDX-License-Identifier: MIT */
#include "lab/sweep_document.h"

#include <math.h>
#include <stdio.h>

#include "common/buf.h"
#include "common/clock.h"
#include "lab/sweep_findings.h"

enum { FORMAT_VERSION = 1, NAME_BYTES = 32, SENTENCE_BYTES = 2048 };

/* A tree in the making: a failed addition is remembered, so that it is checked once. */
struct writer {
    bool failed;
};

static void check(struct writer *writer, const cJSON *added)
{
    writer->failed = writer->failed || added == NULL;
}

static void add_text(struct writer *writer, cJSON *object, const char *name, const char *text)
{
    check(writer, text != NULL ? cJSON_AddStringToObject(object, name, text) : cJSON_AddNullToObject(object, name));
}

/* NAN and infinity: null. Six digits behind the point are more than any clock here has. */
static void add_number(struct writer *writer, cJSON *object, const char *name, double value)
{
    if (!isfinite(value)) {
        check(writer, cJSON_AddNullToObject(object, name));
        return;
    }
    double scaled = value * 1e6;
    check(writer, cJSON_AddNumberToObject(object, name, fabs(scaled) < 1e15 ? round(scaled) / 1e6 : value));
}

static void add_boolean(struct writer *writer, cJSON *object, const char *name, bool value)
{
    check(writer, cJSON_AddBoolToObject(object, name, value));
}

static cJSON *add_object(struct writer *writer, cJSON *parent, const char *name)
{
    cJSON *object = cJSON_AddObjectToObject(parent, name);

    check(writer, object);
    return object;
}

static cJSON *add_array(struct writer *writer, cJSON *parent, const char *name)
{
    cJSON *array = cJSON_AddArrayToObject(parent, name);

    check(writer, array);
    return array;
}

static void append(struct writer *writer, cJSON *array, cJSON *item)
{
    if (item == NULL || !cJSON_AddItemToArray(array, item)) {
        writer->failed = true;
        cJSON_Delete(item);
    }
}

/* A count of 0 that means "none of that kind". */
static void add_count_or_null(struct writer *writer, cJSON *object, const char *name, unsigned count)
{
    add_number(writer, object, name, count > 0 ? (double)count : NAN);
}

/* {"median":…,"least":…,"most":…}, or null. */
static cJSON *add_spread(struct writer *writer, cJSON *parent, const char *name, struct spread spread, double divisor)
{
    if (isnan(spread.median)) {
        check(writer, cJSON_AddNullToObject(parent, name));
        return NULL;
    }
    cJSON *object = add_object(writer, parent, name);
    add_number(writer, object, "median", spread.median / divisor);
    add_number(writer, object, "least", spread.least / divisor);
    add_number(writer, object, "most", spread.most / divisor);
    return object;
}

/* ---- a point ---- */

static void add_latency(struct writer *writer, cJSON *parent, const char *name, const struct sweep_duration *durations)
{
    static const char *const names[SWEEP_PERCENTILE_COUNT] = { "p50", "p90", "p99", "max" };
    cJSON *object = add_object(writer, parent, name);

    for (size_t i = 0; i < SWEEP_PERCENTILE_COUNT; i++) {
        cJSON *spread = add_spread(writer, object, names[i], durations[i].us, CLOCK_US_PER_MS);
        if (spread != NULL) {
            add_boolean(writer, spread, "is_lower_bound", durations[i].is_lower_bound);
        }
    }
}

static void add_what(struct writer *writer, cJSON *object, const struct sweep_point *point)
{
    add_text(writer, object, "case", point->preset != NULL ? point->preset->name : NULL);
    add_text(writer, object, "mode", mode_names[point->mode]);
    add_text(writer, object, "delay", point->delay.text);
    add_number(writer, object, "fan_out", point->fan_out);
    add_text(writer, object, "load", point->rate > 0 ? "open" : "closed");
    add_number(writer, object, "clients", point->clients);
    add_count_or_null(writer, object, "rate", point->rate);
    add_count_or_null(writer, object, "bytes", point->bytes);
    add_count_or_null(writer, object, "backend_concurrency", point->backend_concurrency);
    add_number(writer, object, "window_ms", (double)point->window_us / CLOCK_US_PER_MS);
}

static void add_errors(struct writer *writer, cJSON *object, const struct sweep_failures *failures)
{
    cJSON *errors = add_object(writer, object, "errors");

    for (size_t i = 0; i < CALL_ERROR_COUNT; i++) {
        const char *name = call_error_name((enum call_error)i);
        if (failures->by_cause[i] > 0) {
            add_number(writer, errors, name != NULL ? name : "unknown", (double)failures->by_cause[i]);
        }
    }
    if (failures->refused > 0) {
        char name[NAME_BYTES];
        (void)snprintf(name, sizeof name, "status_%d", failures->status);
        add_number(writer, errors, name, (double)failures->refused);
    }
}

static void add_usage(struct writer *writer, cJSON *object, const struct sweep_figures *figures, bool is_open)
{
    cJSON *gateway = add_object(writer, object, "gateway");

    (void)add_spread(writer, gateway, "cpu_us_per_request", figures->cpu_us_per_request, 1);
    (void)add_spread(writer, gateway, "cpu_cores", figures->gateway_cores, 1);
    (void)add_spread(writer, gateway, "resident_bytes", figures->resident_bytes, 1);
    add_number(writer, gateway, "threads", (double)figures->thread_count);
    (void)add_spread(writer, gateway, "switches_per_request", figures->switches_per_request, 1);

    cJSON *client = add_object(writer, object, "client");
    (void)add_spread(writer, client, "cpu_cores", figures->client_cores, 1);
    if (is_open) {
        (void)add_spread(writer, client, "late_p99_ms", figures->late_p99_us, CLOCK_US_PER_MS);
    } else {
        check(writer, cJSON_AddNullToObject(client, "late_p99_ms"));
    }
    add_text(writer, object, "limit", sweep_limit_names[figures->limit]);
    add_boolean(writer, object, "is_client_limited", figures->is_client_limited);
    add_boolean(writer, object, "has_few_answers", figures->has_few_answers);
}

static void add_theory(struct writer *writer, cJSON *object, const struct load_theory *theory)
{
    cJSON *member = add_object(writer, object, "theory");

    add_number(writer, member, "throughput", theory->throughput);
    add_number(writer, member, "mean_ms", theory->mean_us / CLOCK_US_PER_MS);
    add_number(writer, member, "p50_ms", theory->percentiles_us[LOAD_P50] / CLOCK_US_PER_MS);
    add_number(writer, member, "p90_ms", theory->percentiles_us[LOAD_P90] / CLOCK_US_PER_MS);
    add_number(writer, member, "p99_ms", theory->percentiles_us[LOAD_P99] / CLOCK_US_PER_MS);
    check(writer, cJSON_AddNullToObject(member, "max_ms"));
    add_text(writer, member, "why", theory->why);
}

static void add_deviation(struct writer *writer, cJSON *object, const struct sweep_figures *figures,
                          const struct load_theory *theory)
{
    cJSON *deviation = add_object(writer, object, "deviation");

    add_number(writer, deviation, "throughput", sweep_deviation_of_throughput(figures, theory));
    add_number(writer, deviation, "p50", sweep_deviation_of_latency(figures, theory, LOAD_P50));
    add_number(writer, deviation, "p99", sweep_deviation_of_latency(figures, theory, LOAD_P99));
}

cJSON *sweep_document_point(const struct sweep_results *results, size_t index)
{
    const struct sweep_point *point = &results->plan->points[index];
    struct sweep_figures figures = sweep_results_figures(results, index);
    struct sweep_failures failures = sweep_results_failures(results, index);
    struct writer writer = { .failed = false };
    cJSON *object = cJSON_CreateObject();

    check(&writer, object);
    add_what(&writer, object, point);
    add_number(&writer, object, "repeats", figures.repeats);
    add_number(&writer, object, "requests", (double)figures.requests);
    add_number(&writer, object, "failed", (double)figures.failed);
    add_number(&writer, object, "unanswered", (double)figures.unanswered);
    add_errors(&writer, object, &failures);
    (void)add_spread(&writer, object, "throughput", figures.throughput, 1);
    add_latency(&writer, object, "latency_ms", figures.latency);
    if (point->rate > 0) {
        add_latency(&writer, object, "uncorrected_ms", figures.uncorrected);
    } else {
        check(&writer, cJSON_AddNullToObject(object, "uncorrected_ms"));
    }
    add_usage(&writer, object, &figures, point->rate > 0);
    add_theory(&writer, object, &point->theory);
    add_deviation(&writer, object, &figures, &point->theory);
    if (writer.failed) {
        cJSON_Delete(object);
        return NULL;
    }
    return object;
}

/* ---- the document ---- */

static void add_settings(struct writer *writer, cJSON *document, const struct sweep_settings *settings)
{
    cJSON *object = add_object(writer, document, "settings");

    add_number(writer, object, "threads", settings->threads);
    add_number(writer, object, "workers", settings->workers);
    cJSON *blocking = add_array(writer, object, "blocking");
    struct str rest = str_of(settings->blocking);
    while (rest.length > 0) {
        char name[SENTENCE_BYTES];
        struct str one = str_split(&rest, ',');
        (void)snprintf(name, sizeof name, "%.*s", STR_ARGUMENTS(one));
        append(writer, blocking, cJSON_CreateString(name));
    }
    add_number(writer, object, "warm_up_ms", (double)settings->warm_up_us / CLOCK_US_PER_MS);
    add_number(writer, object, "duration_ms", (double)settings->duration_us / CLOCK_US_PER_MS);
    add_number(writer, object, "repeats", settings->repeats);
}

static void add_case(struct writer *writer, cJSON *cases, const struct sweep_results *results,
                     const struct sweep_case *preset)
{
    cleanup_buf struct buf sentence = { .base = NULL };
    cJSON *object = cJSON_CreateObject();

    buf_init(&sentence, SENTENCE_BYTES);
    sweep_findings_add(&sentence, results, preset);
    (void)buf_add_byte(&sentence, '\0');
    add_text(writer, object, "name", preset->name);
    add_text(writer, object, "title", preset->title);
    add_text(writer, object, "sentence", sentence.base);
    add_text(writer, object, "axis", sweep_axis_names[preset->axis]);
    cJSON *modes = add_array(writer, object, "modes");
    for (size_t i = 0; i < preset->mode_count; i++) {
        append(writer, modes, cJSON_CreateString(mode_names[preset->modes[i]]));
    }
    append(writer, cases, object);
}

static void add_cases(struct writer *writer, cJSON *document, const struct sweep_results *results)
{
    cJSON *cases = add_array(writer, document, "cases");
    const struct sweep_case *last = NULL;

    for (size_t i = 0; i < results->plan->count; i++) {
        const struct sweep_case *preset = results->plan->points[i].preset;
        if (preset != NULL && preset != last && sweep_results_have(results, i)) {
            add_case(writer, cases, results, preset);
            last = preset;
        }
    }
}

cJSON *sweep_document(const struct sweep_results *results, const struct origin *origin)
{
    struct writer writer = { .failed = false };
    cJSON *document = cJSON_CreateObject();

    check(&writer, document);
    add_number(&writer, document, "version", FORMAT_VERSION);
    add_text(&writer, document, "kind", "sweep");
    add_settings(&writer, document, &results->plan->settings);
    add_cases(&writer, document, results);
    cJSON *points = add_array(&writer, document, "points");
    for (size_t i = 0; i < results->plan->count; i++) {
        if (sweep_results_have(results, i)) {
            append(&writer, points, sweep_document_point(results, i));
        }
    }
    if (writer.failed || !origin_add_json(document, origin)) {
        cJSON_Delete(document);
        return NULL;
    }
    return document;
}
