/* SPDX-License-Identifier: MIT */
/*
 * journal - brings the log lines of sender, gateway and backend into the order in which things happened. Pure.
 *
 * They write at the same time and their lines reach us through different doors, so a line is held for a moment before
 * it is shown: one with an earlier stamp may still be on its way. Lines without a stamp stay behind the one before
 * them. Within a millisecond, the sender's requests come first, then the backend's answers, the gateway, what the
 * backend received, and the sender's answers. The lines of one side are never reordered.
 *
 *     journal_add(&journal, JOURNAL_GATEWAY, line, clock_monotonic_us());
 *     while (journal_take(&journal, clock_monotonic_us(), &entry)) { …; journal_entry_clear(&entry); }
 *
 * Memory: lines are copied; a journal holds at most JOURNAL_LINES of each side.
 */
#ifndef LAB_JOURNAL_H
#define LAB_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/compiler.h"
#include "common/str.h"

enum journal_side { JOURNAL_SENDER, JOURNAL_GATEWAY, JOURNAL_BACKEND, JOURNAL_SIDE_COUNT };

enum { JOURNAL_LINES = 4096, JOURNAL_HOLD_US = 30 * 1000 };

struct journal_entry {
    enum journal_side side;
    uint64_t order;  /* stamp and rank; see above */
    uint64_t due_us; /* when it has been held long enough, monotonic clock */
    char *text;
    size_t length;
};

struct journal_queue {
    struct journal_entry *entries;
    size_t first, count, capacity;
    uint64_t last_order;
};

struct journal {
    struct journal_queue sides[JOURNAL_SIDE_COUNT];
};

void journal_init(struct journal *journal);
void journal_clear(struct journal *journal);

/* 0, or -ENOMEM (the line is lost), or -ENOBUFS (that side has JOURNAL_LINES waiting: take some). */
int journal_add(struct journal *journal, enum journal_side side, struct str line, uint64_t now_us);
/* The next line that is to be shown by `now_us` (CLOCK_NEVER_US: held or not); the caller clears the entry. */
bool journal_take(struct journal *journal, uint64_t now_us, struct journal_entry *ret_entry);
/* When journal_take() will have something; CLOCK_NEVER_US: nothing waits. */
uint64_t journal_due_us(const struct journal *journal);
void journal_entry_clear(struct journal_entry *entry);

#endif
