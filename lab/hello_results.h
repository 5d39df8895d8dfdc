/* SPDX-License-Identifier: MIT */
/*
 * hello_results - the table of servers and numbers of clients: what was measured, and what follows from it. Pure.
 *
 * A row is one server asked by one kind of client; a column is a number of client processes; a cell holds one run for
 * each repeat. What is said of a cell is the median of its runs.
 *
 * What the limit of a cell was is told from processor time, in this order:
 *
 *   machine   clients, server and backend together used 90 % or more of all processors; or others helped them to it,
 *             where the run was long enough for the kernel to tell (lab/machine_probe.h)
 *   server    its one event loop was busy for 85 % of the time or more
 *   client    each client computed for more than half of the time: it waited less for the server than for itself
 *   server    one client alone, and the server computed for more than half of the time
 *   backend   there is one, and all others together computed for less than half of the time of one processor
 *
 * and otherwise it is unknown.
 *
 * Memory: hello_result_clear() frees the rows.   Units: seconds.
 */
#ifndef LAB_HELLO_RESULTS_H
#define LAB_HELLO_RESULTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/compiler.h"
#include "gateway/mode.h"
#include "lab/hello_clients.h"
#include "lab/samples.h"

enum {
    HELLO_COLUMNS_MOST = 16,
    HELLO_REPEATS_MOST = 15,
    HELLO_PUBLISHED_COUNT = 8,
    HELLO_LABEL_BYTES = 64,
    HELLO_URL_BYTES = 1408
};

/* The note's figures for 1 to 8 clients. */
extern const double hello_published_s[HELLO_PUBLISHED_COUNT];

/* Whose processor time is watched during a run. */
enum { HELLO_WATCHED_SERVER, HELLO_WATCHED_BACKEND };

enum hello_client { HELLO_CLIENT_LIGHT, HELLO_CLIENT_COMMAND, HELLO_CLIENT_PUBLISHED };

enum hello_limit {
    HELLO_LIMIT_UNKNOWN,
    HELLO_LIMIT_CLIENT,
    HELLO_LIMIT_SERVER,
    HELLO_LIMIT_MACHINE,
    HELLO_LIMIT_BACKEND,
    HELLO_LIMIT_COUNT,
};

/* "client"; of HELLO_LIMIT_UNKNOWN NULL. */
extern const char *const hello_limit_names[HELLO_LIMIT_COUNT];

struct hello_cell {
    struct hello_run runs[HELLO_REPEATS_MOST];
    size_t run_count;
};

struct hello_row {
    char name[HELLO_LABEL_BYTES];  /* "sync"; rows of one server with different clients have the same */
    char label[HELLO_LABEL_BYTES]; /* for the table: "gateway, sync" */
    char title[HELLO_LABEL_BYTES * 2];
    char url[HELLO_URL_BYTES]; /* "": of the published row */
    enum hello_client client;
    bool is_ours;
    bool is_gateway; /* with a call to the backend: mode and theory */
    enum mode mode;
    bool is_server_known; /* its processor time was measured */
    struct hello_cell cells[HELLO_COLUMNS_MOST];
};

struct hello_result {
    uint64_t requests; /* each client's */
    uint64_t delay_us; /* of the backend */
    size_t repeats;    /* as asked for */
    size_t clients[HELLO_COLUMNS_MOST];
    size_t column_count;
    struct hello_row *rows;
    size_t row_count;
    char client_label[HELLO_LABEL_BYTES]; /* of HELLO_CLIENT_COMMAND: "hello_client"; "": there is none */
    unsigned cores;
    bool was_interrupted;
};

void hello_result_clear(struct hello_result *result);

/* The cell in one figure each. */
struct hello_figures {
    bool is_known;                       /* it was measured, or published */
    struct spread seconds;               /* for 1000 requests */
    double client_cpu_s, server_cpu_s;   /* of a whole run */
    double backend_cpu_s, elapsed_s;     /* likewise */
    double others_busy;                  /* the share of all processors that was used by others (and by a server that
                                          is not known), 0 to 1; 0: not known */
    double client_cpu_us, server_cpu_us; /* for one request */
    enum hello_limit limit;
};

struct hello_figures hello_figures_of(const struct hello_result *result, const struct hello_row *row, size_t column);
/* Seconds for 1000 requests; 0: there is no theory. */
double hello_theory_s(const struct hello_result *result, const struct hello_row *row, size_t column);
/* The published figure for as many clients; 0: there is none. */
double hello_published_for(const struct hello_result *result, size_t column);
uint64_t hello_row_failed(const struct hello_row *row);
/* The row of that server with the other kind of client; NULL: none. */
const struct hello_row *hello_row_with(const struct hello_result *result, const char *name, enum hello_client client);

/* "light", "aiohttp", or what the command is called. */
const char *hello_client_label(const struct hello_result *result, enum hello_client client);

/* Everything but the findings and the origin, as members of `document`. False: no memory. */
bool hello_result_add_json(const struct hello_result *result, cJSON *document) must_check;

#endif
