/* SPDX-License-Identifier: MIT */
/*
 * http_bare_answer - an answer without a body, past microhttpd, where that cannot give one.
 *
 * What the socket does not take at once is lost: nobody waits for a client here. The connection ends behind it.
 *
 * Threads: any.   Memory: none.   Source: RFC 9110 §15.5.9 (408), §15.6.4 and §10.2.3 (503, Retry-After).
 */
#ifndef COMMON_HTTP_BARE_ANSWER_H
#define COMMON_HTTP_BARE_ANSWER_H

#include <stddef.h>

enum { HTTP_BARE_ANSWER_BYTES = 256 };

/* "HTTP/1.1 408 Request Timeout" and so on, as text for whoever can send it. Returns its length. */
size_t http_bare_answer(int status, char text[HTTP_BARE_ANSWER_BYTES]);
/* 503 with `Retry-After: 1` on a connection that is one too many, and its end; closes the descriptor. What came of a
 * request by now is read first: left unread, it would make the end a reset, which can overtake the answer. */
void http_bare_answer_refuse(int descriptor);

#endif
