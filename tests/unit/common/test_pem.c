/* SPDX-License-Identifier: MIT */
#include "common/pem.h"

#include <stdio.h>

#include "tests/support/certificate.h"
#include "tests/support/unit.h"

struct fixture {
    struct certificate one;
    struct certificate other;
    char encrypted[4096];
    char both[8192]; /* two certificates */
    char torn[8192]; /* two, of which the second is cut off within its text */
};

static int make(void **state)
{
    static struct fixture fixture;

    certificate_make(&fixture.one, &(struct certificate_wish){ .name = "one.test" });
    certificate_make(&fixture.other, &(struct certificate_wish){ .name = "other.test" });
    certificate_encrypt_key(&fixture.one, fixture.encrypted, sizeof fixture.encrypted - 1);
    (void)snprintf(fixture.both, sizeof fixture.both, "%s%s", fixture.one.pem, fixture.other.pem);
    (void)snprintf(fixture.torn, sizeof fixture.torn, "%s%.100s\n-----END CERTIFICATE-----\n", fixture.one.pem,
                   fixture.other.pem);
    *state = &fixture;
    return 0;
}

typedef int check_fn(struct str text, struct error *error);

struct row {
    const char *name;
    check_fn *check;
    const char *text;
    const char *wrong; /* NULL: nothing */
};

static void pem_knows_certificates_and_keys_from_other_text(void **state)
{
    static const char no_certificate[] = "holds no certificate in PEM, or one that cannot be read";
    static const char no_key[] = "holds no private key in PEM, or one that cannot be read";
    const struct fixture *fixture = *state;
    const struct row rows[] = {
        { "a certificate", pem_check_certificates, fixture->one.pem, NULL },
        { "two certificates", pem_check_certificates, fixture->both, NULL },
        { "nothing", pem_check_certificates, "", no_certificate },
        { "words", pem_check_certificates, "certificate", no_certificate },
        { "a key for a certificate", pem_check_certificates, fixture->one.key_pem, no_certificate },
        { "a torn one behind a good one", pem_check_certificates, fixture->torn, no_certificate },
        { "a key", pem_check_key, fixture->one.key_pem, NULL },
        { "no key", pem_check_key, "", no_key },
        { "a certificate for a key", pem_check_key, fixture->one.pem, no_key },
        { "a key with a password", pem_check_key, fixture->encrypted,
          "holds a private key with a password; expected one without" },
    };

    for (size_t i = 0; i < array_length(rows); i++) {
        struct error error = { { '\0' } };

        int result = rows[i].check(str_of(rows[i].text), &error);

        assert_case(rows[i].name, (result == 0) == (rows[i].wrong == NULL));
        assert_case(rows[i].name, strcmp(error.text, rows[i].wrong != NULL ? rows[i].wrong : "") == 0);
    }
}

static void pem_knows_whose_key_it_is(void **state)
{
    const struct fixture *fixture = *state;
    struct error error = { { '\0' } };

    assert_int_equal(pem_check_pair(str_of(fixture->one.pem), str_of(fixture->one.key_pem), &error), 0);
    assert_int_equal(pem_check_pair(str_of(fixture->both), str_of(fixture->one.key_pem), &error), 0);
    assert_int_equal(pem_check_pair(str_of(fixture->both), str_of(fixture->other.key_pem), &error), -1);
    assert_string_equal(error.text, "holds a private key that is not the certificate's");
}

static void equal_texts_have_equal_fingerprints_and_no_others_have(void **state)
{
    const struct str texts[][2] = {
        { STR("ab"), STR("c") },     { STR("a"), STR("bc") }, { STR(""), STR("abc") },
        { { NULL, 0 }, STR("abc") }, { STR("c"), STR("ab") },
    };
    unsigned char prints[array_length(texts)][PEM_FINGERPRINT_BYTES];
    unsigned char again[PEM_FINGERPRINT_BYTES];
    (void)state;

    for (size_t i = 0; i < array_length(texts); i++) {
        assert_int_equal(pem_fingerprint(texts[i], 2, prints[i]), 0);
        assert_int_equal(pem_fingerprint(texts[i], 2, again), 0);
        assert_memory_equal(prints[i], again, sizeof again);
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(prints[i], prints[k], sizeof again);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pem_knows_certificates_and_keys_from_other_text),
        cmocka_unit_test(pem_knows_whose_key_it_is),
        cmocka_unit_test(equal_texts_have_equal_fingerprints_and_no_others_have),
    };

    return cmocka_run_group_tests(tests, make, NULL);
}
