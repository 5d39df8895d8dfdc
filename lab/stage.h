/* SPDX-License-Identifier: MIT */
/*
 * stage - the real processes an experiment plays with: one backend, and one gateway after another, on free ports.
 *
 * SIGINT and SIGTERM interrupt whatever waits here. All children are gone when stage_clear() returns, and die with us
 * where it is never reached.
 *
 * Memory: the strings of the configuration must outlive the stage.   Threads: the main thread's.
 */
#ifndef LAB_STAGE_H
#define LAB_STAGE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/log.h"
#include "common/url.h"
#include "gateway/mode.h"
#include "lab/interrupt.h"
#include "lab/service.h"

enum { STAGE_DESCRIPTORS = 2 * CHILD_DESCRIPTORS + 1 };

struct stage_config {
    const char *own_path; /* of the running program: its neighbours are started; NULL: /proc/self/exe */
    char *const *environment;
    uint64_t delay_us;
    uint64_t deadline_us; /* what the gateways are told, up to 24 h */
    long threads;
    const char *blocking; /* call names, separated by commas */
    enum log_format log_format;
};

struct stage {
    struct stage_config config;
    struct service_place place;
    struct interrupt interrupt;
    struct service backend;
    struct service gateway;
};

/* Blocks SIGINT and SIGTERM: they arrive here from now on. 0, or -1 and a sentence. */
int stage_init(struct stage *stage, const struct stage_config *config, struct error *error) must_check;
void stage_clear(struct stage *stage);

/* Start a program and wait until it is ready. 0, or -1 and a sentence (look at interrupt.was_seen first). */
int stage_start_backend(struct stage *stage, struct error *error) must_check;
int stage_start_gateway(struct stage *stage, enum mode mode, struct url *ret_url, struct error *error) must_check;
void stage_stop_gateway(struct stage *stage);

/* 0, or -1 and a sentence: a child has ended that should be running. */
int stage_check(const struct stage *stage, struct error *error) must_check;

/* Reads what the children wrote (their on_line hears it) and whether a signal came, without waiting. False:
 * interrupted. */
bool stage_serve(struct stage *stage);
/* What to poll for. */
void stage_descriptors(const struct stage *stage, struct pollfd descriptors[STAGE_DESCRIPTORS]);

#endif
