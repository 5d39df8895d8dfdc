/* SPDX-License-Identifier: MIT */
/*
 * numbered_record - records that a test can tell apart: the request's id is a number.
 */
#ifndef TESTS_SUPPORT_NUMBERED_RECORD_H
#define TESTS_SUPPORT_NUMBERED_RECORD_H

#include <stdio.h>

#include "gateway/mode.h"
#include "gateway/record.h"

enum { NUMBER_BYTES = 16 };

/* `digits` must stay as long as the record. */
static inline struct record numbered_record(int number, char digits[static NUMBER_BYTES])
{
    (void)snprintf(digits, NUMBER_BYTES, "%d", number);
    return (struct record){
        .finished_wall_us = 1767322985123456,
        .request_id = str_of(digits),
        .route = STR("/a"),
        .method = STR("GET"),
        .target = STR("/a"),
        .client = STR("127.0.0.1:52673"),
        .mode = MODE_ASYNC,
        .status = 200,
    };
}

static inline void pack_numbered(int number, struct buf *records)
{
    char digits[NUMBER_BYTES];
    struct record record = numbered_record(number, digits);
    size_t bytes = record_packed_bytes(&record);
    char *room = buf_reserve(records, bytes);

    if (room != NULL) {
        record_pack(&record, bytes, room);
        records->length += bytes;
    }
}

static inline void render_numbered(int number, struct buf *json)
{
    char digits[NUMBER_BYTES];
    struct record record = numbered_record(number, digits);
    struct time_stamp stamp;

    time_stamp_init(&stamp);
    (void)record_render_json(&record, &stamp, json);
}

#endif
