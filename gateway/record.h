/* SPDX-License-Identifier: MIT */
/*
 * record - a finished request as it is told: the log's `done` event, /requests, /events, `_explain`.
 *
 * It has three forms. As a struct it only looks at what others own. Packed, it is a run of bytes that holds all of it,
 * so that a worker can hand it on for little, and nobody has to render what nobody asks for. As JSON it is what people
 * and programs read; both of the others give the same bytes.
 *
 *     size_t bytes = record_packed_bytes(&record);
 *     record_pack(&record, bytes, room);                                     one behind the other, in any buffer
 *     while (rest.length > 0) { struct str packed = record_cut(&rest); … }   elsewhere, later
 *     result = record_render_packed(packed, &stamp, &json);
 *
 * Packed, it is for the same process alone: structs as the compiler lays them out, and the texts behind them.
 */
#ifndef GATEWAY_RECORD_H
#define GATEWAY_RECORD_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/time_stamp.h"
#include "gateway/account.h"

struct record {
    uint64_t finished_wall_us;
    struct str request_id;
    struct str route; /* its path template; "" for none that matched */
    struct str method;
    struct str target; /* raw, as the client sent it */
    struct str client;
    unsigned worker;
    int mode; /* enum mode */
    int status;
    enum call_error refused_for; /* why it made no calls; CALL_OK: it did, or that has no such name */
    struct account account;
};

/* Members that name the request, with a comma in front: all of its log lines have them. */
void record_add_members(const struct record *record, struct buf *json);
/* The object, without a line break. 0 or -ENOBUFS. */
int record_render_json(const struct record *record, struct time_stamp *stamp, struct buf *json);

/* How much room record_pack() takes: a multiple of eight. */
size_t record_packed_bytes(const struct record *record);
/* `bytes`: what record_packed_bytes() said; all of `room` up to there is written. */
void record_pack(const struct record *record, size_t bytes, char *room);
/* Cuts the first packed record off the front of *rest, which has one. */
struct str record_cut(struct str *rest);
/* The record looks at `packed` and at memory of the arena. 0 or -ENOMEM. */
int record_unpack(struct str packed, struct arena *arena, struct record *ret_record) must_check;
/* As record_render_json(). 0, -ENOBUFS or -ENOMEM. */
int record_render_packed(struct str packed, struct time_stamp *stamp, struct buf *json) must_check;

#endif
