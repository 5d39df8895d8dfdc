/* SPDX-License-Identifier: MIT */
/*
 * unheard_bench - requests that end before an owner can hear of them, and what is told of them.
 */
#ifndef TESTS_INTEGRATION_UNHEARD_BENCH_H
#define TESTS_INTEGRATION_UNHEARD_BENCH_H

#include "tests/integration/http_server_bench.h"

#define GET_HEAD "GET /x HTTP/1.1\r\nHost: a\r\n"
#define POST_HEAD "POST /x HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST_HEAD "Transfer-Encoding: chunked\r\n\r\n"

struct unheard_case {
    const char *name;
    const char *bytes;
    int status; /* of the answer; 0: none; CLOSED */
    const char *told;
};

/* 400, or none where microhttpd just closes and nobody knows why. */
enum { CLOSED = -1 };

/* Turns the loop until the client sees the end of its connection. */
void read_to_the_end(struct http_server_bench *bench, struct client *client);
/* Of what was read; 0: there is no answer. */
int answered_status(struct client *client);
/* That exactly this was told since the last time. */
void assert_unheard(struct http_server_bench *bench, const char *name, const char *expected);
/* It is answered and told of so; on a connection that is new, or kept behind another request. */
void check_unheard(struct http_server_bench *bench, const struct unheard_case *unheard, bool is_kept);

#endif
