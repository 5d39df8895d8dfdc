/* SPDX-License-Identifier: MIT */
/*
 * tls_settings - what secured connections are made with: of a backend's `tls`, or of that for clients. Pure.
 *
 * The files were read and checked when the configuration was: nothing of them is looked at afterwards, so that a
 * reload takes over all of it, or nothing.
 *
 * Memory: the configuration's arena.   Threads: never changes.
 */
#ifndef GATEWAY_TLS_SETTINGS_H
#define GATEWAY_TLS_SETTINGS_H

#include <stdbool.h>
#include <string.h>

#include "common/pem.h"
#include "common/str.h"

struct tls_file {
    const char *path; /* as the configuration has it; NULL: none */
    struct str text;  /* what it held, PEM */
};

struct tls_settings {
    struct tls_file ca; /* whom to trust; none: the system's authorities */
    struct tls_file certificate;
    struct tls_file key;
    const char *server_name; /* for SNI, and what the certificate must be for; NULL: the URL's host */
    unsigned char fingerprint[PEM_FINGERPRINT_BYTES];
};

/* By which connections made with one of them are told from those made with another. Of NULL, which is none: all zero.
 */
struct tls_identity {
    unsigned char bytes[PEM_FINGERPRINT_BYTES];
};

static inline struct tls_identity tls_identity_of(const struct tls_settings *settings)
{
    struct tls_identity identity = { { 0 } };

    if (settings != NULL) {
        memcpy(identity.bytes, settings->fingerprint, sizeof identity.bytes);
    }
    return identity;
}

static inline bool tls_identity_is(const struct tls_identity *identity, const struct tls_settings *settings)
{
    static const unsigned char none[PEM_FINGERPRINT_BYTES] = { 0 };

    return memcmp(identity->bytes, settings != NULL ? settings->fingerprint : none, sizeof identity->bytes) == 0;
}

#endif
