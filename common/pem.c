/* SPDX-License-Identifier: MIT */
#include "common/pem.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdint.h>
#include <stdlib.h>

static gnutls_datum_t datum_of(struct str text)
{
    return (gnutls_datum_t){ .data = without_const(text.base), .size = (unsigned)text.length };
}

int pem_check_certificates(struct str text, struct error *error)
{
    gnutls_datum_t datum = datum_of(text);
    gnutls_x509_crt_t *certificates = NULL;
    unsigned count = 0;

    int result = gnutls_x509_crt_list_import2(&certificates, &count, &datum, GNUTLS_X509_FMT_PEM, 0);
    for (unsigned i = 0; result >= 0 && i < count; i++) {
        gnutls_x509_crt_deinit(certificates[i]);
    }
    gnutls_free(certificates);
    if (result == GNUTLS_E_MEMORY_ERROR) {
        return error_set(error, "could not be checked: no memory");
    }
    if (result < 0 || count == 0) {
        return error_set(error, "holds no certificate in PEM, or one that cannot be read");
    }
    return 0;
}

int pem_check_key(struct str text, struct error *error)
{
    gnutls_datum_t datum = datum_of(text);
    gnutls_x509_privkey_t key = NULL;

    int result = gnutls_x509_privkey_init(&key);
    if (result < 0) {
        return error_set(error, "could not be checked: no memory");
    }
    result = gnutls_x509_privkey_import2(key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_x509_privkey_deinit(key);
    if (result == GNUTLS_E_DECRYPTION_FAILED) {
        return error_set(error, "holds a private key with a password; expected one without");
    }
    return result < 0 ? error_set(error, "holds no private key in PEM, or one that cannot be read") : 0;
}

int pem_check_pair(struct str certificates, struct str key, struct error *error)
{
    gnutls_datum_t certificates_datum = datum_of(certificates);
    gnutls_datum_t key_datum = datum_of(key);
    gnutls_certificate_credentials_t credentials = NULL;

    int result = gnutls_certificate_allocate_credentials(&credentials);
    if (result < 0) {
        return error_set(error, "could not be checked: no memory");
    }
    result = gnutls_certificate_set_x509_key_mem(credentials, &certificates_datum, &key_datum, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(credentials);
    if (result == GNUTLS_E_CERTIFICATE_KEY_MISMATCH) {
        return error_set(error, "holds a private key that is not the certificate's");
    }
    return result < 0 ? error_set(error, "cannot be used with the certificate: %s", gnutls_strerror(result)) : 0;
}

int pem_fingerprint(const struct str *texts, size_t count, unsigned char *ret_fingerprint)
{
    gnutls_hash_hd_t hash = NULL;

    if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0) {
        return -ENOMEM;
    }
    int result = 0;
    for (size_t i = 0; i < count && result >= 0; i++) {
        uint64_t length = texts[i].base != NULL ? texts[i].length : UINT64_MAX;
        result = gnutls_hash(hash, &length, sizeof length);
        if (result >= 0 && texts[i].base != NULL && texts[i].length > 0) {
            result = gnutls_hash(hash, texts[i].base, texts[i].length);
        }
    }
    unsigned char fingerprint[PEM_FINGERPRINT_BYTES];
    gnutls_hash_deinit(hash, fingerprint);
    if (result < 0) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < sizeof fingerprint; i++) {
        ret_fingerprint[i] = fingerprint[i];
    }
    return 0;
}

const char *pem_library_version(void)
{
    return gnutls_check_version(NULL);
}
