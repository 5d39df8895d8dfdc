/* SPDX-License-Identifier: MIT */
#include "gateway/request_history.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct request_record {
    size_t holders; /* the history, and readers that are at it */
    size_t length;
    char bytes[];
};

enum reader_step { READER_BETWEEN, READER_AT_RECORD, READER_AT_END };

struct request_reader {
    const struct request_history *history;
    uint64_t next;
    uint64_t end;
    struct request_record *current; /* held while it is read; NULL: none */
    struct str piece;               /* what is left of what is being read */
    enum reader_step step;
    bool has_begun;
};

/* ---- keeping ---- */

static void record_release(struct request_record *record)
{
    if (record != NULL && --record->holders == 0) {
        free(record);
    }
}

static struct request_record **slot_of(struct request_history *history, uint64_t number)
{
    return &history->records[number % REQUEST_HISTORY_RECORDS];
}

static void drop_oldest(struct request_history *history)
{
    struct request_record *oldest = take_pointer(*slot_of(history, history->first));

    history->bytes -= oldest->length;
    history->first++;
    record_release(oldest);
}

void request_history_init(struct request_history *history, size_t limit_bytes)
{
    *history = (struct request_history){ .limit_bytes = limit_bytes };
}

void request_history_clear(struct request_history *history)
{
    while (history->first < history->end) {
        drop_oldest(history);
    }
}

int request_history_add(struct request_history *history, struct str record)
{
    if (record.length > history->limit_bytes) {
        return -EMSGSIZE;
    }
    struct request_record *added = malloc(sizeof *added + record.length);
    if (added == NULL) {
        return -ENOMEM;
    }
    added->holders = 1;
    added->length = record.length;
    memcpy(added->bytes, record.base, record.length);
    while (history->end - history->first == REQUEST_HISTORY_RECORDS ||
           history->bytes + record.length > history->limit_bytes) {
        drop_oldest(history);
    }
    *slot_of(history, history->end) = added;
    history->bytes += record.length;
    history->end++;
    return 0;
}

/* ---- reading ---- */

struct request_reader *request_reader_new(const struct request_history *history, uint64_t count)
{
    struct request_reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL) {
        return NULL;
    }
    reader->history = history;
    reader->end = history->end;
    reader->next = count < history->end - history->first ? history->end - count : history->first;
    return reader;
}

void request_reader_free(struct request_reader *reader)
{
    if (reader != NULL) {
        record_release(reader->current);
        free(reader);
    }
}

/* To the next record that has not gone. */
static bool advance(struct request_reader *reader)
{
    const struct request_history *history = reader->history;

    record_release(take_pointer(reader->current));
    if (reader->next < history->first) {
        reader->next = history->first;
    }
    if (reader->next >= reader->end) {
        return false;
    }
    reader->current = history->records[reader->next % REQUEST_HISTORY_RECORDS];
    reader->current->holders++;
    reader->next++;
    return true;
}

static bool next_piece(struct request_reader *reader)
{
    if (reader->step == READER_AT_END) {
        return false;
    }
    if (reader->step == READER_AT_RECORD) {
        reader->piece = (struct str){ reader->current->bytes, reader->current->length };
        reader->step = READER_BETWEEN;
    } else if (advance(reader)) {
        reader->piece = reader->has_begun ? STR(",\n") : STR("[");
        reader->step = READER_AT_RECORD;
    } else {
        reader->piece = reader->has_begun ? STR("]\n") : STR("[]\n");
        reader->step = READER_AT_END;
    }
    reader->has_begun = true;
    return true;
}

size_t request_reader_read(struct request_reader *reader, char *buffer, size_t capacity)
{
    size_t count = 0;

    while (count < capacity && (reader->piece.length > 0 || next_piece(reader))) {
        size_t left = capacity - count;
        size_t length = reader->piece.length < left ? reader->piece.length : left;
        memcpy(buffer + count, reader->piece.base, length);
        reader->piece = str_from(reader->piece, length);
        count += length;
    }
    return count;
}
