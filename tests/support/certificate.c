/* SPDX-License-Identifier: MIT */
#include "tests/support/certificate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/unit.h"

static void must(int result)
{
    if (result < 0) {
        fail_msg("GnuTLS: %s", gnutls_strerror(result));
    }
}

static gnutls_datum_t datum_of(const char *text)
{
    return (gnutls_datum_t){ .data = (unsigned char *)(uintptr_t)text, .size = (unsigned)strlen(text) };
}

/* ---- what is in it ---- */

static void add_name(gnutls_x509_crt_t crt, const char *name)
{
    struct in_addr address;

    if (inet_pton(AF_INET, name, &address) == 1) {
        must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, &address, sizeof address,
                                                  GNUTLS_FSAN_APPEND));
    } else {
        must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name),
                                                  GNUTLS_FSAN_APPEND));
    }
}

static void set_names(gnutls_x509_crt_t crt, const struct certificate_wish *wish)
{
    const char *common = wish->name != NULL ? wish->name : "localhost";
    const struct in6_addr loopback = IN6ADDR_LOOPBACK_INIT;

    must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, common, (unsigned)strlen(common)));
    if (wish->name == NULL) {
        add_name(crt, "127.0.0.1");
        must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, &loopback, sizeof loopback,
                                                  GNUTLS_FSAN_APPEND));
    }
    add_name(crt, common);
}

static void set_validity(gnutls_x509_crt_t crt, const struct certificate_wish *wish)
{
    bool is_usual = wish->from_s == 0 && wish->to_s == 0;
    time_t now_s = time(NULL);

    must(gnutls_x509_crt_set_activation_time(crt, now_s + (is_usual ? -CERTIFICATE_HOUR_S : wish->from_s)));
    must(gnutls_x509_crt_set_expiration_time(crt, now_s + (is_usual ? CERTIFICATE_HOUR_S : wish->to_s)));
}

static void set_use(gnutls_x509_crt_t crt, const struct certificate_wish *wish)
{
    unsigned char serial[8] = { 0 };

    must(gnutls_x509_crt_set_version(crt, 3));
    must(gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial));
    serial[0] &= 0x7f;
    must(gnutls_x509_crt_set_serial(crt, serial, sizeof serial));
    must(gnutls_x509_crt_set_basic_constraints(crt, wish->is_authority ? 1 : 0, -1));
    must(gnutls_x509_crt_set_key_usage(crt, wish->is_authority ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN
                                                               : GNUTLS_KEY_DIGITAL_SIGNATURE));
}

/* ---- making it ---- */

static void sign(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const struct certificate *issuer)
{
    gnutls_x509_crt_t issuer_crt = NULL;
    gnutls_x509_privkey_t issuer_key = NULL;

    if (issuer == NULL) {
        must(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0));
        return;
    }
    gnutls_datum_t crt_datum = datum_of(issuer->pem);
    gnutls_datum_t key_datum = datum_of(issuer->key_pem);
    must(gnutls_x509_crt_init(&issuer_crt));
    must(gnutls_x509_privkey_init(&issuer_key));
    must(gnutls_x509_crt_import(issuer_crt, &crt_datum, GNUTLS_X509_FMT_PEM));
    must(gnutls_x509_privkey_import(issuer_key, &key_datum, GNUTLS_X509_FMT_PEM));
    must(gnutls_x509_crt_sign2(crt, issuer_crt, issuer_key, GNUTLS_DIG_SHA256, 0));
    gnutls_x509_crt_deinit(issuer_crt);
    gnutls_x509_privkey_deinit(issuer_key);
}

static void export_pair(struct certificate *certificate, gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
    size_t size = sizeof certificate->pem - 1;

    must(gnutls_x509_crt_export(crt, GNUTLS_X509_FMT_PEM, certificate->pem, &size));
    certificate->pem[size] = '\0';
    size = sizeof certificate->key_pem - 1;
    must(gnutls_x509_privkey_export(key, GNUTLS_X509_FMT_PEM, certificate->key_pem, &size));
    certificate->key_pem[size] = '\0';
}

void certificate_make(struct certificate *certificate, const struct certificate_wish *wish)
{
    gnutls_x509_crt_t crt = NULL;
    gnutls_x509_privkey_t key = NULL;

    must(gnutls_x509_privkey_init(&key));
    must(gnutls_x509_privkey_generate(key, GNUTLS_PK_EC, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    must(gnutls_x509_crt_init(&crt));
    must(gnutls_x509_crt_set_key(crt, key));
    set_names(crt, wish);
    set_validity(crt, wish);
    set_use(crt, wish);
    sign(crt, key, wish->issuer);
    export_pair(certificate, crt, key);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
}

void certificate_encrypt_key(const struct certificate *certificate, char *text, size_t size)
{
    gnutls_x509_privkey_t key = NULL;
    gnutls_datum_t datum = datum_of(certificate->key_pem);

    must(gnutls_x509_privkey_init(&key));
    must(gnutls_x509_privkey_import(key, &datum, GNUTLS_X509_FMT_PEM));
    must(
        gnutls_x509_privkey_export_pkcs8(key, GNUTLS_X509_FMT_PEM, "password", GNUTLS_PKCS_PBES2_AES_256, text, &size));
    text[size] = '\0';
    gnutls_x509_privkey_deinit(key);
}

/* ---- files ---- */

void certificate_write_file(const char *path, const char *text)
{
    char other[256];

    (void)snprintf(other, sizeof other, "%s.new", path);
    int descriptor = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    assert_int_equal(close(descriptor), 0);
    assert_int_equal(rename(other, path), 0);
}
