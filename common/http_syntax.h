/* SPDX-License-Identifier: MIT */
/*
 * http_syntax - what RFC 9110 calls a token and a field's value, and which fields belong to one connection. Pure.
 */
#ifndef COMMON_HTTP_SYNTAX_H
#define COMMON_HTTP_SYNTAX_H

#include <stdbool.h>

#include "common/str.h"

enum http_byte_class {
    HTTP_BYTE_TOKEN = 1, /* RFC 9110 §5.6.2 */
    HTTP_BYTE_VALUE = 2, /* RFC 9110 §5.5 */
    HTTP_BYTE_HOST = 4,  /* RFC 3986 §3.2.2: unreserved and sub-delims */
    HTTP_BYTE_HEXADECIMAL = 8,
};

extern const unsigned char http_byte_classes[256];

static inline bool http_byte_is(char byte, enum http_byte_class class)
{
    return (http_byte_classes[(unsigned char)byte] & class) != 0;
}

/* RFC 9110 §5.6.2: a method, or a field's name. */
bool http_is_token(struct str text);
/* RFC 9110 §5.5: blanks, tabs, visible ASCII, and bytes from 0x80 on. */
bool http_is_field_value(struct str text);
/* Fields of one connection, or of how a message is cut out of it (RFC 9110 §7.6.1, RFC 9112 §6): Connection,
 * Content-Length, Keep-Alive, Proxy-Connection, TE, Trailer, Transfer-Encoding, Upgrade. What a Connection field names
 * is one as well, and not known here. */
bool http_is_hop_by_hop(struct str name);

#endif
