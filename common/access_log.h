/* SPDX-License-Identifier: MIT */
/*
 * access_log - the lines of one request, in the form of the notes this project began with:
 *
 *     2024-04-20 07:59:04,572 - Received task1 Request!!
 *     2024-04-20 07:59:14,604 - Send task1 response
 *     INFO:     127.0.0.1:52673 - "GET /task1 HTTP/1.1" 200 OK
 *
 * or, with --log-format=json, one object each with the event received, send or done. The word after Received and Send
 * is the path without its first slash and without the query. All bytes from outside are escaped: one event is one line.
 */
#ifndef COMMON_ACCESS_LOG_H
#define COMMON_ACCESS_LOG_H

#include "common/log.h"
#include "common/str.h"

struct access_entry {
    struct str method;
    struct str target;   /* raw, as the client sent it */
    struct str protocol; /* "HTTP/1.1" */
    struct str client;   /* "127.0.0.1:52673" */
    int status;          /* of the send and done events */
    struct str members;  /* JSON only: members after "event" that the program adds, rendered, with a comma in front */
};

void access_log_received(struct log *log, const struct access_entry *entry);
void access_log_send(struct log *log, const struct access_entry *entry);
/* `account`: JSON only, members that tell where the time went, rendered, with a comma in front; may be empty. */
void access_log_done(struct log *log, const struct access_entry *entry, struct str account);
/* The done event's object alone, of a request that ended at `wall_us`, without a line break, for whoever shows it
 * elsewhere. */
void access_log_render_done(struct time_stamp *stamp, uint64_t wall_us, const struct access_entry *entry,
                            struct str account, struct buf *json);

#endif
