/* SPDX-License-Identifier: MIT */
/*
 * serve - the page's server: listener, HTTP, runs and watched gateways in one loop and one thread.
 *
 *     serve_open(&serve, loop, &config, &error);
 *     …  loop_run(loop)  …
 *     serve_close(&serve);
 *
 * Everything a client can do is answered at once; what takes time is done by child processes.
 *
 * Memory: embedded in its owner; serve_close() ends the children and frees everything.   Threads: the main one.
 */
#ifndef LAB_SERVE_H
#define LAB_SERVE_H

#include "common/listener.h"
#include "lab/serve_api.h"

enum { SERVE_CONNECTIONS_MOST = 64, SERVE_REQUEST_BODY_BYTES = 64 * 1024 };

struct serve_config {
    struct address listen;
    struct log *log;
    char *const *environment;
    const char *own_path; /* of this program; NULL: /proc/self/exe */
};

struct serve {
    struct loop *loop;
    struct service_place place;
    struct serve_api api;
    struct listener listener;
    int descriptor;
    struct http_server *server; /* NULL: not open */
};

/* Accepts connections from now on. 0, or -1 and a sentence; then nothing is left. */
int serve_open(struct serve *serve, struct loop *loop, const struct serve_config *config,
               struct error *error) must_check;
/* "127.0.0.1:8000": where it listens. */
void serve_format_address(const struct serve *serve, char *text, size_t size);
/* Whether others than this machine may reach it. */
bool serve_is_exposed(const struct serve *serve);
/* Ends all connections and children; waits for these, about half a second at most. */
void serve_close(struct serve *serve);

#endif
