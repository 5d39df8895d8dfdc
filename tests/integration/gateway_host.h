/* SPDX-License-Identifier: MIT */
/*
 * gateway_host - a gateway inside the test's process: its main loop in a thread, its log lines in a file in memory.
 */
#ifndef TESTS_INTEGRATION_GATEWAY_HOST_H
#define TESTS_INTEGRATION_GATEWAY_HOST_H

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdint.h>

#include "gateway/gateway.h"
#include "gateway/mode.h"
#include "tests/support/gate.h"

struct gateway_host {
    struct config *config; /* with log.format LOG_JSON */
    struct log_sink sink;
    int log_descriptor;
    struct loop *loop;
    struct gateway *gateway;
    struct loop_task drain_task;
    struct error error;
    pthread_t thread;
    struct gate ready; /* it runs, or could not start */
    bool has_started;
    uint16_t port;
};

/* On free ports, without an admin listener; calls go to `backend_port` on loopback. Changes to host->config may follow.
 */
void gateway_host_init(struct gateway_host *host, enum mode mode, uint16_t backend_port);
/* False: host->error says why; then only gateway_host_stop() is due. */
bool gateway_host_start(struct gateway_host *host);
/* Drains and frees; the log can still be read. */
void gateway_host_stop(struct gateway_host *host);
/* The n-th "done" event, from 0, to be freed; NULL: there are not so many. After gateway_host_stop(). */
cJSON *gateway_host_done_event(const struct gateway_host *host, size_t index);
void gateway_host_clear(struct gateway_host *host);

#endif
