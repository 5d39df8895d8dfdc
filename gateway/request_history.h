/* SPDX-License-Identifier: MIT */
/*
 * request_history - the records of the last requests, for whoever asks afterwards.
 *
 * Keeps the newest REQUEST_HISTORY_RECORDS, and of those only as many as fit into a number of bytes: the oldest go
 * first. A record is one JSON object, of which nothing is read here.
 *
 *     request_history_init(&history, 16 * 1024 * 1024);
 *     (void)request_history_add(&history, record);
 *     struct request_reader *reader = request_reader_new(&history, 10);       a JSON array of the last ten …
 *     count = request_reader_read(reader, buffer, capacity);                  … piece by piece
 *
 * A reader holds no more than the record it is at: those that go while it reads, it leaves out, and those that come it
 * does not see. What it has read in the end is a JSON array in any case.
 *
 * Memory: `limit_bytes` and some for each record; a reader one record. It must not outlive the history.
 * Threads: one.
 */
#ifndef GATEWAY_REQUEST_HISTORY_H
#define GATEWAY_REQUEST_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "common/compiler.h"
#include "common/str.h"

enum { REQUEST_HISTORY_RECORDS = 1000 };

struct request_record;
struct request_reader;

struct request_history {
    struct request_record *records[REQUEST_HISTORY_RECORDS]; /* the n-th ever added is at n modulo their number */
    uint64_t first;                                          /* the oldest that is kept */
    uint64_t end;                                            /* one behind the newest: how many were ever added */
    size_t bytes;
    size_t limit_bytes;
};

void request_history_init(struct request_history *history, size_t limit_bytes);
void request_history_clear(struct request_history *history);
/* Copies it. 0; -EMSGSIZE: longer than all that may be kept; -ENOMEM. */
int request_history_add(struct request_history *history, struct str record);

/* Of the newest `count`, oldest first. NULL: no memory. */
struct request_reader *request_reader_new(const struct request_history *history, uint64_t count) must_check;
void request_reader_free(struct request_reader *reader);
/* The next bytes of the array, at least one; 0 at its end. */
size_t request_reader_read(struct request_reader *reader, char *buffer, size_t capacity);

#endif
