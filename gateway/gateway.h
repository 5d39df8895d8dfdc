/* SPDX-License-Identifier: MIT */
/*
 * gateway - workers, thread pool and admin listener, started and drained together. Several can live in one process.
 *
 *     struct gateway *gateway = gateway_start(config, loop, &sink, on_ended, context, &error);
 *     … loop_run(loop) … gateway_drain(gateway) … on_ended …
 *     gateway_free(gateway);
 *
 * Memory: holds the config.   Threads: all calls, and on_ended, on the thread of `loop`, which only waits meanwhile.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "common/error.h"
#include "common/log.h"
#include "common/loop.h"
#include "gateway/config.h"

struct gateway;

typedef void gateway_ended_fn(void *context);

/* `on_ended`: after gateway_drain(), when the last request is answered and the last connection closed.
 * transfer_global_init() comes first. NULL: *error says why; nothing is left running. */
struct gateway *gateway_start(struct config *config, struct loop *loop, struct log_sink *sink,
                              gateway_ended_fn *on_ended, void *context, struct error *error) must_check;
/* Where it listens: "127.0.0.1:8080"; and the admin listener, "" when there is none. */
const char *gateway_address(const struct gateway *gateway);
const char *gateway_admin_address(const struct gateway *gateway);
/* What the descriptor limit allows. */
void gateway_log_limits(const struct gateway *gateway, struct log *log);
/* `config`, which nobody else holds yet, is for requests to come. What cannot change while it runs stays, also in it:
 * the names of such settings that differ, with commas between them, are put into *ret_kept ("" for none). 0, or -1 and
 * *error: nothing has changed. */
int gateway_reconfigure(struct gateway *gateway, struct config *config, struct error *ret_kept,
                        struct error *error) must_check;
/* A configuration was refused; it is counted. */
void gateway_count_bad_config(struct gateway *gateway);
void gateway_drain(struct gateway *gateway);
/* Only after on_ended. */
void gateway_free(struct gateway *gateway);

#endif
