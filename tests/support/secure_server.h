/* SPDX-License-Identifier: MIT */
/*
 * secure_server - an upstream that speaks TLS exactly as a test says, in threads of the test's own process, and counts
 * what it was told: a handshake that fails must not have cost a byte of a request.
 *
 *     struct secure_server *server = secure_server_start(&(struct secure_server_settings){ .certificate = &users });
 *
 * Requests have no body, and one head is one request. All are answered alike, and connections are kept.
 *
 * Memory: settings and what they point to must outlive the server.   Threads: one to accept, one per connection; the
 * functions here are for the test's own thread.
 */
#ifndef TESTS_SUPPORT_SECURE_SERVER_H
#define TESTS_SUPPORT_SECURE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/support/certificate.h"

/* What becomes of a connection behind an answer. */
enum secure_server_end {
    SECURE_SERVER_KEEPS,
    SECURE_SERVER_SAYS_GOODBYE, /* close_notify, then FIN */
    SECURE_SERVER_IS_CUT_OFF,   /* FIN alone */
};

struct secure_server_settings {
    const struct certificate *certificate;      /* NULL: it speaks no TLS */
    const char *plain;                          /* without a certificate: sent to whoever connects, and closed */
    const struct certificate *client_authority; /* clients must have a certificate that it signed; NULL: need not */
    const char *priorities;                     /* GnuTLS's; NULL: its usual ones */
    const char *const *records;                 /* an answer, each in a record of its own; NULL-terminated; NULL: a
                                                   good one with `{"tls":true}` */
    bool sends_in_one_segment;                  /* all records in one write */
    bool asks_anew;                             /* for another handshake (TLS 1.2) before it answers */
    enum secure_server_end end;
};

struct secure_server;

struct secure_server *secure_server_start(const struct secure_server_settings *settings);
/* Ends all connections and joins all threads; NULL is fine. */
void secure_server_stop(struct secure_server *server);
uint16_t secure_server_port(const struct secure_server *server);

/* What came until now. */
struct secure_server_seen {
    size_t connections; /* accepted */
    size_t handshakes;  /* that came about */
    size_t resumed;     /* of them */
    size_t renewed;     /* handshakes that the client began because it was asked to */
    size_t early_bytes; /* sent before the handshake was complete */
    size_t bytes;       /* of requests */
    size_t requests;
    char name[128];    /* of the last handshake: SNI; "": none */
    char protocol[32]; /* ALPN; "": none */
    char version[16];  /* "TLS1.3" */
    char client[128];  /* the name in the client's certificate; "": none */
};
struct secure_server_seen secure_server_seen(struct secure_server *server);
/* Waits for as many connections that have ended. */
void secure_server_wait_for_ends(struct secure_server *server, size_t count);

#endif
