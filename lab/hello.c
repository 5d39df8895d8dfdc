/* SPDX-License-Identifier: MIT */
#include "lab/hello.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/duration.h"
#include "lab/hello_rows.h"
#include "lab/listener_process.h"
#include "lab/machine_probe.h"

#define LIGHT_CLIENT "hello-client"

enum { COMMAND_BYTES = 64 * 1024, FLAG_BYTES = 400, CLIENT_ARGUMENTS_MOST = 8 };

/* After Ctrl-C, whatever a gateway is at. */
enum { INTERRUPTED_GRACE_US = 200 * CLOCK_US_PER_MS };

/* Calls wait for each other, up to as many as there are clients. */
#define DEADLINE "--deadline=1h"

/* One measurement in progress. */
struct session {
    const struct hello_config *config;
    struct hello_result *result;
    struct hello_own own;
    struct service backend, sync, async;
    pid_t servers[HELLO_ROWS_MOST]; /* of each row; 0: not known */
    struct interrupt interrupt;
    struct error *error;
    size_t done_count;
    uint64_t done_weight; /* of the runs so far: their clients */
    uint64_t start_us;
};

/* ---- our own servers ---- */

static int start(struct session *session, struct service *service, const char *program, const char *const *flags)
{
    if (service_start(service, session->config->place, program, flags, session->error) < 0) {
        return -1;
    }
    return service_wait_ready(service, &session->interrupt, session->error);
}

static int start_backend(struct session *session)
{
    char delay[FLAG_BYTES] = "--delay=";

    duration_format(session->config->delay_us, delay + strlen(delay), sizeof delay - strlen(delay));
    return start(session, &session->backend, "backend", (const char *const[]){ "--log-level=error", delay, NULL });
}

static int start_gateway(struct session *session, struct service *service, const char *mode)
{
    char backend[FLAG_BYTES];

    (void)snprintf(backend, sizeof backend, "--backend=http://%s", session->backend.url.authority);
    return start(
        session, service, "gateway",
        (const char *const[]){ "--log-level=error", "--admin=off", DEADLINE, "--workers=1", mode, backend, NULL });
}

static int start_own(struct session *session)
{
    if (start_backend(session) < 0 || start_gateway(session, &session->sync, "--mode=sync") < 0 ||
        start_gateway(session, &session->async, "--mode=async") < 0) {
        return -1;
    }
    session->own = (struct hello_own){ .sync = session->sync.url, .async = session->async.url };
    return 0;
}

static void stop_own(struct session *session)
{
    uint64_t grace_us = session->interrupt.was_seen ? INTERRUPTED_GRACE_US : SERVICE_GRACE_US;

    service_stop(&session->sync, grace_us);
    service_stop(&session->async, grace_us);
    service_stop(&session->backend, grace_us);
}

static int check_own(const struct session *session)
{
    if (service_check(&session->sync, session->error) < 0 || service_check(&session->async, session->error) < 0) {
        return -1;
    }
    return service_check(&session->backend, session->error);
}

/* ---- one run ---- */

/* Fills `arguments` with the client's command line. 0 or -1: no memory. */
static int make_client(const struct session *session, const struct hello_row *row, struct arena *memory,
                       char *arguments[CLIENT_ARGUMENTS_MOST])
{
    const char *command = session->config->client_command;
    char shell[COMMAND_BYTES];
    char requests[32];
    size_t count = 0;

    (void)snprintf(requests, sizeof requests, "%" PRIu64, session->config->requests);
    if (row->client == HELLO_CLIENT_COMMAND) {
        /* The process that is measured, and ended, is the client's own and no shell in front of it. */
        (void)snprintf(shell, sizeof shell, "exec %s \"$@\"", command);
        arguments[count++] = arena_copy(memory, STR("/bin/sh"));
        arguments[count++] = arena_copy(memory, STR("-c"));
        arguments[count++] = arena_copy(memory, str_of(shell));
        arguments[count++] = arena_copy(memory, STR("client"));
    } else {
        arguments[count++] = arena_copy(memory, str_of(session->config->place->own_path));
        arguments[count++] = arena_copy(memory, STR(LIGHT_CLIENT));
    }
    arguments[count++] = arena_copy(memory, str_of(row->url));
    arguments[count++] = arena_copy(memory, str_of(requests));
    arguments[count] = NULL;
    for (size_t i = 0; i < count; i++) {
        if (arguments[i] == NULL) {
            return -1;
        }
    }
    return 0;
}

/* Whose processor time is the server's; 0: nobody knows. */
static pid_t find_server(const struct session *session, const struct hello_row *row)
{
    struct url url;
    struct error ignored;

    if (row->is_ours) {
        return row->is_gateway && row->mode == MODE_SYNC ? session->sync.child.pid : session->async.child.pid;
    }
    return url_parse(str_of(row->url), &url, &ignored) == 0 ? listener_process_find(&url) : 0;
}

static void find_servers(struct session *session)
{
    for (size_t i = 0; i < session->result->row_count; i++) {
        session->servers[i] = find_server(session, &session->result->rows[i]);
        session->result->rows[i].is_server_known = session->servers[i] > 0;
    }
}

static int run_clients(struct session *session, struct hello_row *row, size_t column, char *const *arguments)
{
    struct hello_cell *cell = &row->cells[column];
    struct error cause = { { '\0' } };
    const struct hello_crew crew = {
        .arguments = arguments,
        .environment = session->config->place->environment,
        .count = session->config->clients[column],
        .interrupt = &session->interrupt,
        .watched = { [HELLO_WATCHED_SERVER] = session->servers[row - session->result->rows],
                     [HELLO_WATCHED_BACKEND] = row->is_gateway ? session->backend.child.pid : 0 },
    };

    if (hello_clients_run(&crew, &cell->runs[cell->run_count], &cause) < 0) {
        return error_set(session->error, "%s: %.400s", row->label, cause.text);
    }
    cell->run_count++;
    return check_own(session);
}

/* A run takes the longer the more clients share the machine or a blocked loop. */
static uint64_t all_weight(const struct session *session)
{
    uint64_t of_a_row = 0;

    for (size_t column = 0; column < session->config->column_count; column++) {
        of_a_row += session->config->clients[column];
    }
    return of_a_row * session->config->repeats * (session->result->row_count - 1);
}

static void tell_progress(const struct session *session, const struct hello_row *row, size_t column)
{
    const struct hello_config *config = session->config;
    uint64_t elapsed_us = clock_monotonic_us() - session->start_us;
    uint64_t left_weight = all_weight(session) - session->done_weight;
    const struct hello_progress progress = {
        .done = session->done_count,
        .all = config->repeats * config->column_count * (session->result->row_count - 1),
        .row = row,
        .client_label = hello_client_label(session->result, row->client),
        .clients = config->clients[column],
        .left_us = session->done_weight > 0 ? elapsed_us * left_weight / session->done_weight : CLOCK_NEVER_US,
    };

    if (config->on_progress != NULL) {
        config->on_progress(config->context, &progress);
    }
}

static int run_cell(struct session *session, struct hello_row *row, size_t column)
{
    struct arena memory;
    char *arguments[CLIENT_ARGUMENTS_MOST];

    if (row->client == HELLO_CLIENT_PUBLISHED) {
        return 0;
    }
    tell_progress(session, row, column);
    arena_init(&memory, (size_t)4 * COMMAND_BYTES);
    int status = make_client(session, row, &memory, arguments) == 0
                     ? run_clients(session, row, column, arguments)
                     : error_set(session->error, "%s: the client's command line is too long", row->label);
    arena_clear(&memory);
    session->done_count++;
    session->done_weight += session->config->clients[column];
    return status;
}

/* ---- all of them, turn and turn about ---- */

static int run_rows(struct session *session, size_t column)
{
    for (size_t i = 0; i < session->result->row_count; i++) {
        if (run_cell(session, &session->result->rows[i], column) < 0) {
            return -1;
        }
    }
    return 0;
}

static int run_all(struct session *session)
{
    session->start_us = clock_monotonic_us();
    for (size_t repeat = 0; repeat < session->config->repeats; repeat++) {
        for (size_t column = 0; column < session->config->column_count; column++) {
            if (run_rows(session, column) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int measure(struct session *session)
{
    if (!session->config->only_targets && start_own(session) < 0) {
        return -1;
    }
    if (hello_rows_make(session->config, &session->own, session->result) < 0) {
        return error_set(session->error, "out of memory");
    }
    find_servers(session);
    return run_all(session);
}

enum hello_outcome hello_run(const struct hello_config *config, struct hello_result *ret_result, struct error *error)
{
    struct session session = {
        .config = config,
        .result = ret_result,
        .backend = { .title = "the backend" },
        .sync = { .title = "the gateway in sync" },
        .async = { .title = "the gateway in async" },
        .error = error,
    };

    *ret_result = (struct hello_result){
        .requests = config->requests,
        .delay_us = config->delay_us,
        .repeats = config->repeats,
        .column_count = config->column_count,
        .cores = machine_probe_cores(),
    };
    memcpy(ret_result->clients, config->clients, sizeof ret_result->clients);
    if (interrupt_open(&session.interrupt, error) < 0) {
        return HELLO_FAILED;
    }
    int status = measure(&session);
    stop_own(&session);
    interrupt_close(&session.interrupt);
    ret_result->was_interrupted = session.interrupt.was_seen;
    if (ret_result->was_interrupted) {
        return HELLO_INTERRUPTED;
    }
    return status == 0 ? HELLO_DONE : HELLO_FAILED;
}
