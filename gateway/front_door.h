/* SPDX-License-Identifier: MIT */
/*
 * front_door - how a worker lets clients in: up to the limit of connections, as descriptors allow, and to the last one
 * in a drain.
 *
 * At the limit the rest waits in the kernel's queue, or is told 503 and closed, by `limits.connection_overflow`. A
 * drain lets in all that wait, whatever the limit: they have been promised an answer.
 *
 * Memory: embedded in the worker.   Threads: the worker's.
 */
#ifndef GATEWAY_FRONT_DOOR_H
#define GATEWAY_FRONT_DOOR_H

#include <stdatomic.h>

#include "common/http_server.h"
#include "common/listener.h"
#include "gateway/config.h"

struct metrics;

/* The connections of all workers, where those beyond the limit are refused: one worker may have few while another has
 * many. Where they wait, each worker has its share. */
struct front_door_room {
    size_t limit;
    atomic_size_t count;
};

struct front_door {
    /* To be set before front_door_open(). */
    struct loop *loop;
    struct http_server *server;
    struct metrics *metrics;
    struct front_door_room *room;           /* shared */
    void (*on_accepted_all)(void *context); /* of a drain: nobody waits any more */
    void *context;

    bool has_accepted_all;

    /* Its own. */
    struct listener listener;
    size_t counted; /* of the room's count, this worker's */
    bool refuses_overflow;
    bool is_secured; /* clients speak TLS */
    bool is_shut;
    struct loop_timer timer; /* the last look at the listener's queue */
    bool has_looked_again;   /* at that queue, behind the last attempt to connect */
    uint64_t pauses_counted;
};

/* 0 or -errno. `takes_turns`: other workers accept from that socket, too. */
int front_door_open(struct front_door *door, int listening_descriptor, const struct config *config,
                    bool takes_turns) must_check;
void front_door_configure(struct front_door *door, const struct config *config);
/* A connection closed. */
void front_door_on_room(struct front_door *door);
/* In each turn: how often descriptors had run out, and who is there. */
void front_door_count(struct front_door *door);
/* Nobody new may come, and who waits is let in: first the one, then the other. on_accepted_all() may be called at once.
 */
void front_door_shut(struct front_door *door);
void front_door_accept_the_rest(struct front_door *door);
void front_door_close(struct front_door *door);

#endif
