/* SPDX-License-Identifier: MIT */
/*
 * certificate - certificates and their keys, made in the test: an authority's, one that it signed, one that signed
 * itself, valid from now, not yet, or no more.
 *
 *     struct certificate authority, users;
 *     certificate_make(&authority, &(struct certificate_wish){ .name = "authority", .is_authority = true });
 *     certificate_make(&users, &(struct certificate_wish){ .name = "users.test", .issuer = &authority });
 *
 * Memory: fixed fields, nothing to free.   Threads: any.
 */
#ifndef TESTS_SUPPORT_CERTIFICATE_H
#define TESTS_SUPPORT_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

enum { CERTIFICATE_HOUR_S = 3600 };

struct certificate {
    char pem[4096];
    char key_pem[2048];
};

struct certificate_wish {
    const char *name;                 /* a DNS name, or an IPv4 address; NULL: 127.0.0.1, ::1 and localhost */
    const struct certificate *issuer; /* NULL: it signs itself */
    bool is_authority;
    long from_s; /* from now on; both 0: an hour ago to an hour from now */
    long to_s;
};

void certificate_make(struct certificate *certificate, const struct certificate_wish *wish);
/* The key with a password on it. */
void certificate_encrypt_key(const struct certificate *certificate, char *text, size_t size);
/* A new file, or one in place of another as a deployment does it: written under another name, then renamed. */
void certificate_write_file(const char *path, const char *text);

#endif
