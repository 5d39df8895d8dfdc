/* SPDX-License-Identifier: MIT */
#include "lab/threshold_metric.h"

#include "common/clock.h"
#include "common/duration.h"
#include "common/options.h"
#include "common/quote.h"

enum { NUMBER_BYTES = 32, NAMES_MOST = 16, NAME_BYTES = 32, SUCCESS = 200, SUCCESS_MOST = 299 };
#define MS_PER_SECOND 1000.0
#define BYTES_PER_KIB 1024.0

/* ---- where figures stand ---- */

static struct threshold_value exactly(double value)
{
    return (struct threshold_value){ .value = value };
}

static struct threshold_value median_of(const cJSON *spread)
{
    struct report_spread figure = report_spread_of(spread);

    return (struct threshold_value){ figure.median, figure.is_lower_bound };
}

static struct threshold_value read_latency(const struct threshold_figure *figure, const char *percentile)
{
    return median_of(report_member(report_member(figure->item, "latency_ms"), percentile));
}

static struct threshold_value read_p50(const struct threshold_figure *figure)
{
    return read_latency(figure, "p50");
}

static struct threshold_value read_p90(const struct threshold_figure *figure)
{
    return read_latency(figure, "p90");
}

static struct threshold_value read_p99(const struct threshold_figure *figure)
{
    return read_latency(figure, "p99");
}

static struct threshold_value read_max(const struct threshold_figure *figure)
{
    return read_latency(figure, "max");
}

static struct threshold_value read_throughput(const struct threshold_figure *figure)
{
    return median_of(report_member(figure->item, "throughput"));
}

static struct threshold_value read_cpu(const struct threshold_figure *figure)
{
    return median_of(report_member(report_member(figure->item, "gateway"), "cpu_us_per_request"));
}

static struct threshold_value read_memory(const struct threshold_figure *figure)
{
    return median_of(report_member(report_member(figure->item, "gateway"), "resident_bytes"));
}

static struct threshold_value read_threads(const struct threshold_figure *figure)
{
    return exactly(report_number(report_member(figure->item, "gateway"), "threads"));
}

static struct threshold_value read_point_failed(const struct threshold_figure *figure)
{
    double unanswered = report_number(figure->item, "unanswered");

    return exactly(report_number(figure->item, "failed") + (isnan(unanswered) ? 0 : unanswered));
}

static struct threshold_value read_mode_failed(const struct threshold_figure *figure)
{
    double count = 0;
    const cJSON *task = NULL;

    cJSON_ArrayForEach(task, report_member(figure->item, "tasks"))
    {
        double status = report_number(task, "status");
        count += status >= SUCCESS && status <= SUCCESS_MOST ? 0 : 1; /* 1 of one that is not known, too */
    }
    return exactly(count);
}

static struct threshold_value read_row_failed(const struct threshold_figure *figure)
{
    return exactly(report_number(figure->item, "failed"));
}

static struct threshold_value read_total(const struct threshold_figure *figure)
{
    return exactly(report_number(figure->item, "total_s") * MS_PER_SECOND);
}

static struct threshold_value read_ratio(const struct threshold_figure *figure)
{
    return exactly(report_number(figure->item, "ratio"));
}

static struct threshold_value read_task_seconds(const struct threshold_figure *figure)
{
    return exactly(report_number(figure->item, "seconds") * MS_PER_SECOND);
}

static struct threshold_value read_row_seconds(const struct threshold_figure *figure)
{
    struct threshold_value value =
        median_of(cJSON_GetArrayItem(report_member(figure->item, "seconds"), (int)figure->index));

    value.value *= MS_PER_SECOND;
    return value;
}

static const struct threshold_metric metrics[] = {
    { "p50", THRESHOLD_MILLISECONDS, { [REPORT_SWEEP] = read_p50 }, false },
    { "p90", THRESHOLD_MILLISECONDS, { [REPORT_SWEEP] = read_p90 }, false },
    { "p99", THRESHOLD_MILLISECONDS, { [REPORT_SWEEP] = read_p99 }, false },
    { "max", THRESHOLD_MILLISECONDS, { [REPORT_SWEEP] = read_max }, false },
    { "throughput", THRESHOLD_PLAIN, { [REPORT_SWEEP] = read_throughput }, false },
    { "cpu_us", THRESHOLD_MICROSECONDS, { [REPORT_SWEEP] = read_cpu }, false },
    { "memory", THRESHOLD_BYTES, { [REPORT_SWEEP] = read_memory }, false },
    { "threads", THRESHOLD_PLAIN, { [REPORT_SWEEP] = read_threads }, false },
    { "failed",
      THRESHOLD_PLAIN,
      { [REPORT_SWEEP] = read_point_failed, [REPORT_EXPERIMENT] = read_mode_failed, [REPORT_HELLO] = read_row_failed },
      false },
    { "total", THRESHOLD_MILLISECONDS, { [REPORT_EXPERIMENT] = read_total }, false },
    { "ratio", THRESHOLD_PLAIN, { [REPORT_EXPERIMENT] = read_ratio }, false },
    { "seconds",
      THRESHOLD_MILLISECONDS,
      { [REPORT_EXPERIMENT] = read_task_seconds, [REPORT_HELLO] = read_row_seconds },
      true },
};

const struct threshold_metric *threshold_metric_at(size_t index)
{
    return index < array_length(metrics) ? &metrics[index] : NULL;
}

const struct threshold_metric *threshold_metric_find(struct str name, struct error *error)
{
    const char *names[array_length(metrics) + 1] = { NULL };
    cleanup_buf struct buf allowed = { .base = NULL };

    buf_init(&allowed, sizeof error->text);
    for (size_t i = 0; i < array_length(metrics); i++) {
        if (str_equal(name, str_of(metrics[i].name))) {
            return &metrics[i];
        }
        names[i] = metrics[i].name;
        (void)buf_add_format(&allowed, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const struct quote quoted = quote_in_marks(name, NAME_BYTES);
    char word[NAME_BYTES + 1];
    (void)snprintf(word, sizeof word, "%.*s", STR_ARGUMENTS(name));
    const char *nearest = options_nearest(word, names);
    (void)error_set(error, "metric %s is not known;%s%s%s allowed: %.*s", quoted.text,
                    nearest != NULL ? " did you mean " : "", nearest != NULL ? nearest : "", nearest != NULL ? "?" : "",
                    STR_ARGUMENTS(buf_view(&allowed)));
    return NULL;
}

/* ---- units ---- */

static int parse_number(struct str text, double *ret_value)
{
    char copy[NUMBER_BYTES];
    char *end = NULL;

    /* Digits and a point: strtod() would take "inf" and "0x10", too. */
    if (text.length == 0 || text.length >= sizeof copy || text.base[0] == '.') {
        return -1;
    }
    for (size_t i = 0; i < text.length; i++) {
        bool is_digit = text.base[i] >= '0' && text.base[i] <= '9';
        if (!is_digit && text.base[i] != '.') {
            return -1;
        }
    }
    (void)snprintf(copy, sizeof copy, "%.*s", STR_ARGUMENTS(text));
    *ret_value = strtod(copy, &end);
    return *end == '\0' ? 0 : -1;
}

struct size_unit {
    const char *name;
    double bytes;
};

static const struct size_unit size_units[] = {
    { "KiB", BYTES_PER_KIB },
    { "MiB", BYTES_PER_KIB *BYTES_PER_KIB },
    { "GiB", BYTES_PER_KIB *BYTES_PER_KIB *BYTES_PER_KIB },
};

static int parse_size(struct str text, double *ret_value)
{
    for (size_t i = 0; i < array_length(size_units); i++) {
        struct str name = str_of(size_units[i].name);
        bool has_unit = text.length > name.length && str_equal(str_from(text, text.length - name.length), name);
        if (has_unit && parse_number((struct str){ text.base, text.length - name.length }, ret_value) == 0) {
            *ret_value *= size_units[i].bytes;
            return 0;
        }
    }
    return -1;
}

int threshold_unit_parse(enum threshold_unit unit, struct str text, double *ret_value, struct error *error)
{
    static const char *const expected[] = {
        [THRESHOLD_MILLISECONDS] = DURATION_ALLOWED,
        [THRESHOLD_BYTES] = "a size such as 64MiB (KiB, MiB, GiB)",
        [THRESHOLD_MICROSECONDS] = "a number of microseconds such as 120",
        [THRESHOLD_PLAIN] = "a number such as 1000 or 1.05",
    };
    uint64_t duration_us = 0;
    int status = -1;

    switch (unit) {
    case THRESHOLD_MILLISECONDS:
        status = duration_parse(text, &duration_us);
        *ret_value = (double)duration_us / CLOCK_US_PER_MS;
        break;
    case THRESHOLD_BYTES:
        status = parse_size(text, ret_value);
        break;
    case THRESHOLD_MICROSECONDS:
    case THRESHOLD_PLAIN:
        status = parse_number(text, ret_value);
        break;
    }
    return status == 0 ? 0 : error_set(error, "%s: expected %s", quote_in_marks(text, NAME_BYTES).text, expected[unit]);
}

void threshold_unit_add(enum threshold_unit unit, struct threshold_value value, struct buf *text)
{
    if (isnan(value.value)) {
        (void)buf_add_text(text, "not measured");
        return;
    }
    (void)buf_add_text(text, value.is_lower_bound ? "at least " : "");
    switch (unit) {
    case THRESHOLD_MILLISECONDS:
        (void)buf_add_format(text, value.value >= MS_PER_SECOND ? "%.6g s" : "%.6g ms",
                             value.value >= MS_PER_SECOND ? value.value / MS_PER_SECOND : value.value);
        break;
    case THRESHOLD_BYTES:
        (void)buf_add_format(text, "%.4g MiB", value.value / BYTES_PER_KIB / BYTES_PER_KIB);
        break;
    case THRESHOLD_MICROSECONDS:
        (void)buf_add_format(text, "%.6g us", value.value);
        break;
    case THRESHOLD_PLAIN:
        (void)buf_add_format(text, "%.6g", value.value);
        break;
    }
}
