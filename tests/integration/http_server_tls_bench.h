/* SPDX-License-Identifier: MIT */
/*
 * http_server_tls_bench - clients that speak TLS with the server of http_server_bench, and its certificates.
 *
 * Functions that wait turn the bench's loop, and end the running test when it takes longer than TEST_PATIENCE_MS.
 */
#ifndef TESTS_INTEGRATION_HTTP_SERVER_TLS_BENCH_H
#define TESTS_INTEGRATION_HTTP_SERVER_TLS_BENCH_H

#include "tests/integration/http_server_bench.h"
#include "tests/support/tls_tunnel.h"

struct tls_bench_certificates {
    struct certificate authority; /* that clients trust */
    struct certificate first;     /* for 127.0.0.1 */
    struct certificate second;    /* for localhost */
};

/* Of all tests of a program: made once, by its group's set-up. */
extern struct tls_bench_certificates tls_bench_certificates;
int tls_bench_make_certificates(void **state);

struct http_server_tls tls_bench_of(const struct certificate *certificate);
/* Another server in place of the bench's, with the first certificate; 0: its clients have all the time they want. */
void tls_bench_restart(struct http_server_bench *bench, uint64_t header_timeout_us);

struct secured {
    struct tls_tunnel tunnel;
    struct client client; /* what is sent and read here goes through the tunnel */
};

/* How clients come usually: they trust the authority. */
extern const struct tls_tunnel_settings tls_bench_usual;

/* A client whose handshake has begun. */
void secured_connect(struct http_server_bench *bench, struct secured *secured,
                     const struct tls_tunnel_settings *settings);
/* Turns the loop until the handshake is over: 0, or it has failed. */
int secured_shake(struct http_server_bench *bench, struct secured *secured);
/* A client whose handshake is over. */
void secured_open(struct http_server_bench *bench, struct secured *secured);
void secured_close(struct http_server_bench *bench, struct secured *secured);

#endif
