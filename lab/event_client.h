/* SPDX-License-Identifier: MIT */
/*
 * event_client - reads server-sent events from a URL until they end.
 *
 * Plain HTTP, one connection, no redirect, no proxy: what is asked for is what is asked. A server that says nothing for
 * EVENT_CLIENT_SILENCE_S is taken for dead; ours sends a comment every 15 s.
 *
 * Threads: the caller's; it waits for `interrupt`, too.
 */
#ifndef LAB_EVENT_CLIENT_H
#define LAB_EVENT_CLIENT_H

#include "common/compiler.h"
#include "common/error.h"
#include "lab/event_parser.h"
#include "lab/interrupt.h"

enum { EVENT_CLIENT_CONNECT_TIMEOUT_MS = 5000, EVENT_CLIENT_SILENCE_S = 45 };

struct event_client {
    const char *url;
    size_t data_limit; /* larger events are left out */
    struct interrupt *interrupt;
    void (*on_connected)(void *context);
    /* False: enough. */
    bool (*on_event)(void *context, struct str name, struct str data);
    void *context;
};

/* 0: interrupted, or on_event() said that it is enough; -1: the stream could not be had, or has ended, and a sentence.
 */
int event_client_run(const struct event_client *client, struct error *error) must_check;

#endif
