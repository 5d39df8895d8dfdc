/* SPDX-License-Identifier: MIT */
/*
 * tls_server - a server that speaks HTTPS with a certificate of its own making, for 127.0.0.1, in threads of the test's
 * own process.
 *
 * GET is answered with `{"tls":true}`, or with as many bytes as `?bytes=` says; POST with the body's length in decimal.
 *
 * Memory: until tls_server_stop().   Threads: microhttpd's; the functions here are for the test's own.
 */
#ifndef TESTS_SUPPORT_TLS_SERVER_H
#define TESTS_SUPPORT_TLS_SERVER_H

#include <stddef.h>
#include <stdint.h>

struct tls_server;

struct tls_server *tls_server_start(void);
/* NULL is fine. */
void tls_server_stop(struct tls_server *server);

/* Who trusts this certificate, PEM, trusts the server. */
const char *tls_server_certificate(const struct tls_server *server);
uint16_t tls_server_port(const struct tls_server *server);
/* Requests of which it has read a head, and connections that were ever open. */
size_t tls_server_request_count(struct tls_server *server);
size_t tls_server_connection_count(struct tls_server *server);

#endif
