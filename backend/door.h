/* SPDX-License-Identifier: MIT */
/*
 * door - the listening socket, which can be closed for a while: connections are refused then.
 *
 *     door_init(&door, loop, &events, service);
 *     if (door_open(&door, &address, &error) < 0) ...
 *     door_close_for(&door, 500 * CLOCK_US_PER_MS);    on_reopened() tells when it is over
 *     door_close(&door);
 *
 * Connections that wait in the queue are accepted before it closes; those that are accepted are not touched. While it
 * is closed a socket that does not listen is bound to the address, so that the system gives the port to nobody else.
 *
 * Memory: `struct door` is embedded in its owner, who calls door_close().   Threads: the loop's.   Units: microseconds.
 */
#ifndef BACKEND_DOOR_H
#define BACKEND_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/listener.h"

struct door_events {
    listener_accepted_fn *on_accepted;
    /* 0: connections are accepted again; -errno: they cannot be, told once, and it is tried again and again. */
    void (*on_reopened)(void *context, int result);
};

enum door_state {
    DOOR_GONE, /* not opened yet, or closed for good */
    DOOR_OPEN,
    DOOR_CLOSED, /* for a while */
};

struct door {
    struct loop *loop;
    const struct door_events *events;
    void *context;

    enum door_state state;
    int descriptor; /* bound; -1: none */
    struct sockaddr_storage address;
    socklen_t address_length;
    struct listener listener; /* while open */
    bool is_held;

    /* While closed */
    struct loop_timer timer;
    uint64_t until_us;
    bool has_failed;
};

/* `events` must outlive the door. */
void door_init(struct door *door, struct loop *loop, const struct door_events *events, void *context);
/* 0; or -1 and a sentence, as listener_open(). */
int door_open(struct door *door, const struct address *address, struct error *error) must_check;
/* "127.0.0.1:8080": where it is, with the port that was picked. */
void door_format_address(const struct door *door, char *text, size_t size);

/* Closes it for that long. Closed already: the later end counts. 0; or -ENOMEM and nothing has changed. A door that is
 * gone stays so. */
int door_close_for(struct door *door, uint64_t duration_us) must_check;
/* Stop accepting for now (a limit is reached), and go on; they hold over a time of being closed. */
void door_hold(struct door *door);
void door_release(struct door *door);
/* Accepts what waits in the queue, and closes for good. */
void door_drain(struct door *door);
/* Closes for good. */
void door_close(struct door *door);

#endif
