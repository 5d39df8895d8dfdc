/* SPDX-License-Identifier: MIT */
/*
 * request_history - the records of the last requests, for whoever asks afterwards.
 *
 * Keeps the newest REQUEST_HISTORY_RECORDS, packed, and of those only as many as fit into a number of bytes: the oldest
 * go first. They are rendered when they are read.
 *
 *     request_history_init(&history, 16 * 1024 * 1024);
 *     (void)request_history_add(&history, batch, packed);
 *     struct request_reader *reader = request_reader_new(&history, 10);       a JSON array of the last ten …
 *     count = request_reader_read(reader, buffer, capacity);                  … piece by piece
 *
 * A reader has no more than the record it is at: those that go while it reads, it leaves out, and those that come it
 * does not see. What it has read in the end is a JSON array in any case.
 *
 * Memory: `limit_bytes`; a batch goes with the last of its records, so that there may be the rest of one more, and what
 * batches have room for. A reader has one record as JSON. It must not outlive the history.
 * Threads: one.
 */
#ifndef GATEWAY_REQUEST_HISTORY_H
#define GATEWAY_REQUEST_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "common/compiler.h"
#include "common/str.h"
#include "gateway/record_batch.h"

enum { REQUEST_HISTORY_RECORDS = 1000 };

struct request_reader;

struct kept_record {
    struct record_batch *batch; /* held */
    struct str packed;
};

struct request_history {
    struct kept_record records[REQUEST_HISTORY_RECORDS]; /* the n-th ever added is at n modulo their number */
    uint64_t first;                                      /* the oldest that is kept */
    uint64_t end;                                        /* one behind the newest: how many were ever added */
    size_t bytes;
    size_t limit_bytes;
};

void request_history_init(struct request_history *history, size_t limit_bytes);
void request_history_clear(struct request_history *history);
/* `packed` is one of the batch's. 0; -EMSGSIZE: longer than all that may be kept. */
int request_history_add(struct request_history *history, struct record_batch *batch, struct str packed);

/* Of the newest `count`, oldest first. NULL: no memory. */
struct request_reader *request_reader_new(const struct request_history *history, uint64_t count) must_check;
void request_reader_free(struct request_reader *reader);
/* The next bytes of the array, at least one; 0 at its end. */
size_t request_reader_read(struct request_reader *reader, char *buffer, size_t capacity);

#endif
