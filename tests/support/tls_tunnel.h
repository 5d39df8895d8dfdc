/* SPDX-License-Identifier: MIT */
/*
 * tls_tunnel - puts TLS under a raw client: a thread shakes hands with a server, and carries bytes between it and the
 * client's descriptor from then on.
 *
 *     struct tls_tunnel tunnel;
 *     struct client client;
 *     tls_tunnel_open(&tunnel, &client, port, &(struct tls_tunnel_settings){ .authority = &authority });
 *     client_get(&client, "/hello");
 *     …
 *     client_close(&client);
 *     tls_tunnel_close(&tunnel);
 *
 * The client's FIN becomes the session's farewell and a FIN, the server's farewell becomes the client's end.
 *
 * Memory: the tunnel must not move while it is open.   Threads: one of its own; the functions are for the test's.
 */
#ifndef TESTS_SUPPORT_TLS_TUNNEL_H
#define TESTS_SUPPORT_TLS_TUNNEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/support/certificate.h"
#include "tests/support/client.h"
#include "tests/support/gate.h"

struct tls_tunnel_settings {
    const struct certificate
        *authority;         /* by which the server's certificate must be signed, for 127.0.0.1; NULL: any */
    const char *priorities; /* GnuTLS's; NULL: its usual ones */
};

struct tls_tunnel {
    const struct tls_tunnel_settings *settings;
    pthread_t thread;
    int server; /* the connection */
    int client; /* our end of the client's */
    void *credentials;
    void *session;
    struct gate is_shaken; /* the handshake is over, well or not: then what follows may be read */
    struct gate is_over;   /* both sides have ended */
    int handshake_error;   /* GnuTLS's; 0: none */
    char version[16];
    char protocol[32]; /* ALPN */
    char name[128];    /* the common name in the server's certificate */
    /* After tls_tunnel_close(). */
    bool had_farewell; /* the server's end was one of the session, not of the connection alone */
};

void tls_tunnel_open(struct tls_tunnel *tunnel, struct client *client, uint16_t port,
                     const struct tls_tunnel_settings *settings);
/* On a connection that is open already: the client's. */
void tls_tunnel_start(struct tls_tunnel *tunnel, struct client *client, const struct tls_tunnel_settings *settings);
/* GnuTLS's error; 0: none. */
int tls_tunnel_wait(const struct tls_tunnel *tunnel);
/* After client_close(). */
void tls_tunnel_close(struct tls_tunnel *tunnel);

#endif
