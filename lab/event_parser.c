/* SPDX-License-Identifier: MIT */
#include "lab/event_parser.h"

enum { FIELD_BYTES = 16 }; /* for "data: " in front of what may be as long as the limit */

static const struct str byte_order_mark = STR_STATIC("\xEF\xBB\xBF");

void event_parser_init(struct event_parser *parser, size_t data_limit)
{
    *parser = (struct event_parser){ .is_begun = false };
    buf_init(&parser->line, data_limit + FIELD_BYTES);
    buf_init(&parser->name, EVENT_PARSER_NAME_BYTES);
    buf_init(&parser->data, data_limit + 1);
}

void event_parser_clear(struct event_parser *parser)
{
    buf_clear(&parser->line);
    buf_clear(&parser->name);
    buf_clear(&parser->data);
}

static void keep(struct event_parser *parser, struct buf *buf, struct str bytes)
{
    if (bytes.length > 0 && buf_add_str(buf, bytes) < 0) {
        parser->is_too_large = true;
    }
}

/* The event that an empty line ends. */
static void end_event(struct event_parser *parser, event_parser_event_fn *on_event, void *context)
{
    struct str data = buf_view(&parser->data);
    struct str name = parser->name.length > 0 ? buf_view(&parser->name) : STR("message");

    if (parser->is_too_large) {
        parser->dropped_count++;
    } else if (data.length > 0) {
        data.length--; /* the last line feed */
        on_event(context, name, data);
    }
    buf_reset(&parser->name);
    buf_reset(&parser->data);
    parser->is_too_large = false;
}

static void take_field(struct event_parser *parser, struct str line)
{
    struct str value = line;
    struct str field = str_split(&value, ':');

    if (value.length > 0 && value.base[0] == ' ') {
        value = str_from(value, 1);
    }
    if (str_equal(field, STR("data"))) {
        keep(parser, &parser->data, value);
        keep(parser, &parser->data, STR("\n"));
    } else if (str_equal(field, STR("event"))) {
        buf_reset(&parser->name);
        keep(parser, &parser->name, value);
    }
}

static void end_line(struct event_parser *parser, event_parser_event_fn *on_event, void *context)
{
    struct str line = buf_view(&parser->line);

    if (!parser->is_begun && str_starts_with(line, byte_order_mark)) {
        line = str_from(line, byte_order_mark.length);
    }
    parser->is_begun = true;
    if (parser->is_line_cut) { /* what is there of it is not what it said */
        parser->is_too_large = true;
    } else if (line.length == 0) {
        end_event(parser, on_event, context);
    } else {
        take_field(parser, line);
    }
    buf_reset(&parser->line);
    parser->is_line_cut = false;
}

/* How many bytes lie before the next end of a line. */
static size_t line_length(struct str bytes)
{
    struct str line = { bytes.base, str_find(bytes, '\n') };

    return str_find(line, '\r');
}

void event_parser_feed(struct event_parser *parser, struct str bytes, event_parser_event_fn *on_event, void *context)
{
    while (bytes.length > 0) {
        if (parser->was_return && bytes.base[0] == '\n') {
            bytes = str_from(bytes, 1);
        }
        parser->was_return = false;
        size_t length = line_length(bytes);
        if (length > 0 && buf_add_str(&parser->line, (struct str){ bytes.base, length }) < 0) {
            parser->is_line_cut = true;
        }
        if (length == bytes.length) {
            return;
        }
        parser->was_return = bytes.base[length] == '\r';
        bytes = str_from(bytes, length + 1);
        end_line(parser, on_event, context);
    }
}
