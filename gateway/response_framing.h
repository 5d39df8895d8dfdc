/* SPDX-License-Identifier: MIT */
/*
 * response_framing - is a backend's response head unambiguous, and within bounds? Pure.
 *
 * libcurl takes two lengths, a length with chunks, status 999 and headers without end for a success. RFC 9112 §6.3
 * wants a proxy to discard such a response.
 */
#ifndef GATEWAY_RESPONSE_FRAMING_H
#define GATEWAY_RESPONSE_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"
#include "gateway/call_error.h"

struct response_framing {
    size_t limit_bytes; /* of all header lines together */
    bool allows_content_coding;
    size_t head_bytes;
    unsigned status;     /* 0: no status line yet */
    bool is_complete;    /* the empty line came */
    bool is_status_line; /* the last line was one: a head begins anew */
    bool has_length;
    bool has_transfer_encoding;
    uint64_t content_length;
    enum call_error error; /* the first fault found; CALL_OK: none */
};

/* One line of the head as it came, with or without its line break: the status line, a field, or the empty line. An
 * interim (1xx) head is followed by another. Returns framing->error. */
enum call_error response_framing_line(struct response_framing *framing, struct str line);
/* The same of a field that somebody has taken apart already: nothing but a name, a colon, a value with or without the
 * blanks around it, and a line break, `line_bytes` together. */
enum call_error response_framing_field(struct response_framing *framing, size_t line_bytes, struct str name,
                                       struct str value);

#endif
