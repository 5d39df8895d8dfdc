/* SPDX-License-Identifier: MIT */
#include "lab/hello_clients.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/quote.h"
#include "lab/child.h"
#include "lab/company.h"
#include "lab/machine_probe.h"
#include "lab/printable.h"
#include "lab/process_probe.h"

#define READY STR("ready")
#define START STR("start\n")

enum { NUMBER_BYTES = 64, SHOWN_BYTES = 48 };

/* An interpreter may take its time to start; a run may take an hour. */
#define READY_TIMEOUT_US (UINT64_C(60) * CLOCK_US_PER_SECOND)
#define RUN_TIMEOUT_US (UINT64_C(3600) * CLOCK_US_PER_SECOND)
/* Between a client's last word and its end; and for one that is no longer wanted. */
#define END_PATIENCE_US (UINT64_C(5) * CLOCK_US_PER_SECOND)
#define STOP_GRACE_US (UINT64_C(1) * CLOCK_US_PER_SECOND)

enum progress { CLIENT_STARTING, CLIENT_READY, CLIENT_RUNNING, CLIENT_DONE };

struct client {
    struct child child;
    enum progress progress;
    double seconds;
    uint64_t failed;
    uint64_t cpu_at_start_us;
    bool is_at_fault;   /* it said something else than it should */
    struct quote fault; /* that */
};

struct run {
    const struct hello_crew *crew;
    struct client *clients;
    struct error *error;
};

/* ---- what a client says ---- */

int hello_clients_read(struct str line, double *ret_seconds, uint64_t *ret_failed)
{
    char number[NUMBER_BYTES];
    char *end = NULL;
    uint64_t failed = 0;
    struct str rest = str_trim(line);
    struct str first = str_split(&rest, ' ');

    rest = str_trim(rest);
    if (first.length == 0 || first.length >= sizeof number || first.base[0] < '0' || first.base[0] > '9') {
        return -EINVAL;
    }
    (void)snprintf(number, sizeof number, "%.*s", STR_ARGUMENTS(first));
    double seconds = strtod(number, &end);
    if (*end != '\0' || !isfinite(seconds) || (rest.length > 0 && str_to_number(rest, UINT32_MAX, &failed) < 0)) {
        return -EINVAL;
    }
    *ret_seconds = seconds;
    *ret_failed = failed;
    return 0;
}

static void on_line(void *context, struct str line)
{
    struct client *client = context;

    if (client->progress == CLIENT_STARTING && str_equal(str_trim(line), READY)) {
        client->progress = CLIENT_READY;
    } else if (client->progress == CLIENT_RUNNING && hello_clients_read(line, &client->seconds, &client->failed) == 0) {
        client->progress = CLIENT_DONE;
    } else if (client->progress != CLIENT_DONE && !client->is_at_fault) {
        client->is_at_fault = true;
        client->fault = quote_in_marks(line, SHOWN_BYTES);
    }
}

static int complain_of_end(const struct client *client, struct error *error)
{
    cleanup_buf struct buf complaint = { .base = NULL };

    buf_init(&complaint, CHILD_COMPLAINT_BYTES);
    (void)printable_add(&complaint, child_first_complaint(&client->child));
    return error_set(error, "a client ended before it was %s%s%.*s",
                     client->progress == CLIENT_STARTING ? "ready" : "done", complaint.length > 0 ? ": " : "",
                     STR_ARGUMENTS(buf_view(&complaint)));
}

/* ---- waiting for all of them ---- */

static int check(const struct client *client, enum progress wanted, struct error *error)
{
    static const char *const expectations[] = {
        [CLIENT_STARTING] = "\"ready\" was expected",
        [CLIENT_READY] = "it should wait for the start",
        [CLIENT_RUNNING] = "its seconds were expected, such as 0.464",
    };

    if (client->is_at_fault) {
        return error_set(error, "a client wrote %s where %s", client->fault.text, expectations[client->progress]);
    }
    if (client->progress < wanted && client->child.output < 0) {
        return complain_of_end(client, error);
    }
    return 0;
}

static void wait_for_more(const struct run *run, uint64_t give_up_us)
{
    struct pollfd descriptors[HELLO_CLIENTS_MOST * CHILD_DESCRIPTORS + 1];
    size_t count = 0;

    descriptors[count++] = (struct pollfd){ .fd = run->crew->interrupt->descriptor, .events = POLLIN };
    for (size_t i = 0; i < run->crew->count; i++) {
        child_descriptors(&run->clients[i].child, descriptors + count);
        count += CHILD_DESCRIPTORS;
    }
    (void)poll(descriptors, count, company_poll_timeout_ms(give_up_us));
}

/* Reads what they wrote. 1: all are as far as wanted; 0: not yet; -1 and a sentence. */
static int look(const struct run *run, enum progress wanted)
{
    bool are_all = true;

    for (size_t i = 0; i < run->crew->count; i++) {
        struct client *client = &run->clients[i];
        (void)child_read(&client->child);
        if (check(client, wanted, run->error) < 0) {
            return -1;
        }
        are_all = are_all && client->progress >= wanted;
    }
    return are_all;
}

static int await(const struct run *run, enum progress wanted, uint64_t timeout_us)
{
    uint64_t give_up_us = clock_monotonic_us() + timeout_us;

    for (;;) {
        int status = look(run, wanted);
        /* A client that ended by the same Ctrl-C has no fault. */
        if (interrupt_check(run->crew->interrupt)) {
            return error_set(run->error, "interrupted");
        }
        if (status != 0) {
            return status > 0 ? 0 : -1;
        }
        if (clock_monotonic_us() >= give_up_us) {
            return error_set(run->error, "a client was not %s within %ds", wanted == CLIENT_READY ? "ready" : "done",
                             (int)(timeout_us / CLOCK_US_PER_SECOND));
        }
        wait_for_more(run, give_up_us);
    }
}

/* ---- one run ---- */

static int start_all(const struct run *run)
{
    for (size_t i = 0; i < run->crew->count; i++) {
        struct client *client = &run->clients[i];
        if (child_start_with_input(&client->child, run->crew->arguments, run->crew->environment, run->error) < 0) {
            return -1;
        }
        client->child.on_line = on_line;
        client->child.context = client;
    }
    return 0;
}

static uint64_t cpu_of(pid_t pid)
{
    struct process_probe probe;

    return process_probe_read(pid, &probe) == 0 ? probe.cpu_us : 0;
}

static void note_watched(const struct hello_crew *crew, uint64_t cpu_us[HELLO_WATCHED_MOST])
{
    for (size_t i = 0; i < HELLO_WATCHED_MOST; i++) {
        cpu_us[i] = cpu_of(crew->watched[i]);
    }
}

/* All have told that they are ready and wait for a line: the first one begins a few microseconds before the last. */
static int start_together(const struct run *run)
{
    for (size_t i = 0; i < run->crew->count; i++) {
        run->clients[i].cpu_at_start_us = cpu_of(run->clients[i].child.pid);
        run->clients[i].progress = CLIENT_RUNNING;
    }
    for (size_t i = 0; i < run->crew->count; i++) {
        int status = child_tell(&run->clients[i].child, START);
        if (status < 0 && status != -EPIPE) {
            return error_set(run->error, "cannot start a client: %s", strerror(-status));
        }
    }
    return 0;
}

static double seconds(uint64_t time_us)
{
    return (double)time_us / CLOCK_US_PER_SECOND;
}

static int measure(const struct run *run, struct hello_run *result)
{
    uint64_t before_us[HELLO_WATCHED_MOST];
    uint64_t after_us[HELLO_WATCHED_MOST];

    if (await(run, CLIENT_READY, READY_TIMEOUT_US) < 0) {
        return -1;
    }
    note_watched(run->crew, before_us);
    struct machine_probe machine_before = machine_probe_read();
    uint64_t start_us = clock_monotonic_us();
    if (start_together(run) < 0 || await(run, CLIENT_DONE, RUN_TIMEOUT_US) < 0) {
        return -1;
    }
    result->elapsed_s = seconds(clock_monotonic_us() - start_us);
    struct machine_probe machine_after = machine_probe_read();
    /* Of processors that are not ours to use nothing follows. */
    bool are_all_ours = (long)machine_probe_cores() == sysconf(_SC_NPROCESSORS_ONLN);
    result->machine_busy = are_all_ours ? machine_probe_busy_share(&machine_before, &machine_after) : 0;
    note_watched(run->crew, after_us);
    for (size_t i = 0; i < HELLO_WATCHED_MOST; i++) {
        result->watched_cpu_s[i] = seconds(after_us[i] - before_us[i]);
    }
    return 0;
}

/* Sums up what they said; they have ended. */
static int sum_up(const struct run *run, struct hello_run *result)
{
    for (size_t i = 0; i < run->crew->count; i++) {
        const struct client *client = &run->clients[i];
        uint64_t cpu_us = client->child.cpu_us;
        if (!WIFEXITED(client->child.wait_status) || WEXITSTATUS(client->child.wait_status) != 0) {
            return error_set(run->error, "a client did not end with 0");
        }
        result->seconds += client->seconds / (double)run->crew->count;
        result->client_cpu_s += seconds(cpu_us > client->cpu_at_start_us ? cpu_us - client->cpu_at_start_us : 0);
        result->failed += client->failed;
    }
    return 0;
}

int hello_clients_run(const struct hello_crew *crew, struct hello_run *ret_run, struct error *error)
{
    struct hello_run result = { .seconds = 0 };
    cleanup_free struct client *clients = calloc(crew->count, sizeof *clients);
    struct run run = { crew, clients, error };
    if (clients == NULL) {
        return error_set(error, "out of memory");
    }

    int status = start_all(&run);
    if (status == 0) {
        status = measure(&run, &result);
    }
    for (size_t i = 0; i < crew->count; i++) {
        child_finish(&clients[i].child, status == 0 ? END_PATIENCE_US : 0, STOP_GRACE_US);
    }
    if (status == 0) {
        status = sum_up(&run, &result);
    }
    if (status == 0) {
        *ret_run = result;
    }
    return status;
}
