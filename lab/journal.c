/* SPDX-License-Identifier: MIT */
#include "lab/journal.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "lab/log_line.h"

enum { FIRST_CAPACITY = 16, RANKS = 4, RANK_REQUEST = 0, RANK_GATEWAY = 1, RANK_ANSWER = 2 };

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

static bool contains(struct str text, struct str wanted)
{
    return text.length > 0 && memmem(text.base, text.length, wanted.base, wanted.length) != NULL;
}

static uint64_t rank_of(enum journal_side side, struct str line)
{
    if (side == JOURNAL_GATEWAY) {
        return RANK_GATEWAY;
    }
    return contains(line, STR(" Send!!")) || contains(line, STR(" -----")) ? RANK_REQUEST : RANK_ANSWER;
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
        queue->last_order = read.day_us / CLOCK_US_PER_MS * RANKS + rank_of(side, line);
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
    uint64_t day = LOG_LINE_DAY_US / CLOCK_US_PER_MS * RANKS;
    uint64_t ahead = (b->order + day - a->order) % day;

    return ahead > 0 && ahead < day / 2;
}

/* The side whose first line comes next; JOURNAL_SIDE_COUNT: there is none. */
static enum journal_side next_side(const struct journal *journal)
{
    const struct journal_queue *sender = &journal->sides[JOURNAL_SENDER];
    const struct journal_queue *gateway = &journal->sides[JOURNAL_GATEWAY];

    if (sender->count == 0) {
        return gateway->count > 0 ? JOURNAL_GATEWAY : JOURNAL_SIDE_COUNT;
    }
    if (gateway->count == 0) {
        return JOURNAL_SENDER;
    }
    return is_before(&gateway->entries[gateway->first], &sender->entries[sender->first]) ? JOURNAL_GATEWAY
                                                                                         : JOURNAL_SENDER;
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
