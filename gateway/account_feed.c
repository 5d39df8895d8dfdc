/* SPDX-License-Identifier: MIT */
#include "gateway/account_feed.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "gateway/admin.h"
#include "gateway/metrics.h"

enum {
    BATCH_BYTES = 256 * 1024,
    LEAST_BATCH_BYTES = 512,
    INTERVAL_US = 10 * CLOCK_US_PER_MS,
    LONG_INTERVAL_US = 100 * CLOCK_US_PER_MS,
    MUCH = 64, /* records: so many in 10 ms are thousands a second, and nobody can tell when one of them is shown */
};

void account_feed_init(struct account_feed *feed, struct admin *admin, struct metrics *metrics)
{
    *feed = (struct account_feed){ .admin = admin, .metrics = metrics };
}

void account_feed_clear(struct account_feed *feed)
{
    record_batch_release(take_pointer(feed->batch));
}

void account_feed_flush(struct account_feed *feed)
{
    struct record_batch *batch = take_pointer(feed->batch);

    if (batch == NULL) {
        return;
    }
    size_t record_count = batch->record_count;
    feed->expected_bytes = batch->records.length;
    if (admin_publish(feed->admin, batch) < 0) {
        metrics_add(feed->metrics, METRICS_RECORDS_DROPPED, record_count);
    }
}

static int add_to_new_batch(struct account_feed *feed, const struct record *record, size_t bytes)
{
    size_t expected_bytes = feed->expected_bytes > LEAST_BATCH_BYTES ? feed->expected_bytes : LEAST_BATCH_BYTES;

    feed->batch = record_batch_new(expected_bytes > bytes ? expected_bytes : bytes, BATCH_BYTES);
    return feed->batch != NULL ? record_batch_add(feed->batch, record, bytes) : -ENOMEM;
}

static int add_record(struct account_feed *feed, const struct record *record)
{
    size_t bytes = record_packed_bytes(record);

    if (bytes > BATCH_BYTES) {
        return -EMSGSIZE;
    }
    int result = feed->batch != NULL ? record_batch_add(feed->batch, record, bytes) : -ENOBUFS;
    if (result == -ENOBUFS) {
        account_feed_flush(feed);
        result = add_to_new_batch(feed, record, bytes);
    }
    return result;
}

void account_feed_add(struct account_feed *feed, const struct record *record)
{
    if (feed->admin != NULL && add_record(feed, record) < 0) {
        metrics_add(feed->metrics, METRICS_RECORDS_DROPPED, 1);
    }
}

static uint64_t interval_us(const struct account_feed *feed)
{
    return feed->batch->record_count >= MUCH && !admin_is_watched(feed->admin) ? LONG_INTERVAL_US : INTERVAL_US;
}

uint64_t account_feed_hand_over(struct account_feed *feed, uint64_t now_us)
{
    if (feed->batch == NULL) {
        return CLOCK_NEVER_US;
    }
    uint64_t due_us = feed->handed_over_us + interval_us(feed);
    if (now_us < due_us) {
        return due_us - now_us;
    }
    feed->handed_over_us = now_us;
    account_feed_flush(feed);
    return CLOCK_NEVER_US;
}
