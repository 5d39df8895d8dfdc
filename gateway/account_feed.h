/* SPDX-License-Identifier: MIT */
/*
 * account_feed - finished requests' records on their way from a worker to the admin thread.
 *
 * A worker adds each record, packed, and hands over what it has once per turn, and before every blocking call: at once
 * while there is little, not more often than every 10 ms while there is more, and every 100 ms while there is much and
 * nobody looks at /events. What the admin thread has not taken yet is bounded: beyond it records are dropped and
 * counted, workers never wait.
 *
 *     account_feed_add(&feed, &record);
 *     uint64_t wait_us = account_feed_hand_over(&feed, now_us);     as a loop's hook would return it
 *
 * Threads: the worker's; a batch goes over by loop_post().   Memory: 256 KiB, of which what is handed over is copied;
 * what is on its way is bounded by admin_publish(). A longer record is dropped, too.
 */
#ifndef GATEWAY_ACCOUNT_FEED_H
#define GATEWAY_ACCOUNT_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "gateway/record.h"

struct admin;
struct metrics;

struct account_feed {
    struct admin *admin;     /* NULL: nobody listens, nothing is kept */
    struct metrics *metrics; /* where dropped records are counted */
    struct buf records;      /* packed; it keeps its memory */
    size_t record_count;
    uint64_t handed_over_us;
};

void account_feed_init(struct account_feed *feed, struct admin *admin, struct metrics *metrics);
void account_feed_clear(struct account_feed *feed);
void account_feed_add(struct account_feed *feed, const struct record *record);
/* The longest the loop may wait before it calls again; CLOCK_NEVER_US: any. */
uint64_t account_feed_hand_over(struct account_feed *feed, uint64_t now_us);
/* Whatever the time since the last one: before a blocking call. */
void account_feed_flush(struct account_feed *feed);

#endif
