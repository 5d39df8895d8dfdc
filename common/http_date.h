/* SPDX-License-Identifier: MIT */
/*
 * http_date - the wall clock as an HTTP date: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7).
 *
 * For answers that microhttpd does not write; it dates its own.   Threads: any.
 */
#ifndef COMMON_HTTP_DATE_H
#define COMMON_HTTP_DATE_H

#include <stdint.h>

enum { HTTP_DATE_BYTES = 40 };

void http_date_format(uint64_t wall_us, char text[HTTP_DATE_BYTES]);
void http_date_now(char text[HTTP_DATE_BYTES]);

#endif
