/* SPDX-License-Identifier: MIT */
/*
 * event_parser - server-sent events out of the bytes of a stream, in whatever pieces they come. Pure.
 *
 * Lines end with CR, LF or both; comments, ids and retry times are passed over; several data lines are one text with
 * line feeds between them. An event that is larger than the limit is left out and counted.
 *
 * Memory: the limit for a line, and the limit for an event's data.   Source: WHATWG HTML §9.2.6.
 */
#ifndef LAB_EVENT_PARSER_H
#define LAB_EVENT_PARSER_H

#include <stdbool.h>

#include "common/buf.h"

enum { EVENT_PARSER_NAME_BYTES = 64 };

struct event_parser {
    struct buf line;
    struct buf name;   /* empty: "message" */
    struct buf data;   /* each of its lines with a line feed behind it */
    bool is_begun;     /* the first line has been read: a byte order mark may stand in front of that */
    bool was_return;   /* the last byte was a CR: a line feed behind it belongs to it */
    bool is_line_cut;  /* the line is longer than any that counts */
    bool is_too_large; /* so is the event */
    uint64_t dropped_count;
};

/* Views are valid during the call. */
typedef void event_parser_event_fn(void *context, struct str name, struct str data);

void event_parser_init(struct event_parser *parser, size_t data_limit);
void event_parser_clear(struct event_parser *parser);
void event_parser_feed(struct event_parser *parser, struct str bytes, event_parser_event_fn *on_event, void *context);

#endif
