/* SPDX-License-Identifier: MIT */
#include "gateway/request_history.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { RENDERED_BYTES_AT_MOST = 1024 * 1024 };

enum reader_step { READER_BETWEEN, READER_AT_RECORD, READER_AT_END };

struct request_reader {
    const struct request_history *history;
    uint64_t next;
    uint64_t end;
    struct time_stamp stamp;
    struct buf rendered; /* the record it is at */
    struct str piece;    /* what is left of what is being read */
    enum reader_step step;
    bool has_begun;
};

/* ---- keeping ---- */

static void drop_oldest(struct request_history *history)
{
    struct kept_record *oldest = &history->records[history->first % REQUEST_HISTORY_RECORDS];

    history->bytes -= oldest->packed.length;
    history->first++;
    record_batch_release(take_pointer(oldest->batch));
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

int request_history_add(struct request_history *history, struct record_batch *batch, struct str packed)
{
    if (packed.length > history->limit_bytes) {
        return -EMSGSIZE;
    }
    while (history->end - history->first == REQUEST_HISTORY_RECORDS ||
           history->bytes + packed.length > history->limit_bytes) {
        drop_oldest(history);
    }
    history->records[history->end % REQUEST_HISTORY_RECORDS] =
        (struct kept_record){ .batch = record_batch_hold(batch), .packed = packed };
    history->bytes += packed.length;
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
    time_stamp_init(&reader->stamp);
    buf_init(&reader->rendered, RENDERED_BYTES_AT_MOST);
    reader->end = history->end;
    reader->next = count < history->end - history->first ? history->end - count : history->first;
    return reader;
}

void request_reader_free(struct request_reader *reader)
{
    if (reader != NULL) {
        buf_clear(&reader->rendered);
        free(reader);
    }
}

/* To the next record that has not gone. One that cannot be rendered (no memory) is left out. */
static bool advance(struct request_reader *reader)
{
    const struct request_history *history = reader->history;

    if (reader->next < history->first) {
        reader->next = history->first;
    }
    while (reader->next < reader->end) {
        struct str packed = history->records[reader->next % REQUEST_HISTORY_RECORDS].packed;
        reader->next++;
        buf_reset(&reader->rendered);
        if (record_render_packed(packed, &reader->stamp, &reader->rendered) == 0) {
            return true;
        }
    }
    return false;
}

static bool next_piece(struct request_reader *reader)
{
    if (reader->step == READER_AT_END) {
        return false;
    }
    if (reader->step == READER_AT_RECORD) {
        reader->piece = buf_view(&reader->rendered);
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
