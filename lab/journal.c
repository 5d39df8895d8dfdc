/* SPDX-License-Identifier: MIT */
#include "lab/journal.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "lab/log_line.h"

enum { FIRST_CAPACITY = 16 };

/* What comes first within a millisecond. */
enum rank { RANK_REQUEST, RANK_CALLED_BACK, RANK_GATEWAY, RANK_CALLED, RANK_ANSWER, RANK_COUNT };

void journal_init(struct journal *journal)
{
    *journal = (struct journal){ 0 };
}

void journal_entry_clear(struct journal_entry *entry)
{
    free(entry->text);
    *entry = (struct journal_entry){ 0 };
}

void journal_clear(struct journal *journal)
{
    for (size_t side = 0; side < JOURNAL_SIDE_COUNT; side++) {
        struct journal_queue *queue = &journal->sides[side];
        for (size_t i = 0; i < queue->count; i++) {
            journal_entry_clear(&queue->entries[queue->first + i]);
        }
        free(queue->entries);
    }
    journal_init(journal);
}

static enum rank rank_of(enum journal_side side, enum log_line_event event)
{
    switch (side) {
    case JOURNAL_GATEWAY:
        return RANK_GATEWAY;
    case JOURNAL_BACKEND:
        return event == LOG_LINE_RECEIVED ? RANK_CALLED : RANK_CALLED_BACK;
    case JOURNAL_SENDER:
    case JOURNAL_SIDE_COUNT:
        break;
    }
    return event == LOG_LINE_BEGUN || event == LOG_LINE_SENT ? RANK_REQUEST : RANK_ANSWER;
}

/* Room for one more at the end of the queue. */
static int make_room(struct journal_queue *queue)
{
    if (queue->first > 0) {
        memmove(queue->entries, queue->entries + queue->first, queue->count * sizeof *queue->entries);
        queue->first = 0;
    }
    if (queue->count < queue->capacity) {
        return 0;
    }
    if (queue->count >= JOURNAL_LINES) {
        return -ENOBUFS;
    }
    size_t capacity = queue->capacity > 0 ? queue->capacity * 2 : FIRST_CAPACITY;
    struct journal_entry *entries = realloc(queue->entries, capacity * sizeof *entries);
    if (entries == NULL) {
        return -ENOMEM;
    }
    queue->entries = entries;
    queue->capacity = capacity;
    return 0;
}

int journal_add(struct journal *journal, enum journal_side side, struct str line, uint64_t now_us)
{
    struct journal_queue *queue = &journal->sides[side];
    struct log_line read;
    int status = make_room(queue);
    if (status < 0) {
        return status;
    }
    char *text = strndup(line.base, line.length);
    if (text == NULL) {
        return -ENOMEM;
    }

    log_line_read(line, &read);
    if (read.has_stamp) {
        queue->last_order = read.day_us / CLOCK_US_PER_MS * RANK_COUNT + rank_of(side, read.event);
    }
    queue->entries[queue->first + queue->count++] = (struct journal_entry){
        .side = side,
        .order = queue->last_order,
        .due_us = now_us + JOURNAL_HOLD_US,
        .text = text,
        .length = strlen(text),
    };
    return 0;
}

/* Across midnight too: what is less than half a day ahead is later. */
static bool is_before(const struct journal_entry *a, const struct journal_entry *b)
{
    uint64_t day = LOG_LINE_DAY_US / CLOCK_US_PER_MS * RANK_COUNT;
    uint64_t ahead = (b->order + day - a->order) % day;

    return ahead > 0 && ahead < day / 2;
}

static const struct journal_entry *first_of(const struct journal_queue *queue)
{
    return queue->count > 0 ? &queue->entries[queue->first] : NULL;
}

/* The side whose first line comes next; JOURNAL_SIDE_COUNT: there is none. */
static enum journal_side next_side(const struct journal *journal)
{
    enum journal_side next = JOURNAL_SIDE_COUNT;
    const struct journal_entry *earliest = NULL;

    for (unsigned side = 0; side < JOURNAL_SIDE_COUNT; side++) {
        const struct journal_entry *entry = first_of(&journal->sides[side]);
        if (entry != NULL && (earliest == NULL || is_before(entry, earliest))) {
            next = (enum journal_side)side;
            earliest = entry;
        }
    }
    return next;
}

uint64_t journal_due_us(const struct journal *journal)
{
    enum journal_side side = next_side(journal);

    if (side == JOURNAL_SIDE_COUNT) {
        return CLOCK_NEVER_US;
    }
    return journal->sides[side].entries[journal->sides[side].first].due_us;
}

bool journal_take(struct journal *journal, uint64_t now_us, struct journal_entry *ret_entry)
{
    enum journal_side side = next_side(journal);

    if (side == JOURNAL_SIDE_COUNT || journal_due_us(journal) > now_us) {
        return false;
    }
    struct journal_queue *queue = &journal->sides[side];
    *ret_entry = queue->entries[queue->first];
    queue->first++;
    queue->count--;
    return true;
}
