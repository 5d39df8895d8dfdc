/* SPDX-License-Identifier: MIT */
/*
 * record_batch - packed records that go from a worker to the admin thread together, and are kept there together.
 *
 * Threads: one at a time: with admin_publish() it is the admin thread's, where each record that is kept holds it.
 * Memory: counted by its holders; whoever makes it is the first.
 */
#ifndef GATEWAY_RECORD_BATCH_H
#define GATEWAY_RECORD_BATCH_H

#include <stddef.h>

#include "common/compiler.h"
#include "common/loop.h"
#include "gateway/record.h"

struct admin;

struct record_batch {
    struct loop_task task; /* both are admin's to fill in */
    struct admin *admin;
    size_t holders;
    size_t record_count;
    size_t length;
    _Alignas(max_align_t) char bytes[]; /* the records, one behind the other */
};

/* Copies the records. NULL: no memory. */
struct record_batch *record_batch_new(struct str records, size_t record_count) must_check;
struct str record_batch_view(const struct record_batch *batch);
/* What it takes of memory. */
size_t record_batch_bytes(const struct record_batch *batch);

struct record_batch *record_batch_hold(struct record_batch *batch);
/* NULL is fine. */
void record_batch_release(struct record_batch *batch);

#endif
