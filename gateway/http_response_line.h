/* SPDX-License-Identifier: MIT */
/*
 * http_response_line - is a line of a backend's answer, byte for byte, what RFC 9112 says? Pure.
 *
 * The form alone, and that to the letter: what a good line says about framing is response_framing's to judge. `text` is
 * a line without its line break, which stands behind it; a `front` is a line of which more may be to come.
 */
#ifndef GATEWAY_HTTP_RESPONSE_LINE_H
#define GATEWAY_HTTP_RESPONSE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/str.h"

/* Could it be a status line? */
bool http_response_line_begins_status(struct str front);
/* "HTTP/1.0 " or "HTTP/1.1 ", three digits, and nothing or a blank and a reason. */
bool http_response_line_is_status(struct str text);
/* Of a good status line. */
bool http_response_line_is_http_1_0(struct str text);
/* A token, a colon right behind it, and a value without control bytes. */
bool http_response_line_is_field(struct str text, size_t *ret_name_length);
/* Could it be a chunk's size? */
bool http_response_line_begins_chunk(struct str front);
/* Hexadecimal digits, and nothing or extensions: each has a ';' in front. */
bool http_response_line_is_chunk(struct str text);

#endif
