/* SPDX-License-Identifier: MIT */
#include "gateway/account_feed.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "gateway/admin.h"
#include "gateway/metrics.h"

enum { BATCH_BYTES = 256 * 1024, INTERVAL_US = 10 * CLOCK_US_PER_MS };

static struct account_batch *batch_new(void)
{
    struct account_batch *batch = calloc(1, sizeof *batch);

    if (batch != NULL) {
        buf_init(&batch->records, BATCH_BYTES);
    }
    return batch;
}

void account_batch_free(struct account_batch *batch)
{
    if (batch != NULL) {
        buf_clear(&batch->records);
        free(batch);
    }
}

void account_feed_init(struct account_feed *feed, struct admin *admin, struct metrics *metrics)
{
    *feed = (struct account_feed){ .admin = admin, .metrics = metrics };
}

void account_feed_clear(struct account_feed *feed)
{
    account_batch_free(take_pointer(feed->batch));
}

void account_feed_flush(struct account_feed *feed)
{
    struct account_batch *batch = take_pointer(feed->batch);

    if (batch == NULL) {
        return;
    }
    size_t record_count = batch->record_count;
    if (admin_publish(feed->admin, batch) < 0) {
        metrics_add(feed->metrics, METRICS_RECORDS_DROPPED, record_count);
    }
}

/* All of it or nothing. A line break in a record would make two of it. */
static int add_record(struct account_feed *feed, struct str record)
{
    if (record.length + 1 > BATCH_BYTES || str_find(record, '\n') < record.length) {
        return -EMSGSIZE;
    }
    if (feed->batch != NULL && record.length + 1 > BATCH_BYTES - feed->batch->records.length) {
        account_feed_flush(feed);
    }
    if (feed->batch == NULL) {
        feed->batch = batch_new();
    }
    char *room = feed->batch != NULL ? buf_reserve(&feed->batch->records, record.length + 1) : NULL;
    if (room == NULL) {
        return -ENOMEM;
    }
    memcpy(room, record.base, record.length);
    room[record.length] = '\n';
    feed->batch->records.length += record.length + 1;
    feed->batch->record_count++;
    return 0;
}

void account_feed_add(struct account_feed *feed, struct str record)
{
    if (feed->admin != NULL && add_record(feed, record) < 0) {
        metrics_add(feed->metrics, METRICS_RECORDS_DROPPED, 1);
    }
}

uint64_t account_feed_hand_over(struct account_feed *feed, uint64_t now_us)
{
    if (feed->batch == NULL) {
        return CLOCK_NEVER_US;
    }
    uint64_t due_us = feed->handed_over_us + INTERVAL_US;
    if (now_us < due_us) {
        return due_us - now_us;
    }
    feed->handed_over_us = now_us;
    account_feed_flush(feed);
    return CLOCK_NEVER_US;
}
