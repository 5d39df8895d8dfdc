/* SPDX-License-Identifier: MIT */
/*
 * config - what the gateway was asked to do: its flags, and the limits it keeps. Pure; immutable once read.
 */
#ifndef GATEWAY_CONFIG_H
#define GATEWAY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/log.h"
#include "common/options.h"
#include "common/url.h"

/* Bounds on what one client or one backend can make the gateway hold. */
struct config_limits {
    size_t connections;
    size_t header_bytes;
    size_t body_bytes;
    size_t answer_bytes;   /* the calls' bodies together */
    size_t response_bytes; /* one call's body */
    size_t response_header_bytes;
    size_t fan_out;
    size_t request_arena_bytes;
    uint64_t idle_timeout_us;
    uint64_t connect_timeout_us;
};

struct config {
    struct address listen;
    struct address admin;
    bool has_admin;
    int mode; /* enum mode */
    struct url backend;
    char backend_server[280]; /* host:port, for the log */
    long workers;
    long threads;
    const char *blocking;
    uint64_t deadline_us;
    uint64_t drain_timeout_us;
    struct log_options log;
    struct config_limits limits;
};

/* The options' table, for options_parse() into a struct config. */
extern const struct option config_options[];
extern const size_t config_option_count;

/* After options_parse(): what follows from the options, and the limits' defaults. */
void config_complete(struct config *config);

#endif
