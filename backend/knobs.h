/* SPDX-License-Identifier: MIT */
/*
 * knobs - what one request asks of the backend, in the query of its target. Pure.
 *
 *     delay=     a duration or distribution instead of the backend's own (common/delay.h)
 *     status=    200 to 599
 *     bytes=     the size of the answer's body, 0 to 1 GiB
 *     echo=      1: answer with the request itself, as JSON
 *     fault=     misbehave (backend/fault.h); status, bytes and echo do not count then, but for a fault that befalls
 *                the next request
 *
 * POST /_refuse has one of its own, and none of these:
 *
 *     for=       how long connections are refused, at most a minute
 *
 * Values are percent-decoded (RFC 3986 §2.1; "+" stays a plus). Other parameters are nobody's business. A knob with a
 * bad value or one that stands twice is refused, and so are bytes and echo together.
 */
#ifndef BACKEND_KNOBS_H
#define BACKEND_KNOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/fault.h"
#include "common/delay.h"
#include "common/error.h"
#include "common/str.h"

#define KNOBS_BYTES_MAXIMUM (UINT64_C(1) << 30)
#define KNOBS_REFUSAL_LONGEST_US UINT64_C(60000000)

struct knobs {
    bool has_delay;
    struct delay delay;
    int status;
    bool has_size;
    uint64_t size_bytes;
    bool is_echo;
    const struct fault *fault; /* NULL: none */
    uint64_t refusal_us;       /* knobs_parse_refusal() */
};

/* `target` is raw. 0; or -1 and a sentence that names the parameter. */
int knobs_parse(struct str target, struct knobs *ret_knobs, struct error *error) must_check;
/* The same for POST /_refuse, whose `for` must not be missing. */
int knobs_parse_refusal(struct str target, struct knobs *ret_knobs, struct error *error) must_check;

#endif
