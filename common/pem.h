/* SPDX-License-Identifier: MIT */
/*
 * pem - certificates and private keys as text: is it any, and do they belong together? Pure; GnuTLS reads them.
 *
 * A check fails with a sentence that is to be read after the file's name ("holds no certificate …"), and that shows
 * nothing of the text.
 *
 * Memory: nothing is kept.   Threads: any.
 */
#ifndef COMMON_PEM_H
#define COMMON_PEM_H

#include <stddef.h>

#include "common/compiler.h"
#include "common/error.h"
#include "common/str.h"

/* One certificate at least, and all that there are can be read. 0 or -1. */
int pem_check_certificates(struct str text, struct error *error) must_check;
/* A private key without a password. 0 or -1. */
int pem_check_key(struct str text, struct error *error) must_check;
/* The key is that of the first certificate. Both have been checked. 0 or -1. */
int pem_check_pair(struct str certificates, struct str key, struct error *error) must_check;

/* Of GnuTLS, as it is loaded: "3.7.9". */
const char *pem_library_version(void);

enum { PEM_FINGERPRINT_BYTES = 32 };

/* SHA-256 over the texts and where each ends: equal ones are of equal texts. 0 or -ENOMEM. */
int pem_fingerprint(const struct str *texts, size_t count, unsigned char *ret_fingerprint) must_check;

#endif
