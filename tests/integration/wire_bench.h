/* SPDX-License-Identifier: MIT */
/*
 * wire_bench - mode wire on a loop of its own, and a server that is a bare socket in the test's own hands: one
 * connection at a time, read and written as the test says.
 *
 * Functions that wait turn the loop, and end the running test when it takes longer than TEST_PATIENCE_MS.
 *
 * Memory: until wire_bench_close().   Threads: the test's own.
 */
#ifndef TESTS_INTEGRATION_WIRE_BENCH_H
#define TESTS_INTEGRATION_WIRE_BENCH_H

#include "tests/integration/upstream_bench.h"

/* More than the kernel takes from a sender (tcp_wmem) while nobody reads. */
enum { LONG_BODY = 16 * 1024 * 1024, LITTLE = 4096 };

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
#define TOO_LARGE_ANSWER "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\n{}"

struct wire_bench {
    struct upstream_bench bench;
    int listening;
    uint16_t port;
    int accepted; /* -1: none */
    char *long_body;
};

void wire_bench_open(struct wire_bench *wire);
void wire_bench_close(struct wire_bench *wire);

/* ---- the gateway's side ---- */

void wire_bench_start_get(struct wire_bench *wire, struct trial *trial);
/* With the body of LONG_BODY bytes. */
void wire_bench_start_long_post(struct wire_bench *wire, struct trial *trial);
void wire_bench_turn(struct wire_bench *wire);

/* ---- the server's side ---- */

/* Hangs up on the one before, and waits for the next. */
void wire_bench_accept(struct wire_bench *wire);
void wire_bench_hang_up(struct wire_bench *wire);
/* So many bytes of what is sent, while the loop turns. */
void wire_bench_read(struct wire_bench *wire, size_t count);
/* A request without a body, which is one packet on loopback. */
void wire_bench_read_get(struct wire_bench *wire);
void wire_bench_answer(struct wire_bench *wire, const char *text);
/* Whether the gateway ended the connection, once all it sent is read. */
bool wire_bench_is_ended(struct wire_bench *wire);

#endif
