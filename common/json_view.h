/* SPDX-License-Identifier: MIT */
/*
 * json_view - a walk through JSON text that json_scan_check() has found good, as spans of its bytes.
 *
 * Nothing is copied and nothing printed anew: a value is a view into the text, without the white space around it, so
 * that a 64-bit id or `1.10` stays the bytes it was, and its place in a file can be told. Iterative; constant memory.
 * Pure.
 *
 *     struct json_walk walk = json_walk_begin(object);
 *     struct str name, value;
 *     while (json_walk_member(&walk, &name, &value)) ...
 *
 * Memory: views live as long as the text.   Errors: none; text that was not checked gives wrong spans, never bytes
 * outside of it.
 */
#ifndef COMMON_JSON_VIEW_H
#define COMMON_JSON_VIEW_H

#include "common/buf.h"
#include "common/compiler.h"
#include "common/str.h"

enum json_kind { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* Of a value with no white space in front. */
enum json_kind json_kind(struct str value);
/* "null", "a boolean", "a number", "a string", "an array", "an object": for sentences. */
const char *json_kind_name(enum json_kind kind);

struct json_walk {
    struct str rest; /* what has not been walked yet, behind the opening bracket or a comma */
};

/* Through an array's elements or an object's members; of any other value there are none. */
struct json_walk json_walk_begin(struct str container);
bool json_walk_element(struct json_walk *walk, struct str *ret_value);
/* *ret_name is a JSON string with its quotes. */
bool json_walk_member(struct json_walk *walk, struct str *ret_name, struct str *ret_value);
/* Elements or members. */
size_t json_count(struct str container);

/* How long the string at the front of `text` is, with its quotes; all of `text` if it does not end. */
size_t json_string_length(struct str text);
/* A JSON string's text: escapes read, UTF-8; a surrogate without its other half becomes U+FFFD. 0, or -ENOBUFS. */
int json_add_text(struct str string, struct buf *text);
/* Whether that text is `text`. */
bool json_string_equal(struct str string, struct str text);

/* The value of the first member of that name; base is NULL if there is none, or `object` is no object. */
struct str json_member(struct str object, struct str name);
/* By dots: "profile.emails.0" is a member of a member, and its first element. "" is the value itself. */
struct str json_find(struct str value, struct str path);

/* Where a byte of a text is, for a person: from 1; a column counts characters (UTF-8), not bytes. */
struct json_position {
    size_t line;
    size_t column;
};
struct json_position json_position(struct str text, size_t offset);

#endif
