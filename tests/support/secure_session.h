/* SPDX-License-Identifier: MIT */
/*
 * secure_session - a connection of a secure_server: handshake, requests, answers and the end, as its settings say.
 *
 * Memory: the settings outlive the terms.   Threads: any; one per session.
 */
#ifndef TESTS_SUPPORT_SECURE_SESSION_H
#define TESTS_SUPPORT_SECURE_SESSION_H

#include <gnutls/gnutls.h>
#include <pthread.h>

#include "tests/support/gate.h"
#include "tests/support/secure_server.h"

/* What the sessions of a server share. */
struct secure_terms {
    const struct secure_server_settings *settings;
    gnutls_certificate_credentials_t credentials; /* NULL: no TLS, and nothing of what follows */
    gnutls_priority_t priorities;
    gnutls_datum_t ticket_key;
    gnutls_anti_replay_t anti_replay;
    struct gate stop; /* open: all sessions end */

    pthread_mutex_t lock; /* of what follows */
    struct secure_server_seen seen;
};

void secure_terms_init(struct secure_terms *terms, const struct secure_server_settings *settings);
void secure_terms_clear(struct secure_terms *terms);

/* Until it ends, by whichever side. The descriptor stays the caller's. */
void secure_session_serve(struct secure_terms *terms, int descriptor);

#endif
