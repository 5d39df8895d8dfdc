/* SPDX-License-Identifier: MIT */
/*
 * service - one of our own programs as a child process on free ports, and how to wait until it is ready.
 *
 * The programs stand beside the running one (`gateway`, `backend`; `fanlight-gateway`, … where we are installed as
 * fanlight-lab). A service is ready when a line of its log says where it listens, at every log level.
 *
 *     struct service backend = { .title = "the backend" };
 *     service_start(&backend, &place, "backend", (const char *const[]){ "--delay=2s", NULL }, &error);
 *     service_wait_ready(&backend, &interrupt, &error);      // several may be started before the first is waited for
 *     …  backend.url  …
 *     service_stop(&backend, SERVICE_GRACE_US);
 *
 * Memory: begins zeroed; service_stop() frees everything.   Threads: the main thread's (see lab/child.h).
 */
#ifndef LAB_SERVICE_H
#define LAB_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/url.h"
#include "lab/child.h"
#include "lab/interrupt.h"

enum { SERVICE_PATH_BYTES = 4096, SERVICE_ARGUMENTS_MOST = 32 };
enum { SERVICE_GRACE_US = 3 * CLOCK_US_PER_SECOND, SERVICE_READY_TIMEOUT_US = 10 * CLOCK_US_PER_SECOND };

/* Where programs are found and what they inherit. */
struct service_place {
    char own_path[SERVICE_PATH_BYTES]; /* of the running program */
    char *const *environment;          /* FANLIGHT_* is left out */
};

struct service {
    const char *title; /* for sentences: "the gateway" */
    struct child child;
    struct url url;   /* "listening on …", as an http URL; once it is_ready */
    struct url admin; /* "admin on …"; where it has_admin */
    bool is_ready, has_admin;
};

/* `own_path` NULL: /proc/self/exe. 0, or -1 and a sentence. */
int service_place_init(struct service_place *place, const char *own_path, char *const *environment,
                       struct error *error) must_check;
/* The path of the program `name` beside `own_path`. */
void service_program_path(const char *own_path, const char *name, char *path, size_t size);

/* `program`: "gateway", "backend". `arguments`: flags without the program's name, NULL at the end; `--listen` on a free
 * port is put in front. 0, or -1 and a sentence. */
int service_start(struct service *service, const struct service_place *place, const char *program,
                  const char *const *arguments, struct error *error) must_check;
/* Until it says that it listens. 0, or -1 and a sentence: it ended, took too long, or `interrupt` (may be NULL) was
 * seen. While it waits, lines are read here; on_line and context of the child are NULL afterwards. */
int service_wait_ready(struct service *service, struct interrupt *interrupt, struct error *error) must_check;
/* 0, or -1 and a sentence: it has ended although it should run. Of one that was never started: 0. */
int service_check(const struct service *service, struct error *error) must_check;
/* As child_stop(). */
void service_stop(struct service *service, uint64_t grace_us);

/* The address in "… listening on 127.0.0.1:8080" (`word`: "listening on "), as an http URL. 0 or -1: the line says
 * nothing of the kind. */
int service_read_address(struct str line, struct str word, struct url *ret_url);

#endif
