/* SPDX-License-Identifier: MIT */
#include "gateway/record_batch.h"

#include <errno.h>
#include <stdlib.h>

struct record_batch *record_batch_new(size_t expected_bytes, size_t limit_bytes)
{
    struct record_batch *batch = calloc(1, sizeof *batch);

    if (batch == NULL) {
        return NULL;
    }
    batch->holders = 1;
    buf_init(&batch->records, limit_bytes);
    if (buf_reserve(&batch->records, expected_bytes < limit_bytes ? expected_bytes : limit_bytes) == NULL) {
        record_batch_release(batch);
        return NULL;
    }
    return batch;
}

int record_batch_add(struct record_batch *batch, const struct record *record, size_t bytes)
{
    if (bytes > batch->records.limit - batch->records.length) {
        return -ENOBUFS;
    }
    char *room = buf_reserve(&batch->records, bytes);
    if (room == NULL) {
        return -ENOMEM;
    }
    record_pack(record, bytes, room);
    batch->records.length += bytes;
    batch->record_count++;
    return 0;
}

size_t record_batch_bytes(const struct record_batch *batch)
{
    return sizeof *batch + batch->records.capacity;
}

struct record_batch *record_batch_hold(struct record_batch *batch)
{
    batch->holders++;
    return batch;
}

void record_batch_release(struct record_batch *batch)
{
    if (batch != NULL && --batch->holders == 0) {
        buf_clear(&batch->records);
        free(batch);
    }
}
