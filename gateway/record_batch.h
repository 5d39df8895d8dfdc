/* SPDX-License-Identifier: MIT */
/*
 * record_batch - packed records that go from a worker to the admin thread together, and are kept there together.
 *
 * The worker fills it; with admin_publish() it is the admin thread's, where each record that is kept holds it.
 *
 * Threads: one at a time.   Memory: counted by its holders; whoever makes it is the first.
 */
#ifndef GATEWAY_RECORD_BATCH_H
#define GATEWAY_RECORD_BATCH_H

#include <stddef.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "common/loop.h"
#include "gateway/record.h"

struct admin;

struct record_batch {
    struct loop_task task; /* both are admin's to fill in */
    struct admin *admin;
    size_t holders;
    size_t record_count;
    struct buf records; /* packed, one behind the other */
};

/* With room for `expected_bytes`; never more than `limit_bytes`. NULL: no memory. */
struct record_batch *record_batch_new(size_t expected_bytes, size_t limit_bytes) must_check;
/* `bytes`: record_packed_bytes(). 0, -ENOBUFS or -ENOMEM. */
int record_batch_add(struct record_batch *batch, const struct record *record, size_t bytes) must_check;
/* What it takes of memory. */
size_t record_batch_bytes(const struct record_batch *batch);

struct record_batch *record_batch_hold(struct record_batch *batch);
/* NULL is fine. */
void record_batch_release(struct record_batch *batch);

#endif
