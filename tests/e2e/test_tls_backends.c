/* SPDX-License-Identifier: MIT */
/*
 * Backends that speak TLS, in every mode, and what a reload changes of whom is trusted.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/certificate_folder.h"
#include "tests/support/reload_scene.h"
#include "tests/support/secure_server.h"
#include "tests/support/unit.h"

/* What every test has: certificates in files, and one for the server. */
struct fixture {
    struct certificate_folder folder;
    struct certificate users;    /* "users.test", of the authority in ca.pem */
    struct certificate stranger; /* for 127.0.0.1, signed by itself */
    struct certificate other_authority;
};

static struct fixture fixture;

static int make_files(void **state)
{
    (void)state;
    certificate_folder_make(&fixture.folder);
    certificate_make(&fixture.users,
                     &(struct certificate_wish){ .name = "users.test", .issuer = &fixture.folder.authority });
    certificate_make(&fixture.stranger, &(struct certificate_wish){ .name = NULL });
    certificate_make(&fixture.other_authority, &(struct certificate_wish){ .name = "other", .is_authority = true });
    certificate_folder_write(&fixture.folder, "other.pem", fixture.other_authority.pem);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    certificate_folder_remove(&fixture.folder);
    return 0;
}

/* One route, /x, with a call to the secured server. `tls` has # for the folder of the certificates. */
static void write_config(char *text, size_t size, const char *tls)
{
    size_t length = (size_t)snprintf(text, size,
                                     "{'allow_mode_override': true, 'threads': 2,"
                                     " 'backends': {'b': {'servers': ['https://@0'], 'tls': ");

    for (; *tls != '\0'; tls++) {
        char byte[2] = { *tls, '\0' };
        length += (size_t)snprintf(text + length, size - length, "%s", *tls == '#' ? fixture.folder.path : byte);
        assert_true(length < size);
    }
    (void)snprintf(text + length, size - length,
                   "}}, 'routes': [{'path': '/x', 'calls': {'res': {'backend': 'b', 'path': '/'}}}]}");
}

static void start_with(struct reload_scene *reload, struct secure_server *server, const char *tls)
{
    char text[2048];

    (void)config_scene_add_port(reload->scene, secure_server_port(server));
    write_config(text, sizeof text, tls);
    reload_scene_start(reload, OPTIONS("--mode=async"), text);
}

static void expect_error(struct reload_scene *reload, const char *mode, const char *error)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    char words[64];

    config_scene_get(reload->scene, mode, "/x", &answer);

    assert_problem(&answer, 502, error);
    (void)snprintf(words, sizeof words, "error=%s", error);
    assert_non_null(memmem(answer_header(&answer, "Proxy-Status").base, answer_header(&answer, "Proxy-Status").length,
                           words, strlen(words)));
    cJSON *account = config_scene_account(reload->scene);
    assert_string_equal(json_text(account_call(account, "res", -1), "error"), error);
    cJSON_Delete(account);
}

static void expect_answer(struct reload_scene *reload, const char *mode)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    config_scene_get(reload->scene, mode, "/x", &answer);
    assert_answer(&answer, 200, "{'res':{'tls':true}}");
}

/* ---- who is trusted ---- */

static void a_server_of_the_configured_authority_is_called_by_its_name_in_every_mode(void **state)
{
    struct reload_scene *reload = *state;
    struct secure_server_settings settings = { .certificate = &fixture.users,
                                               .client_authority = &fixture.folder.authority };
    struct secure_server *server = secure_server_start(&settings);
    size_t count = 0;
    start_with(reload, server,
               "{'ca': '#/ca.pem', 'certificate': '#/gateway.pem', 'key': '#/gateway-key.pem',"
               " 'server_name': 'users.test'}");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++, count++) {
        expect_answer(reload, *mode);
        struct secure_server_seen seen = secure_server_seen(server);
        assert_int_equal(seen.requests, count + 1);
        assert_string_equal(seen.name, "users.test");
        assert_string_equal(seen.client, "localhost");
        assert_string_equal(seen.protocol, "http/1.1");
        assert_int_equal(seen.early_bytes, 0);
    }

    assert_true(count >= 4);
    reload_scene_stop(reload);
    secure_server_stop(server);
}

static void a_server_that_is_not_trusted_is_tls_certificate_error_in_every_mode(void **state)
{
    static const char *const settings_of[] = {
        "{'ca': '#/ca.pem'}",                              /* another authority's */
        "{}",                                              /* not the system's */
        "{'ca': '#/ca.pem', 'server_name': 'users.test'}", /* and not that name */
    };
    struct reload_scene *reload = *state;
    struct secure_server *server =
        secure_server_start(&(struct secure_server_settings){ .certificate = &fixture.stranger });
    size_t connections = 0;
    start_with(reload, server, settings_of[0]);

    for (size_t i = 0; i < array_length(settings_of); i++) {
        char text[2048];
        write_config(text, sizeof text, settings_of[i]);
        reload_scene_take(reload, text);
        for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
            expect_error(reload, *mode, "tls_certificate_error");
            connections++;
        }
    }

    secure_server_wait_for_ends(server, connections);
    struct secure_server_seen seen = secure_server_seen(server);
    assert_int_equal(seen.connections, connections);
    assert_int_equal(seen.bytes, 0);
    assert_int_equal(reload_scene_metric(reload, "fanlight_config_reloads_total{result=\"good\"} "), 3);
    reload_scene_stop(reload);
    secure_server_stop(server);
}

static void a_server_that_speaks_no_tls_is_tls_protocol_error_in_every_mode(void **state)
{
    struct reload_scene *reload = *state;
    struct secure_server_settings settings = { .plain = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" };
    struct secure_server *server = secure_server_start(&settings);
    start_with(reload, server, "{'ca': '#/ca.pem'}");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        expect_error(reload, *mode, "tls_protocol_error");
    }

    reload_scene_stop(reload);
    secure_server_stop(server);
}

/* ---- reloads ---- */

static void a_reload_reads_the_files_anew_and_kept_connections_do_not_outlive_trust(void **state)
{
    struct reload_scene *reload = *state;
    struct secure_server *server =
        secure_server_start(&(struct secure_server_settings){ .certificate = &fixture.users });
    certificate_folder_write(&fixture.folder, "now.pem", fixture.folder.authority.pem);
    start_with(reload, server, "{'ca': '#/now.pem', 'server_name': 'users.test'}");
    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        expect_answer(reload, *mode);
    }
    size_t requests = secure_server_seen(server).requests;

    certificate_folder_write(&fixture.folder, "now.pem", fixture.other_authority.pem);
    expect_answer(reload, "async"); /* nothing is looked at before a reload */
    reload_scene_hang_up_and_take(reload);
    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        expect_error(reload, *mode, "tls_certificate_error");
    }
    assert_int_equal(secure_server_seen(server).requests, requests + 1);
    certificate_folder_write(&fixture.folder, "now.pem", fixture.folder.authority.pem);
    reload_scene_hang_up_and_take(reload);
    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        expect_answer(reload, *mode);
    }

    reload_scene_stop(reload);
    secure_server_stop(server);
}

static void a_file_that_is_gone_or_garbled_is_refused_and_the_old_one_goes_on(void **state)
{
    struct reload_scene *reload = *state;
    struct secure_server *server =
        secure_server_start(&(struct secure_server_settings){ .certificate = &fixture.users });
    char path[128];
    certificate_folder_write(&fixture.folder, "now.pem", fixture.folder.authority.pem);
    certificate_folder_path(&fixture.folder, "now.pem", path, sizeof path);
    start_with(reload, server, "{'ca': '#/now.pem', 'server_name': 'users.test'}");

    certificate_folder_write(&fixture.folder, "now.pem", "-----BEGIN CERTIFICATE-----\nMIIB");
    reload_scene_hang_up_and_refuse(reload);
    const char *line = process_wait_for(&reload->scene->gateway, "reload refused");
    assert_non_null(strstr(line, "holds no certificate in PEM, or one that cannot be read"));
    assert_non_null(strstr(line, ":1:"));
    assert_null(strstr(line, "MIIB"));
    assert_int_equal(unlink(path), 0);
    reload_scene_hang_up_and_refuse(reload);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        expect_answer(reload, *mode);
    }
    reload_scene_stop(reload);
    secure_server_stop(server);
}

/* ---- what is shown ---- */

/* A line of a key in base64. */
static void take_secret(const char *pem, char *secret, size_t size)
{
    const char *line = strchr(pem, '\n') + 1;

    (void)snprintf(secret, size, "%.40s", line);
    assert_null(strchr(secret, '\n'));
}

static void keys_are_shown_nowhere(void **state)
{
    struct reload_scene *reload = *state;
    struct secure_server *server =
        secure_server_start(&(struct secure_server_settings){ .certificate = &fixture.stranger });
    static const char *const pages[] = { "/config", "/requests", "/metrics" };
    char secret[64];
    take_secret(fixture.folder.gateway.key_pem, secret, sizeof secret);
    start_with(reload, server, "{'ca': '#/ca.pem', 'certificate': '#/gateway.pem', 'key': '#/gateway-key.pem'}");
    expect_error(reload, "async", "tls_certificate_error");

    for (size_t i = 0; i < array_length(pages); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_fetch(reload->scene->admin_port, pages[i], &answer);
        assert_int_equal(answer.status, 200);
        assert_null(memmem(answer.body.base, answer.body.length, secret, strlen(secret)));
        assert_null(memmem(answer.body.base, answer.body.length, "BEGIN", 5));
    }
    reload_scene_hang_up_and_take(reload);
    cleanup_free char *output = process_output(&reload->scene->gateway);
    assert_null(strstr(output, secret));
    assert_null(strstr(output, "BEGIN"));
    reload_scene_stop(reload);
    secure_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reload_test(a_server_of_the_configured_authority_is_called_by_its_name_in_every_mode),
        reload_test(a_server_that_is_not_trusted_is_tls_certificate_error_in_every_mode),
        reload_test(a_server_that_speaks_no_tls_is_tls_protocol_error_in_every_mode),
        reload_test(a_reload_reads_the_files_anew_and_kept_connections_do_not_outlive_trust),
        reload_test(a_file_that_is_gone_or_garbled_is_refused_and_the_old_one_goes_on),
        reload_test(keys_are_shown_nowhere),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
