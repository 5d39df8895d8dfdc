/* SPDX-License-Identifier: MIT */
/*
 * curl_group - one small multi handle of libcurl's inside a loop: the transfers to one server that run on it, and the
 * connections they leave behind.
 *
 * libcurl walks over all connections of a multi handle when it looks for one that is free; so there are many handles
 * with few transfers each, and curl_loop chooses among them. Their sockets are the loop's watches, their timeouts its
 * timers.
 *
 * Sockets are registered once, when they open, and stay registered while the connection is kept; only the wish to write
 * changes the mask. So an event on a connection that no transfer uses is seen at once: whatever a backend says unasked,
 * or its goodbye, ends the connection before a next request can be put on it.
 *
 * Memory: transfers are reused from a free list, and freed with the group.   Threads: the loop's.
 */
#ifndef GATEWAY_CURL_GROUP_H
#define GATEWAY_CURL_GROUP_H

#include "common/loop.h"
#include "gateway/attempt.h"
#include "gateway/transfer.h"

struct curl_group;

/* What the groups of a loop have in common. */
struct curl_groups {
    struct loop *loop;
    void *share;              /* CURLSH *: names that were resolved */
    size_t transfers_at_most; /* under way, in one group */
    size_t kept_at_most;      /* connections without a transfer, in all groups together */
    size_t socket_count;      /* of all groups */
    size_t under_way_count;
    /* After libcurl was at work for a group: how much is under way and how much is kept may have changed.
     * May free the group, if nothing is under way in it. */
    void (*on_settled)(struct curl_group *group);
};

struct curl_group {
    struct curl_groups *groups;
    void *multi;             /* CURLM * */
    struct loop_timer timer; /* what libcurl waits for besides sockets */
    struct transfer_cache cache;
    struct transfer *free_transfers;
    size_t under_way_count;
    bool is_thrifty; /* as told to libcurl */

    /* Its owner's. */
    void *owner;
    size_t index;
    uint64_t idle_since_us;
    struct curl_group *previous_idle, *next_idle;
    bool is_idle;
};

/* `answer_bytes`: see transfer_request_new(). NULL: no memory. */
struct curl_group *curl_group_new(struct curl_groups *groups, void *owner, size_t index,
                                  size_t *answer_bytes) must_check;
/* No transfer may be under way. */
void curl_group_free(struct curl_group *group);

/* Begins, if there is room; the attempt is completed when it is over. */
void curl_group_start(struct curl_group *group, struct attempt *attempt);
/* The group that an attempt runs in. */
struct curl_group *curl_group_of(const struct attempt *attempt);
/* Ends it now: its connection is closed, and the attempt is completed with `error`. */
void curl_group_cancel(struct curl_group *group, struct attempt *attempt, enum call_error error);

/* Connections of all groups without a transfer. */
size_t curl_groups_kept_count(const struct curl_groups *groups);
bool curl_group_has_room(const struct curl_group *group);
/* Connections without a transfer; some may turn out to be dead. */
size_t curl_group_kept_count(const struct curl_group *group);

#endif
