/* SPDX-License-Identifier: MIT */
/*
 * account_feed - finished requests' accounts on their way from a worker to the admin thread.
 *
 * A worker adds each record (one JSON object, as the log's `done` event) and hands over what it has once per turn, and
 * before every blocking call; not more often than every 10 ms while there is much, at once while there is little. What
 * the admin thread has not taken yet is bounded: beyond it records are dropped and counted, workers never wait.
 *
 *     account_feed_add(&feed, record);
 *     uint64_t wait_us = account_feed_hand_over(&feed, now_us);     as a loop's hook would return it
 *
 * Threads: the worker's; a batch goes over by loop_post().   Memory: a batch of 256 KiB; what is on its way is bounded
 * by admin_publish(). A longer record is dropped, too.
 */
#ifndef GATEWAY_ACCOUNT_FEED_H
#define GATEWAY_ACCOUNT_FEED_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/loop.h"
#include "common/str.h"

struct admin;
struct metrics;

/* On its way: from account_feed to admin_publish(), which passes it to the admin thread. */
struct account_batch {
    struct loop_task task; /* both are admin's to fill in */
    struct admin *admin;
    struct buf records; /* each with a line break behind it */
    size_t record_count;
};

/* NULL is fine. */
void account_batch_free(struct account_batch *batch);

struct account_feed {
    struct admin *admin;         /* NULL: nobody listens, nothing is kept */
    struct metrics *metrics;     /* where dropped records are counted */
    struct account_batch *batch; /* NULL: empty */
    uint64_t handed_over_us;
};

void account_feed_init(struct account_feed *feed, struct admin *admin, struct metrics *metrics);
void account_feed_clear(struct account_feed *feed);
/* `record`: one JSON object without a line break. */
void account_feed_add(struct account_feed *feed, struct str record);
/* The longest the loop may wait before it calls again; CLOCK_NEVER_US: any. */
uint64_t account_feed_hand_over(struct account_feed *feed, uint64_t now_us);
/* Whatever the time since the last one: before a blocking call. */
void account_feed_flush(struct account_feed *feed);

#endif
