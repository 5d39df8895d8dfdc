/* SPDX-License-Identifier: MIT */
#include "lab/sweep_point.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "common/clock.h"
#include "lab/company.h"
#include "lab/load.h"
#include "lab/machine_probe.h"
#include "lab/process_probe.h"

/* Nobody is left who wants an answer: what has not ended by then is ended. */
enum { STOP_GRACE_US = 100 * CLOCK_US_PER_MS, TICK_US = 100 * CLOCK_US_PER_MS };

enum { ARGUMENT_BYTES = 320 };

/* ---- the two programs ---- */

/* What is used while one point is measured. */
struct bench {
    const struct sweep_stage *stage;
    const struct sweep_point *point;
    struct service backend, gateway;
    struct load load;
    struct load_setup setup;
    struct load_result result;
    struct error load_error;
    int load_status;
    int load_ended; /* eventfd(2): the load's thread is about to end */
};

static int start_backend(struct bench *bench, unsigned repeat, struct error *error)
{
    char delay[ARGUMENT_BYTES];
    char seed[ARGUMENT_BYTES];
    char concurrency[ARGUMENT_BYTES];
    const char *arguments[] = { "--log-level=error", delay, seed, concurrency, NULL };

    (void)snprintf(delay, sizeof delay, "--delay=%s", bench->point->delay.text);
    (void)snprintf(seed, sizeof seed, "--seed=%" PRIu64, bench->stage->settings->seed + repeat);
    (void)snprintf(concurrency, sizeof concurrency, "--concurrency=%u", bench->point->backend_concurrency);
    if (bench->point->backend_concurrency == 0) {
        arguments[3] = NULL;
    }
    if (service_start(&bench->backend, bench->stage->place, "backend", arguments, error) < 0) {
        return -1;
    }
    return service_wait_ready(&bench->backend, bench->stage->interrupt, error);
}

static int start_gateway(struct bench *bench, struct error *error)
{
    const struct sweep_settings *settings = bench->stage->settings;
    char mode[ARGUMENT_BYTES];
    char backend[ARGUMENT_BYTES];
    char threads[ARGUMENT_BYTES];
    char workers[ARGUMENT_BYTES];
    char blocking[ARGUMENT_BYTES];
    const char *const arguments[] = {
        "--log-level=error", "--admin=127.0.0.1:0", "--deadline=1h", mode, backend, threads, workers, blocking, NULL,
    };

    (void)snprintf(mode, sizeof mode, "--mode=%s", mode_names[bench->point->mode]);
    (void)snprintf(backend, sizeof backend, "--backend=http://%s", bench->backend.url.authority);
    (void)snprintf(threads, sizeof threads, "--threads=%u", settings->threads);
    (void)snprintf(workers, sizeof workers, "--workers=%u", settings->workers);
    if (snprintf(blocking, sizeof blocking, "--blocking=%s", settings->blocking) >= (int)sizeof blocking) {
        return error_set(error, "--blocking is too long");
    }
    if (service_start(&bench->gateway, bench->stage->place, "gateway", arguments, error) < 0) {
        return -1;
    }
    return service_wait_ready(&bench->gateway, bench->stage->interrupt, error);
}

void sweep_point_target(const struct sweep_point *point, char *text, size_t size)
{
    char bytes[ARGUMENT_BYTES] = "";

    if (point->bytes > 0) {
        (void)snprintf(bytes, sizeof bytes, "%cbytes=%u", point->fan_out > 1 ? '&' : '?', point->bytes);
    }
    if (point->fan_out > 1) {
        (void)snprintf(text, size, "/fanout?n=%u%s", point->fan_out, bytes);
    } else {
        (void)snprintf(text, size, "/task1%s", bytes);
    }
}

/* ---- the load's thread ---- */

static void *run_load(void *context)
{
    struct bench *bench = context;

    bench->load_status = load_run(&bench->load, &bench->setup, &bench->result, &bench->load_error);
    (void)eventfd_write(bench->load_ended, 1);
    return NULL;
}

/* ---- the main thread meanwhile ---- */

struct probes {
    struct process_probe gateway, backend;
    struct machine_probe machine;
    uint64_t taken_us;
};

static void take_probes(const struct bench *bench, struct probes *probes)
{
    /* A process that is gone is noticed by its pipes; its probe stays zero. */
    (void)process_probe_read(bench->gateway.child.pid, &probes->gateway);
    (void)process_probe_read(bench->backend.child.pid, &probes->backend);
    probes->machine = machine_probe_read();
    probes->taken_us = clock_monotonic_us();
}

/* Waits for whatever comes first, until `due_us`. */
static void wait_for_all(struct bench *bench, uint64_t due_us)
{
    struct pollfd descriptors[2 * CHILD_DESCRIPTORS + 2];
    uint64_t tick_us = clock_monotonic_us() + TICK_US;

    child_descriptors(&bench->backend.child, descriptors);
    child_descriptors(&bench->gateway.child, descriptors + CHILD_DESCRIPTORS);
    descriptors[2 * CHILD_DESCRIPTORS] = (struct pollfd){ .fd = bench->stage->interrupt->descriptor, .events = POLLIN };
    descriptors[2 * CHILD_DESCRIPTORS + 1] = (struct pollfd){ .fd = bench->load_ended, .events = POLLIN };
    (void)poll(descriptors, array_length(descriptors), company_poll_timeout_ms(due_us < tick_us ? due_us : tick_us));
    (void)child_read(&bench->backend.child);
    (void)child_read(&bench->gateway.child);
    if (bench->stage->on_tick != NULL) {
        bench->stage->on_tick(bench->stage->context);
    }
}

static bool has_load_ended(const struct bench *bench)
{
    struct pollfd descriptor = { .fd = bench->load_ended, .events = POLLIN };

    return poll(&descriptor, 1, 0) > 0;
}

static int check(const struct bench *bench, struct error *error)
{
    if (interrupt_check(bench->stage->interrupt)) {
        return error_set(error, "interrupted");
    }
    if (service_check(&bench->backend, error) < 0) {
        return -1;
    }
    return service_check(&bench->gateway, error);
}

/* Until the load has ended, with probes at the begin and the end of what is counted. */
static int attend(struct bench *bench, struct probes *begin, struct probes *end, struct error *error)
{
    uint64_t begin_us = clock_monotonic_us() + bench->setup.warm_up_us;
    uint64_t end_us = begin_us + bench->setup.duration_us;

    while (!has_load_ended(bench)) {
        uint64_t now_us = clock_monotonic_us();
        if (begin->taken_us == 0 && now_us >= begin_us) {
            take_probes(bench, begin);
        } else if (end->taken_us == 0 && now_us >= end_us) {
            take_probes(bench, end);
        }
        uint64_t due_us = begin->taken_us == 0 ? begin_us : end->taken_us == 0 ? end_us : CLOCK_NEVER_US;
        wait_for_all(bench, due_us);
        if (check(bench, error) < 0) {
            return -1;
        }
    }
    if (end->taken_us == 0) {
        take_probes(bench, end);
    }
    return 0;
}

/* ---- what came of it ---- */

static const double fractions[SWEEP_PERCENTILE_COUNT] = { 0.5, 0.9, 0.99, 1 };

static double cores(const struct process_probe *begin, const struct process_probe *end, double elapsed_us)
{
    return end->cpu_us > begin->cpu_us ? (double)(end->cpu_us - begin->cpu_us) / elapsed_us : 0;
}

static double switches(const struct process_probe *probe)
{
    return (double)(probe->voluntary_switches + probe->involuntary_switches);
}

static unsigned working_threads(const struct bench *bench)
{
    const struct sweep_settings *settings = bench->stage->settings;

    return settings->workers + (bench->point->mode == MODE_THREADS ? settings->threads : 0);
}

static struct sweep_usage usage_of(struct bench *bench, const struct probes *begin, const struct probes *end,
                                   double throughput)
{
    const struct sweep_point *point = bench->point;
    double elapsed_us = (double)(end->taken_us - begin->taken_us);
    double places_allow = point->backend_concurrency * (double)CLOCK_US_PER_SECOND /
                          (point->fan_out * delay_mean_us(&point->delay.delay));
    struct sweep_usage usage = {
        .client_cores = (double)bench->result.cpu_us / (double)bench->result.elapsed_us,
        .gateway_cores = cores(&begin->gateway, &end->gateway, elapsed_us),
        .backend_cores = cores(&begin->backend, &end->backend, elapsed_us),
        .machine_cores = machine_probe_cores(),
        .gateway_threads = working_threads(bench),
        .has_backend_limit = point->backend_concurrency > 0,
        .backend_share = point->backend_concurrency > 0 ? throughput / places_allow : 0,
    };

    usage.machine_busy_cores = machine_probe_busy_share(&begin->machine, &end->machine) * usage.machine_cores;
    if (point->rate > 0) {
        double all = (double)bench->result.answered + (double)load_result_failures(&bench->result);
        usage.late_p99_us = (double)samples_percentile(&bench->result.lateness, 0.99).value_us;
        usage.latency_p50_us = (double)samples_percentile(&bench->result.latency, 0.5).value_us;
        usage.waited_share = all > 0 ? (double)bench->result.waited / all : 0;
    }
    return usage;
}

static void conclude(struct bench *bench, const struct probes *begin, const struct probes *end,
                     struct sweep_measurement *measurement)
{
    struct load_result *result = &bench->result;
    double elapsed_us = (double)(end->taken_us - begin->taken_us);
    double requests = result->answered_in_window > 0 ? (double)result->answered_in_window : NAN;

    *measurement = (struct sweep_measurement){
        .answered = result->answered,
        .refused = result->refused,
        .unanswered = result->unanswered,
        .refusal_status = result->first_refusal_status,
        .answered_in_window = result->answered_in_window,
        .sent_count = result->uncorrected.count,
        .throughput = (double)result->answered_in_window * CLOCK_US_PER_SECOND / (double)result->elapsed_us,
        .resident_bytes = (double)end->gateway.resident_bytes,
        .thread_count = end->gateway.thread_count,
        .switches_per_request = fmax(switches(&end->gateway) - switches(&begin->gateway), 0) / requests,
    };
    memcpy(measurement->failed, result->failed, sizeof measurement->failed);
    for (size_t i = 0; i < SWEEP_PERCENTILE_COUNT; i++) {
        measurement->latency[i] = samples_percentile(&result->latency, fractions[i]);
        measurement->uncorrected[i] = samples_percentile(&result->uncorrected, fractions[i]);
    }
    measurement->usage = usage_of(bench, begin, end, measurement->throughput);
    measurement->gateway_cpu_us_per_request = measurement->usage.gateway_cores * elapsed_us / requests;
}

/* Load, attend, and put together; the load's thread is over when it returns. */
static int measure_load(struct bench *bench, struct sweep_measurement *ret_measurement, struct error *error)
{
    struct probes begin = { .taken_us = 0 };
    struct probes end = { .taken_us = 0 };
    pthread_t thread;

    int failure = pthread_create(&thread, NULL, run_load, bench);
    if (failure != 0) {
        return error_set(error, "cannot start a thread: %s", strerror(failure));
    }
    int status = attend(bench, &begin, &end, error);
    if (status < 0) {
        load_stop(&bench->load);
    }
    (void)pthread_join(thread, NULL);
    if (bench->load_status < 0) {
        *error = status == 0 ? bench->load_error : *error;
        return -1;
    }
    if (status == 0 && (bench->result.elapsed_us == 0 || end.taken_us <= begin.taken_us || begin.taken_us == 0)) {
        status = error_set(error, "the load ended before there was anything to count");
    }
    if (status == 0) {
        conclude(bench, &begin, &end, ret_measurement);
    }
    load_result_clear(&bench->result);
    return status;
}

static int measure(struct bench *bench, unsigned repeat, struct sweep_measurement *ret_measurement, struct error *error)
{
    const struct sweep_point *point = bench->point;

    if (start_backend(bench, repeat, error) < 0 || start_gateway(bench, error) < 0) {
        return -1;
    }
    bench->setup = (struct load_setup){
        .url = bench->gateway.url,
        .connections = point->clients,
        .rate_per_second = point->rate,
        .warm_up_us = point->warm_up_us,
        .duration_us = point->window_us,
        .grace_us = point->grace_us,
    };
    sweep_point_target(point, bench->setup.url.path, sizeof bench->setup.url.path);
    if (load_init(&bench->load, error) < 0) {
        return -1;
    }
    int status = measure_load(bench, ret_measurement, error);
    load_clear(&bench->load);
    return status;
}

int sweep_point_measure(const struct sweep_stage *stage, const struct sweep_point *point, unsigned repeat,
                        struct sweep_measurement *ret_measurement, struct error *error)
{
    struct bench bench = {
        .stage = stage,
        .point = point,
        .backend = { .title = "the backend" },
        .gateway = { .title = "the gateway" },
        .load_ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };

    if (bench.load_ended < 0) {
        return error_set(error, "cannot wait for the load: %s", strerror(errno));
    }
    int status = measure(&bench, repeat, ret_measurement, error);
    uint64_t grace_us = stage->interrupt->was_seen ? 0 : STOP_GRACE_US;
    service_stop(&bench.gateway, grace_us);
    service_stop(&bench.backend, grace_us);
    (void)close(bench.load_ended);
    return status;
}
