/* SPDX-License-Identifier: MIT */
/*
 * The Prometheus text of all workers' numbers together.
 */
#include <errno.h>
#include <inttypes.h>

#include "common/clock.h"
#include "gateway/metrics_internal.h"
#include "gateway/process_usage.h"

/* Three labels, of which every byte may become two. */
enum { LABELS_BYTES = SERIES_LABELS * (SERIES_LABEL_BYTES * 2 + 32), LIMIT_STEP = 4 };

struct family {
    const char *name;
    const char *type; /* "counter", "gauge", "histogram" */
    const char *help;
};

/* Series of one kind, and what their labels are called. */
struct kind {
    const struct series_table *table;
    const char *label_names[SERIES_LABELS];
};

typedef uint64_t series_value_fn(const struct series *series);

static void add_family(struct buf *text, const struct family *family)
{
    (void)buf_add_format(text, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name, family->type);
}

/* ---- labels ---- */

static void add_label_value(struct buf *text, struct str value)
{
    for (size_t i = 0; i < value.length; i++) {
        char byte = value.base[i];
        if (byte == '\\' || byte == '"' || byte == '\n') {
            (void)buf_add_byte(text, '\\');
        }
        (void)buf_add_byte(text, byte == '\n' ? 'n' : byte);
    }
}

/* `route="/a",mode="async",status="200"`, for all lines of that series. */
static void render_labels(const struct kind *kind, const struct series *series, struct buf *labels)
{
    buf_reset(labels);
    for (size_t i = 0; i < kind->table->label_count && i < array_length(kind->label_names); i++) {
        (void)buf_add_format(labels, "%s%s=\"", i > 0 ? "," : "", kind->label_names[i]);
        add_label_value(labels, series->labels[i]);
        (void)buf_add_byte(labels, '"');
    }
}

/* ---- families with labels ---- */

static void add_values(struct buf *text, const struct family *family, const struct kind *kind, series_value_fn *value)
{
    cleanup_buf struct buf labels;

    buf_init(&labels, LABELS_BYTES);
    add_family(text, family);
    for (const struct series *series = series_first(kind->table); series != NULL; series = series->next) {
        render_labels(kind, series, &labels);
        (void)buf_add_format(text, "%s{%.*s} %" PRIu64 "\n", family->name, STR_ARGUMENTS(buf_view(&labels)),
                             value(series));
    }
}

static void add_histogram(struct buf *text, const char *name, struct str labels, const struct series *series)
{
    uint64_t sum_us = series_read(&series->duration_sum_us);
    uint64_t count = 0;

    for (size_t i = 0; i <= SERIES_BUCKETS; i++) {
        count += series_read(&series->durations[i]);
        (void)buf_add_format(text, "%s_bucket{%.*s,le=\"%s\"} %" PRIu64 "\n", name, STR_ARGUMENTS(labels),
                             i < SERIES_BUCKETS ? series_bounds[i].seconds : "+Inf", count);
    }
    (void)buf_add_format(text, "%s_sum{%.*s} %" PRIu64 ".%06" PRIu64 "\n", name, STR_ARGUMENTS(labels),
                         sum_us / CLOCK_US_PER_SECOND, sum_us % CLOCK_US_PER_SECOND);
    (void)buf_add_format(text, "%s_count{%.*s} %" PRIu64 "\n", name, STR_ARGUMENTS(labels), count);
}

static void add_histograms(struct buf *text, const struct family *family, const struct kind *kind)
{
    cleanup_buf struct buf labels;

    buf_init(&labels, LABELS_BYTES);
    add_family(text, family);
    for (const struct series *series = series_first(kind->table); series != NULL; series = series->next) {
        render_labels(kind, series, &labels);
        add_histogram(text, family->name, buf_view(&labels), series);
    }
}

static uint64_t attempts_of(const struct series *series)
{
    return series_read(&series->attempts);
}

static uint64_t reused_of(const struct series *series)
{
    return series_read(&series->reused);
}

static uint64_t in_flight_of(const struct series *series)
{
    return series_read(&series->gauges.in_flight);
}

static uint64_t queued_of(const struct series *series)
{
    return series_read(&series->gauges.queued);
}

static const struct family requests_total = { "fanlight_requests_total", "counter",
                                              "Requests answered, by path template, mode and status." };
static const struct family request_duration = { "fanlight_request_duration_seconds", "histogram",
                                                "From the request's head being read to its end." };
static const struct family calls_total = { "fanlight_calls_total", "counter",
                                           "Calls that ended, by backend, server and cause of failure (none: good)." };
static const struct family call_duration = { "fanlight_call_duration_seconds", "histogram",
                                             "From a call's start to its end." };

static void add_series(struct buf *text, const struct metrics *sum)
{
    static const struct {
        struct family family;
        series_value_fn *value;
    } of_backends[] = {
        { { "fanlight_call_attempts_total", "counter", "Tries that calls took." }, attempts_of },
        { { "fanlight_calls_reused_total", "counter", "Calls made on a connection that was kept." }, reused_of },
        { { "fanlight_calls_in_flight", "gauge", "Calls that are with a backend." }, in_flight_of },
        { { "fanlight_calls_queued", "gauge", "Calls that wait for a place at a backend." }, queued_of },
    };
    struct kind requests = { &sum->requests, { "route", "mode", "status" } };
    struct kind calls = { &sum->calls, { "backend", "server", "error" } };
    struct kind backends = { &sum->backends, { "backend" } };

    add_values(text, &requests_total, &requests, series_total);
    add_histograms(text, &request_duration, &requests);
    add_values(text, &calls_total, &calls, series_total);
    add_histograms(text, &call_duration, &backends);
    for (size_t i = 0; i < array_length(of_backends); i++) {
        add_values(text, &of_backends[i].family, &backends, of_backends[i].value);
    }
}

/* ---- families of one value ---- */

static void add_number(struct buf *text, const struct family *family, uint64_t number)
{
    add_family(text, family);
    (void)buf_add_format(text, "%s %" PRIu64 "\n", family->name, number);
}

static void add_seconds(struct buf *text, const struct family *family, uint64_t time_us)
{
    add_family(text, family);
    (void)buf_add_format(text, "%s %" PRIu64 ".%06" PRIu64 "\n", family->name, time_us / CLOCK_US_PER_SECOND,
                         time_us % CLOCK_US_PER_SECOND);
}

static void add_totals(struct buf *text, const struct metrics *sum)
{
    static const struct family gauges[METRICS_GAUGE_COUNT] = {
        [METRICS_CONNECTIONS] = { "fanlight_client_connections", "gauge", "Clients' connections that are open." },
        [METRICS_REQUESTS_IN_FLIGHT] = { "fanlight_requests_in_flight", "gauge", "Requests that are not answered." },
    };
    static const struct family counters[METRICS_COUNTER_COUNT] = {
        [METRICS_ACCEPTED] = { "fanlight_client_connections_accepted_total", "counter", "Connections accepted." },
        [METRICS_CONNECTIONS_REFUSED] = { "fanlight_client_connections_refused_total", "counter",
                                          "Connections answered 503 because there were too many." },
        [METRICS_LIMIT_REACHED] = { "fanlight_connection_limit_reached_total", "counter",
                                    "Times that there were as many connections as the limit allows." },
        [METRICS_ACCEPT_PAUSES] = { "fanlight_accept_pauses_total", "counter",
                                    "Times that accepting paused because descriptors had run out." },
        [METRICS_REFUSED] = { "fanlight_requests_refused_total", "counter",
                              "Requests that no route saw: ambiguous, too large or too slow." },
        [METRICS_SHED] = { "fanlight_requests_shed_total", "counter",
                           "Requests refused because too many were in flight." },
        [METRICS_HANDSHAKES_FAILED] = { "fanlight_client_handshakes_failed_total", "counter",
                                        "TLS handshakes with clients that were begun and never completed." },
        [METRICS_RECORDS_DROPPED] = { "fanlight_account_records_dropped_total", "counter",
                                      "Finished requests that the admin listener does not show." },
    };

    for (size_t i = 0; i < METRICS_GAUGE_COUNT; i++) {
        add_number(text, &gauges[i], series_read(&sum->gauges[i]));
    }
    for (size_t i = 0; i < METRICS_COUNTER_COUNT; i++) {
        add_number(text, &counters[i], series_read(&sum->counters[i]));
    }
}

/* How evenly the workers accept, and what each of them has. */
static void add_connections(struct buf *text, struct metrics *const *workers, size_t worker_count)
{
    static const struct family open = { "fanlight_connections", "gauge", "Clients' connections that a worker has." };
    static const struct family accepted = { "fanlight_connections_accepted_total", "counter",
                                            "Connections that a worker accepted." };

    add_family(text, &open);
    for (size_t i = 0; i < worker_count; i++) {
        (void)buf_add_format(text, "%s{worker=\"%zu\"} %" PRIu64 "\n", open.name, i,
                             series_read(&workers[i]->gauges[METRICS_CONNECTIONS]));
    }
    add_family(text, &accepted);
    for (size_t i = 0; i < worker_count; i++) {
        (void)buf_add_format(text, "%s{worker=\"%zu\"} %" PRIu64 "\n", accepted.name, i,
                             series_read(&workers[i]->counters[METRICS_ACCEPTED]));
    }
}

static void add_configuration(struct buf *text, const struct metrics_process *process)
{
    static const struct family reloads = { "fanlight_config_reloads_total", "counter",
                                           "Times the configuration was read again, taken over or refused." };
    static const struct family success = { "fanlight_config_last_reload_success", "gauge",
                                           "Whether the last of them was taken over (1: or there was none)." };
    static const struct family loaded = { "fanlight_config_loaded_timestamp_seconds", "gauge",
                                          "When the configuration in use was taken over." };
    uint64_t good = series_read(&process->reloads_good);
    uint64_t bad = series_read(&process->reloads_bad);
    uint64_t loaded_us = series_read(&process->config_loaded_wall_us);

    add_family(text, &reloads);
    (void)buf_add_format(text, "%s{result=\"good\"} %" PRIu64 "\n%s{result=\"bad\"} %" PRIu64 "\n", reloads.name, good,
                         reloads.name, bad);
    add_number(text, &success, good + bad == 0 || atomic_load(&process->is_last_reload_good) ? 1 : 0);
    if (loaded_us > 0) {
        add_seconds(text, &loaded, loaded_us);
    }
}

static void add_build(struct buf *text, const struct metrics_process *process)
{
    static const struct family build = { "fanlight_build_info", "gauge", "What runs here." };

    add_family(text, &build);
    (void)buf_add_format(text, "%s{version=\"", build.name);
    add_label_value(text, str_of(process->version));
    (void)buf_add_text(text, "\",libraries=\"");
    add_label_value(text, str_of(process->libraries));
    (void)buf_add_text(text, "\"} 1\n");
}

/* What Prometheus' own client libraries say of every process, under the same names. */
static void add_process(struct buf *text, const struct metrics_process *process)
{
    struct process_usage usage;

    process_usage_read(&usage);
    const struct {
        struct family family;
        uint64_t number; /* 0: not known */
    } numbers[] = {
        { { "process_resident_memory_bytes", "gauge", "Resident memory size in bytes." }, usage.resident_bytes },
        { { "process_open_fds", "gauge", "Number of open file descriptors." }, usage.descriptor_count },
        { { "process_max_fds", "gauge", "Maximum number of open file descriptors." }, usage.descriptor_limit },
        { { "process_threads", "gauge", "Number of OS threads in the process." }, usage.thread_count },
    };
    static const struct family started = { "process_start_time_seconds", "gauge",
                                           "Start time of the process since unix epoch in seconds." };
    static const struct family cpu = { "process_cpu_seconds_total", "counter",
                                       "Total user and system CPU time spent in seconds." };

    if (process->started_wall_us > 0) {
        add_seconds(text, &started, process->started_wall_us);
    }
    add_seconds(text, &cpu, usage.cpu_us);
    for (size_t i = 0; i < array_length(numbers); i++) {
        if (numbers[i].number > 0) {
            add_number(text, &numbers[i].family, numbers[i].number);
        }
    }
}

int metrics_render(struct metrics *const *workers, size_t worker_count, const struct metrics_process *process,
                   struct buf *text)
{
    size_t start = text->length;

    for (size_t limit = METRICS_SERIES; limit > 0; limit /= LIMIT_STEP) {
        struct metrics *sum = metrics_sum(workers, worker_count, limit);
        if (sum == NULL) {
            return -ENOMEM;
        }
        add_series(text, sum);
        add_totals(text, sum);
        add_connections(text, workers, worker_count);
        metrics_free(sum);
        add_configuration(text, process);
        add_build(text, process);
        add_process(text, process);
        if (!text->failed) {
            return 0;
        }
        text->length = start;
        text->failed = false;
    }
    text->failed = true;
    return -ENOBUFS;
}
