/* SPDX-License-Identifier: MIT */
/*
 * call_account - what became of one call: when, where, how much, why not. Pure data.
 *
 * Times are of the monotonic clock, in microseconds; 0: did not happen.
 */
#ifndef GATEWAY_CALL_ACCOUNT_H
#define GATEWAY_CALL_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"
#include "gateway/call_error.h"

struct call_account {
    struct str name;
    size_t element_number; /* of a call with `each`: 1 for the first; 0: none */
    struct str backend;    /* its name; "default" without a configuration file */
    struct str server;     /* host:port; for the log, never for a client */
    enum call_error error;
    struct str detail; /* a sentence about an error that its name does not tell enough of; else empty */
    unsigned status;   /* of the backend's answer; 0: none came */
    unsigned attempts; /* how many were started */
    bool is_reused;    /* the last attempt ran on a kept connection */
    uint64_t body_bytes;
    uint64_t queued_us;    /* it could have started: all it needed was there */
    uint64_t started_us;   /* somebody began to work on it */
    uint64_t connected_us; /* 0 on a reused connection */
    uint64_t sent_us;      /* the request was handed to the socket */
    uint64_t first_byte_us;
    uint64_t done_us;
};

#endif
