/* SPDX-License-Identifier: MIT */
#include "gateway/account_feed.h"

#include "common/clock.h"
#include "gateway/admin.h"
#include "gateway/metrics.h"
#include "gateway/record_batch.h"

enum {
    BATCH_BYTES = 256 * 1024,
    INTERVAL_US = 10 * CLOCK_US_PER_MS,
    LONG_INTERVAL_US = 100 * CLOCK_US_PER_MS,
    MUCH = 64, /* records: so many in 10 ms are thousands a second, and nobody can tell when one of them is shown */
};

void account_feed_init(struct account_feed *feed, struct admin *admin, struct metrics *metrics)
{
    *feed = (struct account_feed){ .admin = admin, .metrics = metrics };
    buf_init(&feed->records, BATCH_BYTES);
}

void account_feed_clear(struct account_feed *feed)
{
    buf_clear(&feed->records);
    feed->record_count = 0;
}

void account_feed_flush(struct account_feed *feed)
{
    if (feed->record_count == 0) {
        return;
    }
    struct record_batch *batch = record_batch_new(buf_view(&feed->records), feed->record_count);
    if (batch == NULL || admin_publish(feed->admin, batch) < 0) {
        metrics_add(feed->metrics, METRICS_RECORDS_DROPPED, feed->record_count);
    }
    buf_reset(&feed->records);
    feed->record_count = 0;
}

void account_feed_add(struct account_feed *feed, const struct record *record)
{
    if (feed->admin == NULL) {
        return;
    }
    size_t bytes = record_packed_bytes(record);
    if (bytes > BATCH_BYTES - feed->records.length) {
        account_feed_flush(feed);
    }
    char *room = buf_reserve(&feed->records, bytes);
    if (room == NULL) {
        metrics_add(feed->metrics, METRICS_RECORDS_DROPPED, 1);
        return;
    }
    record_pack(record, bytes, room);
    feed->records.length += bytes;
    feed->record_count++;
}

static uint64_t interval_us(const struct account_feed *feed)
{
    return feed->record_count >= MUCH && !admin_is_watched(feed->admin) ? LONG_INTERVAL_US : INTERVAL_US;
}

uint64_t account_feed_hand_over(struct account_feed *feed, uint64_t now_us)
{
    if (feed->record_count == 0) {
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
