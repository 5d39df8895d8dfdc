/* SPDX-License-Identifier: MIT */
/*
 * What is read of `tls`, and the faults that need real certificates; others are in tests/config/bad.
 */
#include <stdio.h>

#include "gateway/config_check.h"
#include "gateway/config_json.h"
#include "tests/support/certificate_folder.h"
#include "tests/unit/gateway/config_bench.h"

#define HELLO "\"routes\":[{\"path\":\"/\",\"respond\":{\"text\":\"\"}}]"
#define BACKEND(tls) "{\"backends\":{\"b\":{\"servers\":[\"https://h\"],\"tls\":" tls "}}," HELLO "}"
#define PAIR "\"certificate\":\"gateway.pem\",\"key\":\"gateway-key.pem\""

static int make(void **state)
{
    static struct certificate_folder folder;
    struct certificate other;
    char encrypted[4096];

    certificate_folder_make(&folder);
    certificate_make(&other, &(struct certificate_wish){ .name = "other.test" });
    certificate_folder_write_pair(&folder, "other", &other);
    certificate_encrypt_key(&folder.gateway, encrypted, sizeof encrypted - 1);
    certificate_folder_write(&folder, "encrypted-key.pem", encrypted);
    certificate_folder_write(&folder, "garbled.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    *state = &folder;
    return 0;
}

static int clean_up(void **state)
{
    certificate_folder_remove(*state);
    return 0;
}

/* As if it stood in a file of that folder. */
static struct config *read_in(const struct certificate_folder *folder, const char *text, struct buf *told)
{
    struct settings settings = config_bench_settings(NULL);
    struct config_faults faults;
    char path[128];

    certificate_folder_path(folder, "page.json", path, sizeof path);
    settings.config_file = path;
    config_faults_init(&faults);
    struct config *config = config_read(&settings, str_of(text), &faults);
    if (config == NULL) {
        config_faults_render(&faults, "page.json", told);
    }
    config_faults_clear(&faults);
    return config;
}

static struct config *read_good(const struct certificate_folder *folder, const char *text)
{
    cleanup_buf struct buf told;

    buf_init(&told, 65536);
    struct config *config = read_in(folder, text, &told);
    assert_text(buf_view(&told), "");
    assert_non_null(config);
    return config;
}

static void config_tls_reads_the_files_beside_the_configuration(void **state)
{
    const struct certificate_folder *folder = *state;

    struct config *config = read_good(
        folder, "{\"tls\":{" PAIR "},\"backends\":{\"b\":{\"servers\":[\"https://h\"],\"tls\":{\"ca\":\"ca.pem\"," PAIR
                ",\"server_name\":\"users.test\"}},\"c\":{\"servers\":[\"https://h\"]}}," HELLO "}");

    const struct tls_settings *tls = config->backends[0].tls;
    assert_string_equal(tls->ca.path, "ca.pem");
    assert_text(tls->ca.text, folder->authority.pem);
    assert_text(tls->certificate.text, folder->gateway.pem);
    assert_text(tls->key.text, folder->gateway.key_pem);
    assert_string_equal(tls->server_name, "users.test");
    assert_null(config->backends[1].tls);
    assert_text(config->tls->certificate.text, folder->gateway.pem);
    assert_text(config->tls->key.text, folder->gateway.key_pem);
    assert_null(config->tls->ca.path);
    config_release(config);
}

static void config_tls_reads_files_by_their_whole_path(void **state)
{
    const struct certificate_folder *folder = *state;
    char text[512];
    (void)snprintf(text, sizeof text, BACKEND("{\"ca\":\"%s/ca.pem\"}"), folder->path);

    struct config *config = config_bench_read(text);

    assert_text(config->backends[0].tls->ca.text, folder->authority.pem);
    config_release(config);
}

static void connections_are_told_apart_by_what_the_files_hold(void **state)
{
    const struct certificate_folder *folder = *state;
    static const char *const different[] = {
        BACKEND("{\"ca\":\"ca.pem\"}"),
        BACKEND("{\"ca\":\"gateway.pem\"}"),
        BACKEND("{" PAIR "}"),
        BACKEND("{\"ca\":\"ca.pem\"," PAIR "}"),
        BACKEND("{\"ca\":\"ca.pem\",\"server_name\":\"a\"}"),
        BACKEND("{\"ca\":\"ca.pem\",\"server_name\":\"b\"}"),
        BACKEND("{\"server_name\":\"b\"}"),
    };
    struct tls_identity identities[array_length(different)];

    for (size_t i = 0; i < array_length(different); i++) {
        struct config *config = read_good(folder, different[i]);
        struct config *again = read_good(folder, different[i]);
        identities[i] = tls_identity_of(config->backends[0].tls);
        assert_true(tls_identity_is(&identities[i], again->backends[0].tls));
        assert_false(tls_identity_is(&identities[i], NULL));
        for (size_t k = 0; k < i; k++) {
            assert_false(tls_identity_is(&identities[k], config->backends[0].tls));
        }
        config_release(config);
        config_release(again);
    }
}

static const struct {
    const char *name;
    const char *text;
    const char *fault;
} faults[] = {
    { "a key of another certificate", BACKEND("{\"certificate\":\"gateway.pem\",\"key\":\"other-key.pem\"}"),
      "backends.b.tls.key: \"other-key.pem\" holds a private key that is not the certificate's\n" },
    { "a key with a password", BACKEND("{\"certificate\":\"gateway.pem\",\"key\":\"encrypted-key.pem\"}"),
      "backends.b.tls.key: \"encrypted-key.pem\" holds a private key with a password; expected one without\n" },
    { "the two the other way round", BACKEND("{\"certificate\":\"gateway-key.pem\",\"key\":\"gateway.pem\"}"),
      "backends.b.tls.certificate: \"gateway-key.pem\" holds no certificate in PEM, or one that cannot be read\n" },
    { "a garbled authority", BACKEND("{\"ca\":\"garbled.pem\"}"),
      "backends.b.tls.ca: \"garbled.pem\" holds no certificate in PEM, or one that cannot be read\n" },
    { "a key alone", BACKEND("{\"key\":\"gateway-key.pem\"}"),
      "backends.b.tls.key: has no effect without \"certificate\"\n" },
    { "a certificate alone", BACKEND("{\"certificate\":\"gateway.pem\"}"),
      "backends.b.tls.certificate: has no effect without \"key\"\n" },
    { "for clients, a key of another certificate",
      "{\"tls\":{\"certificate\":\"gateway.pem\",\"key\":\"other-key.pem\"}," HELLO "}",
      "tls.key: \"other-key.pem\" holds a private key that is not the certificate's\n" },
    { "for clients, no key", "{\"tls\":{\"certificate\":\"gateway.pem\"}," HELLO "}", "tls: \"key\" is missing\n" },
    { "for clients, no certificate", "{\"tls\":{\"key\":\"gateway-key.pem\"}," HELLO "}",
      "tls: \"certificate\" is missing\n" },
};

static void config_tls_refuses_what_cannot_be_used(void **state)
{
    const struct certificate_folder *folder = *state;

    for (size_t i = 0; i < array_length(faults); i++) {
        cleanup_buf struct buf told;
        buf_init(&told, 65536);

        struct config *config = read_in(folder, faults[i].text, &told);

        assert_case(faults[i].name, config == NULL);
        struct str line = buf_view(&told);
        size_t end = str_find(line, '\n');
        line = (struct str){ line.base, end + 1 };
        struct str rest = str_from(line, strlen("page.json:1:"));
        rest = str_from(rest, str_find(rest, ' ') + 1);
        if (!str_equal(rest, str_of(faults[i].fault))) {
            fail_msg("%s: %.*s", faults[i].name, STR_ARGUMENTS(line));
        }
    }
}

static const struct {
    const char *path;
    const char *text;
} shown[] = {
    { "tls.certificate", "\"gateway.pem\"" },        { "tls.key", "\"gateway-key.pem\"" },
    { "backends.b.tls.ca", "\"ca.pem\"" },           { "backends.b.tls.certificate", "\"gateway.pem\"" },
    { "backends.b.tls.key", "\"gateway-key.pem\"" }, { "backends.b.tls.server_name", "\"users.test\"" },
};

/* The names of the files, and nothing of what they hold. */
static void a_configuration_is_shown_without_its_keys(void **state)
{
    const struct certificate_folder *folder = *state;
    struct config *config = read_good(
        folder, "{\"tls\":{" PAIR "},\"backends\":{\"b\":{\"servers\":[\"https://h\"],\"tls\":{\"ca\":\"ca.pem\"," PAIR
                ",\"server_name\":\"users.test\"}}}," HELLO "}");
    cleanup_buf struct buf json;
    cleanup_buf struct buf check;
    buf_init(&json, 65536);
    buf_init(&check, 65536);

    assert_int_equal(config_json_render(config, &json), 0);
    assert_int_equal(config_check_render(config, &check), 0);

    for (size_t i = 0; i < array_length(shown); i++) {
        assert_text(json_find(buf_view(&json), str_of(shown[i].path)), shown[i].text);
    }
    assert_null(memmem(json.base, json.length, "BEGIN", 5));
    assert_null(memmem(check.base, check.length, "BEGIN", 5));
    assert_non_null(memmem(check.base, check.length, " (TLS) ", 7));
    const char *words = ", trusts ca.pem, is gateway.pem, as users.test";
    assert_non_null(memmem(check.base, check.length, words, strlen(words)));
    config_release(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_tls_reads_the_files_beside_the_configuration),
        cmocka_unit_test(config_tls_reads_files_by_their_whole_path),
        cmocka_unit_test(connections_are_told_apart_by_what_the_files_hold),
        cmocka_unit_test(config_tls_refuses_what_cannot_be_used),
        cmocka_unit_test(a_configuration_is_shown_without_its_keys),
    };

    return cmocka_run_group_tests(tests, make, clean_up);
}
