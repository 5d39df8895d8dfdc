/* SPDX-License-Identifier: MIT */
#include "gateway/record_batch.h"

#include <stdlib.h>
#include <string.h>

struct record_batch *record_batch_new(struct str records, size_t record_count)
{
    struct record_batch *batch = malloc(sizeof *batch + records.length);

    if (batch != NULL) {
        *batch = (struct record_batch){ .holders = 1, .record_count = record_count, .length = records.length };
        memcpy(batch->bytes, records.base, records.length);
    }
    return batch;
}

struct str record_batch_view(const struct record_batch *batch)
{
    return (struct str){ batch->bytes, batch->length };
}

size_t record_batch_bytes(const struct record_batch *batch)
{
    return sizeof *batch + batch->length;
}

struct record_batch *record_batch_hold(struct record_batch *batch)
{
    batch->holders++;
    return batch;
}

void record_batch_release(struct record_batch *batch)
{
    if (batch != NULL && --batch->holders == 0) {
        free(batch);
    }
}
