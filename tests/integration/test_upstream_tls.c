/* SPDX-License-Identifier: MIT */
/*
 * What https: servers must be, and what they are told, in every strategy.
 */
#include "tests/integration/upstream_tls_bench.h"
#include "tests/support/unit.h"

/* ---- who is refused ---- */

struct refusal {
    const char *name;
    struct certificate_wish wish;
    bool trusts_itself;  /* the server's own certificate is what is trusted */
    bool trusts_system;  /* none is configured */
    bool trusts_expired; /* the authority is the one that has expired */
    enum call_error error;
};

static const struct refusal refusals[] = {
    { .name = "signed by itself", .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "signed by itself, and only the system is trusted",
      .trusts_system = true,
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "signed by another authority",
      .wish = { .issuer = &tls_authorities.other },
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "signed by our authority, and only the system is trusted",
      .wish = { .issuer = &tls_authorities.ours },
      .trusts_system = true,
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "for another name",
      .wish = { .name = "users.test", .issuer = &tls_authorities.ours },
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "for another address",
      .wish = { .name = "127.0.0.2", .issuer = &tls_authorities.ours },
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "for a name that begins alike",
      .wish = { .name = "127.0.0.1.test", .issuer = &tls_authorities.ours },
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "expired",
      .wish = { .issuer = &tls_authorities.ours, .from_s = -2 * (long)DAY_S, .to_s = -60 },
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "not yet valid",
      .wish = { .issuer = &tls_authorities.ours, .from_s = CERTIFICATE_HOUR_S, .to_s = DAY_S },
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "of an authority that has expired",
      .wish = { .issuer = &tls_authorities.expired },
      .trusts_expired = true,
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "expired, and trusted itself",
      .wish = { .from_s = -2 * (long)DAY_S, .to_s = -60 },
      .trusts_itself = true,
      .error = CALL_TLS_CERTIFICATE_ERROR },
};

static void expect_refusal(const struct refusal *refusal, enum bench_strategy strategy)
{
    struct certificate certificate;
    struct tls_scene scene;
    certificate_make(&certificate, &refusal->wish);
    struct tls_settings tls = tls_trusting(refusal->trusts_itself    ? &certificate
                                           : refusal->trusts_expired ? &tls_authorities.expired
                                                                     : &tls_authorities.ours);
    tls_scene_open(&scene, strategy, &(struct secure_server_settings){ .certificate = &certificate },
                   refusal->trusts_system ? NULL : &tls);

    trial_run(&scene.trial, &scene.bench);

    expect_in(strategy, refusal->name, scene.trial.attempt.error == refusal->error);
    expect_in(strategy, refusal->name, scene.trial.attempt.sent_us == 0);
    expect_in(strategy, refusal->name, scene.trial.attempt.connected_us == 0);
    secure_server_wait_for_ends(scene.server, 1);
    struct secure_server_seen seen = secure_server_seen(scene.server);
    expect_in(strategy, refusal->name, seen.connections == 1);
    expect_in(strategy, refusal->name, seen.bytes == 0 && seen.requests == 0 && seen.early_bytes == 0);
    tls_scene_close(&scene);
}

static void a_server_that_is_not_trusted_is_told_nothing(void **state)
{
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        for (size_t i = 0; i < array_length(refusals); i++) {
            expect_refusal(&refusals[i], strategy);
        }
    }
}

/* ---- who speaks no TLS, or not ours ---- */

static const struct {
    const char *name;
    struct secure_server_settings settings; /* priorities: with a good certificate */
} strangers[] = {
    { "plain HTTP", { .plain = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" } },
    { "a greeting", { .plain = "220 mail.test ESMTP\r\n" } },
    { "garbage", { .plain = "\x16\x03\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff" } },
    { "an alert", { .plain = "\x15\x03\x03\x01\x02\x02\x28" } },
    { "an end", { .plain = "" } },
    { "TLS 1.1", { .priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT" } },
    { "TLS 1.0", { .priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.0:%COMPAT" } },
};

static void a_server_that_does_not_speak_our_tls_is_tls_protocol_error(void **state)
{
    struct certificate certificate;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &tls_authorities.ours });
    struct tls_settings tls = tls_trusting(&tls_authorities.ours);

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        for (size_t i = 0; i < array_length(strangers); i++) {
            struct secure_server_settings settings = strangers[i].settings;
            struct tls_scene scene;
            settings.certificate = settings.priorities != NULL ? &certificate : NULL;
            tls_scene_open(&scene, strategy, &settings, &tls);

            trial_run(&scene.trial, &scene.bench);

            expect_in(strategy, strangers[i].name, scene.trial.attempt.error == CALL_TLS_PROTOCOL_ERROR);
            expect_in(strategy, strangers[i].name, scene.trial.attempt.sent_us == 0);
            secure_server_wait_for_ends(scene.server, 1);
            expect_in(strategy, strangers[i].name, secure_server_seen(scene.server).bytes == 0);
            tls_scene_close(&scene);
        }
    }
}

/* ---- who is trusted ---- */

static void a_server_of_the_configured_authority_answers_and_its_connection_is_kept(void **state)
{
    struct certificate certificate;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &tls_authorities.ours });
    struct tls_settings tls = tls_trusting(&tls_authorities.ours);

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct tls_scene scene;
        tls_scene_open(&scene, strategy, &(struct secure_server_settings){ .certificate = &certificate }, &tls);

        trial_run(&scene.trial, &scene.bench);
        tls_scene_expect_answer(&scene, strategy, "the first");
        (void)tls_scene_run_again(&scene, &tls);
        tls_scene_expect_answer(&scene, strategy, "the second");

        struct secure_server_seen seen = secure_server_seen(scene.server);
        expect_in(strategy, "kept", scene.trial.attempt.is_reused && seen.connections == 1 && seen.requests == 2);
        expect_in(strategy, "versions", strcmp(seen.version, "TLS1.3") == 0);
        expect_in(strategy, "ALPN", strcmp(seen.protocol, "http/1.1") == 0);
        expect_in(strategy, "no name for an address", seen.name[0] == '\0');
        expect_in(strategy, "no certificate", seen.client[0] == '\0');
        expect_in(strategy, "no early data", seen.early_bytes == 0);
        tls_scene_close(&scene);
    }
}

static void tls_1_2_is_spoken_too(void **state)
{
    struct certificate certificate;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &tls_authorities.ours });
    struct tls_settings tls = tls_trusting(&tls_authorities.ours);
    struct secure_server_settings settings = { .certificate = &certificate,
                                               .priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.2" };

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct tls_scene scene;
        tls_scene_open(&scene, strategy, &settings, &tls);

        trial_run(&scene.trial, &scene.bench);

        tls_scene_expect_answer(&scene, strategy, "TLS 1.2");
        expect_in(strategy, "version", strcmp(secure_server_seen(scene.server).version, "TLS1.2") == 0);
        tls_scene_close(&scene);
    }
}

static void a_servers_name_is_asked_for_and_verified(void **state)
{
    struct certificate certificate;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .name = "users.test", .issuer = &tls_authorities.ours });
    struct tls_settings tls = { .ca = tls_file_of(tls_authorities.ours.pem), .server_name = "users.test" };
    struct tls_settings wrong = { .ca = tls_file_of(tls_authorities.ours.pem), .server_name = "orders.test" };
    tls_identify(&tls);
    tls_identify(&wrong);

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct tls_scene scene;
        tls_scene_open(&scene, strategy, &(struct secure_server_settings){ .certificate = &certificate }, &tls);

        trial_run(&scene.trial, &scene.bench);
        tls_scene_expect_answer(&scene, strategy, "the right name");
        struct secure_server_seen seen = secure_server_seen(scene.server);
        expect_in(strategy, "SNI", strcmp(seen.name, "users.test") == 0);
        enum call_error error = tls_scene_run_again(&scene, &wrong);

        expect_in(strategy, "the wrong name", error == CALL_TLS_CERTIFICATE_ERROR);
        expect_in(strategy, "the wrong name", secure_server_seen(scene.server).requests == 1);
        tls_scene_close(&scene);
    }
}

/* ---- who we are ---- */

static void a_clients_certificate_is_shown_where_one_is_configured(void **state)
{
    struct certificate certificate;
    struct certificate client;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &tls_authorities.ours });
    certificate_make(&client, &(struct certificate_wish){ .name = "gateway.test", .issuer = &tls_authorities.other });
    struct tls_settings tls = { .ca = tls_file_of(tls_authorities.ours.pem),
                                .certificate = tls_file_of(client.pem),
                                .key = tls_file_of(client.key_pem) };
    tls_identify(&tls);
    struct secure_server_settings settings = { .certificate = &certificate,
                                               .client_authority = &tls_authorities.other };

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct tls_scene scene;
        tls_scene_open(&scene, strategy, &settings, &tls);

        trial_run(&scene.trial, &scene.bench);

        tls_scene_expect_answer(&scene, strategy, "with a certificate");
        expect_in(strategy, "name", strcmp(secure_server_seen(scene.server).client, "gateway.test") == 0);
        tls_scene_close(&scene);
    }
}

static void without_the_certificate_that_a_server_wants_no_answer_comes(void **state)
{
    struct certificate certificate;
    struct certificate client;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &tls_authorities.ours });
    certificate_make(&client, &(struct certificate_wish){ .name = "gateway.test", .issuer = &tls_authorities.ours });
    struct tls_settings without = tls_trusting(&tls_authorities.ours);
    struct tls_settings other = { .ca = tls_file_of(tls_authorities.ours.pem),
                                  .certificate = tls_file_of(client.pem),
                                  .key = tls_file_of(client.key_pem) };
    tls_identify(&other);
    const struct tls_settings *const cases[] = { &without, &other };
    struct secure_server_settings settings = { .certificate = &certificate,
                                               .client_authority = &tls_authorities.other };

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        for (size_t i = 0; i < array_length(cases); i++) {
            struct tls_scene scene;
            tls_scene_open(&scene, strategy, &settings, cases[i]);

            trial_run(&scene.trial, &scene.bench);

            expect_in(strategy, "no answer", scene.trial.attempt.error != CALL_OK);
            expect_in(strategy, "no answer", scene.trial.attempt.status == 0);
            print_message("%s: %s\n", bench_strategy_names[strategy], call_error_name(scene.trial.attempt.error));
            secure_server_wait_for_ends(scene.server, 1);
            expect_in(strategy, "no request", secure_server_seen(scene.server).requests == 0);
            tls_scene_close(&scene);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_is_not_trusted_is_told_nothing),
        cmocka_unit_test(a_server_that_does_not_speak_our_tls_is_tls_protocol_error),
        cmocka_unit_test(a_server_of_the_configured_authority_answers_and_its_connection_is_kept),
        cmocka_unit_test(tls_1_2_is_spoken_too),
        cmocka_unit_test(a_servers_name_is_asked_for_and_verified),
        cmocka_unit_test(a_clients_certificate_is_shown_where_one_is_configured),
        cmocka_unit_test(without_the_certificate_that_a_server_wants_no_answer_comes),
    };

    return cmocka_run_group_tests(tests, tls_authorities_make, NULL);
}
