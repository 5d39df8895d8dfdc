/* SPDX-License-Identifier: MIT */
/*
 * refusal_bench - requests that are to be refused, with a request behind each that nobody may serve.
 */
#ifndef TESTS_INTEGRATION_REFUSAL_BENCH_H
#define TESTS_INTEGRATION_REFUSAL_BENCH_H

#include "tests/integration/http_server_bench.h"

struct refused_case {
    const char *name;
    struct str bytes;
    int status;
};

#define GET_HEAD "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST_HEAD "POST / HTTP/1.1\r\nHost: a\r\n"
#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
#define BEHIND(bytes) STR_STATIC(bytes SMUGGLED)

/* Everything until the end of the connection. */
void read_all(struct http_server_bench *bench, struct client *client);
/* How many answers these are. */
size_t count_heads(const struct buf *bytes);
/* How many were told of as refused, by on_refused or on_unheard. */
size_t count_told(const struct http_server_bench *bench);
/* One answer with that status, then the end: nothing behind it was read as another request, and it was told of once. */
void check_refusal(struct http_server_bench *bench, const struct refused_case *refused);

#endif
