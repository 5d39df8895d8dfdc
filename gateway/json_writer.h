/* SPDX-License-Identifier: MIT */
/*
 * json_writer - JSON for people to read: a member or an element on each line, lists on one. Pure.
 *
 *     struct json_writer writer;
 *     json_writer_init(&writer, &json);
 *     json_writer_open(&writer, JSON_WRITER_NO_NAME, '{');
 *     json_writer_add_string(&writer, STR("mode"), STR("async"));
 *     json_writer_close(&writer, '}');
 *
 * Each value has a name where it is a member of an object, and JSON_WRITER_NO_NAME elsewhere. That names differ, and
 * that what is opened is closed, is the caller's affair.
 *
 * Errors: none of its own; what does not fit sets json->failed.
 */
#ifndef GATEWAY_JSON_WRITER_H
#define GATEWAY_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/str.h"

struct json_writer {
    struct buf *json;
    unsigned depth;
    bool is_empty;   /* what is open has nothing in it yet */
    bool is_on_line; /* it is a list: all of it stands on one line */
};

#define JSON_WRITER_NO_NAME ((struct str){ NULL, 0 })

void json_writer_init(struct json_writer *writer, struct buf *json);
/* '{' or '['; closed with '}' or ']'. */
void json_writer_open(struct json_writer *writer, struct str name, char bracket);
void json_writer_close(struct json_writer *writer, char bracket);
/* An array of strings, numbers or booleans. Closed in the same way. */
void json_writer_open_list(struct json_writer *writer, struct str name);

void json_writer_add_string(struct json_writer *writer, struct str name, struct str value);
void json_writer_add_number(struct json_writer *writer, struct str name, size_t value);
void json_writer_add_boolean(struct json_writer *writer, struct str name, bool value);
/* A value that is JSON already. */
void json_writer_add_json(struct json_writer *writer, struct str name, struct str json);
/* The name alone; whoever calls it adds the value to the buffer. */
void json_writer_begin_value(struct json_writer *writer, struct str name);

#endif
