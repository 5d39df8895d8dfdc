/* SPDX-License-Identifier: MIT */
/*
 * What https: servers must be, what they are told, and what is kept apart, in every strategy.
 */
#include "gateway/tls_settings.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/secure_server.h"
#include "tests/support/unit.h"

enum { DAY_S = 24 * CERTIFICATE_HOUR_S };

/* Of all tests: made once. */
struct authorities {
    struct certificate ours;
    struct certificate other;
    struct certificate expired;
};

static struct authorities authorities;

static int make_authorities(void **state)
{
    (void)state;
    certificate_make(&authorities.ours, &(struct certificate_wish){ .name = "ours", .is_authority = true });
    certificate_make(&authorities.other, &(struct certificate_wish){ .name = "other", .is_authority = true });
    certificate_make(&authorities.expired,
                     &(struct certificate_wish){
                         .name = "expired", .is_authority = true, .from_s = -2 * (long)DAY_S, .to_s = -DAY_S });
    return 0;
}

/* ---- settings ---- */

static struct tls_file file_of(const char *text)
{
    return (struct tls_file){ .path = "file.pem", .text = str_of(text) };
}

static void identify(struct tls_settings *tls)
{
    const struct str texts[] = { tls->ca.text, tls->certificate.text, tls->key.text,
                                 tls->server_name != NULL ? str_of(tls->server_name) : (struct str){ NULL, 0 } };

    assert_int_equal(pem_fingerprint(texts, array_length(texts), tls->fingerprint), 0);
}

static struct tls_settings trusting(const struct certificate *authority)
{
    struct tls_settings tls = { .ca = file_of(authority->pem) };

    identify(&tls);
    return tls;
}

/* ---- one try ---- */

struct scene {
    struct upstream_bench bench;
    struct secure_server *server;
    struct trial trial;
};

static void init_trial(struct scene *scene, const struct tls_settings *tls)
{
    trial_init(&scene->trial, &scene->bench, 0);
    trial_aim_secured(&scene->trial, "127.0.0.1", secure_server_port(scene->server));
    scene->trial.attempt.tls = tls;
}

static void open_scene(struct scene *scene, enum bench_strategy strategy, const struct secure_server_settings *settings,
                       const struct tls_settings *tls)
{
    scene->server = secure_server_start(settings);
    upstream_bench_open(&scene->bench, strategy, 1);
    init_trial(scene, tls);
}

static void close_scene(struct scene *scene)
{
    trial_clear(&scene->trial);
    upstream_bench_close(&scene->bench);
    secure_server_stop(scene->server);
}

static enum call_error run_again(struct scene *scene, const struct tls_settings *tls)
{
    trial_clear(&scene->trial);
    upstream_bench_turn_idly(&scene->bench);
    init_trial(scene, tls);
    trial_run(&scene->trial, &scene->bench);
    return scene->trial.attempt.error;
}

#define expect_in(strategy, what, condition)                                                                           \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fail_msg("%s, %s: %s", bench_strategy_names[strategy], (what), #condition);                                \
        }                                                                                                              \
    } while (0)

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
      .wish = { .issuer = &authorities.other },
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "signed by our authority, and only the system is trusted",
      .wish = { .issuer = &authorities.ours },
      .trusts_system = true,
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "for another name",
      .wish = { .name = "users.test", .issuer = &authorities.ours },
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "for another address",
      .wish = { .name = "127.0.0.2", .issuer = &authorities.ours },
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "for a name that begins alike",
      .wish = { .name = "127.0.0.1.test", .issuer = &authorities.ours },
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "expired",
      .wish = { .issuer = &authorities.ours, .from_s = -2 * (long)DAY_S, .to_s = -60 },
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "not yet valid",
      .wish = { .issuer = &authorities.ours, .from_s = CERTIFICATE_HOUR_S, .to_s = DAY_S },
      .error = CALL_TLS_CERTIFICATE_ERROR },
    { .name = "of an authority that has expired",
      .wish = { .issuer = &authorities.expired },
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
    struct scene scene;
    certificate_make(&certificate, &refusal->wish);
    struct tls_settings tls = trusting(refusal->trusts_itself    ? &certificate
                                       : refusal->trusts_expired ? &authorities.expired
                                                                 : &authorities.ours);
    open_scene(&scene, strategy, &(struct secure_server_settings){ .certificate = &certificate },
               refusal->trusts_system ? NULL : &tls);

    trial_run(&scene.trial, &scene.bench);

    expect_in(strategy, refusal->name, scene.trial.attempt.error == refusal->error);
    expect_in(strategy, refusal->name, scene.trial.attempt.sent_us == 0);
    expect_in(strategy, refusal->name, scene.trial.attempt.connected_us == 0);
    secure_server_wait_for_ends(scene.server, 1);
    struct secure_server_seen seen = secure_server_seen(scene.server);
    expect_in(strategy, refusal->name, seen.connections == 1);
    expect_in(strategy, refusal->name, seen.bytes == 0 && seen.requests == 0 && seen.early_bytes == 0);
    close_scene(&scene);
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
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &authorities.ours });
    struct tls_settings tls = trusting(&authorities.ours);

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        for (size_t i = 0; i < array_length(strangers); i++) {
            struct secure_server_settings settings = strangers[i].settings;
            struct scene scene;
            settings.certificate = settings.priorities != NULL ? &certificate : NULL;
            open_scene(&scene, strategy, &settings, &tls);

            trial_run(&scene.trial, &scene.bench);

            expect_in(strategy, strangers[i].name, scene.trial.attempt.error == CALL_TLS_PROTOCOL_ERROR);
            expect_in(strategy, strangers[i].name, scene.trial.attempt.sent_us == 0);
            secure_server_wait_for_ends(scene.server, 1);
            expect_in(strategy, strangers[i].name, secure_server_seen(scene.server).bytes == 0);
            close_scene(&scene);
        }
    }
}

/* ---- who is trusted ---- */

static void expect_answer(struct scene *scene, enum bench_strategy strategy, const char *what)
{
    expect_in(strategy, what, scene->trial.attempt.error == CALL_OK);
    expect_in(strategy, what, scene->trial.attempt.status == 200);
    expect_in(strategy, what, str_equal(buf_view(&scene->trial.attempt.response), STR("{\"tls\":true}")));
}

static void a_server_of_the_configured_authority_answers_and_its_connection_is_kept(void **state)
{
    struct certificate certificate;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &authorities.ours });
    struct tls_settings tls = trusting(&authorities.ours);

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct scene scene;
        open_scene(&scene, strategy, &(struct secure_server_settings){ .certificate = &certificate }, &tls);

        trial_run(&scene.trial, &scene.bench);
        expect_answer(&scene, strategy, "the first");
        (void)run_again(&scene, &tls);
        expect_answer(&scene, strategy, "the second");

        struct secure_server_seen seen = secure_server_seen(scene.server);
        expect_in(strategy, "kept", scene.trial.attempt.is_reused && seen.connections == 1 && seen.requests == 2);
        expect_in(strategy, "versions", strcmp(seen.version, "TLS1.3") == 0);
        expect_in(strategy, "ALPN", strcmp(seen.protocol, "http/1.1") == 0);
        expect_in(strategy, "no name for an address", seen.name[0] == '\0');
        expect_in(strategy, "no certificate", seen.client[0] == '\0');
        expect_in(strategy, "no early data", seen.early_bytes == 0);
        close_scene(&scene);
    }
}

static void tls_1_2_is_spoken_too(void **state)
{
    struct certificate certificate;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &authorities.ours });
    struct tls_settings tls = trusting(&authorities.ours);
    struct secure_server_settings settings = { .certificate = &certificate,
                                               .priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.2" };

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct scene scene;
        open_scene(&scene, strategy, &settings, &tls);

        trial_run(&scene.trial, &scene.bench);

        expect_answer(&scene, strategy, "TLS 1.2");
        expect_in(strategy, "version", strcmp(secure_server_seen(scene.server).version, "TLS1.2") == 0);
        close_scene(&scene);
    }
}

static void a_servers_name_is_asked_for_and_verified(void **state)
{
    struct certificate certificate;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .name = "users.test", .issuer = &authorities.ours });
    struct tls_settings tls = { .ca = file_of(authorities.ours.pem), .server_name = "users.test" };
    struct tls_settings wrong = { .ca = file_of(authorities.ours.pem), .server_name = "orders.test" };
    identify(&tls);
    identify(&wrong);

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct scene scene;
        open_scene(&scene, strategy, &(struct secure_server_settings){ .certificate = &certificate }, &tls);

        trial_run(&scene.trial, &scene.bench);
        expect_answer(&scene, strategy, "the right name");
        struct secure_server_seen seen = secure_server_seen(scene.server);
        expect_in(strategy, "SNI", strcmp(seen.name, "users.test") == 0);
        enum call_error error = run_again(&scene, &wrong);

        expect_in(strategy, "the wrong name", error == CALL_TLS_CERTIFICATE_ERROR);
        expect_in(strategy, "the wrong name", secure_server_seen(scene.server).requests == 1);
        close_scene(&scene);
    }
}

/* ---- who we are ---- */

static void a_clients_certificate_is_shown_where_one_is_configured(void **state)
{
    struct certificate certificate;
    struct certificate client;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &authorities.ours });
    certificate_make(&client, &(struct certificate_wish){ .name = "gateway.test", .issuer = &authorities.other });
    struct tls_settings tls = { .ca = file_of(authorities.ours.pem),
                                .certificate = file_of(client.pem),
                                .key = file_of(client.key_pem) };
    identify(&tls);
    struct secure_server_settings settings = { .certificate = &certificate, .client_authority = &authorities.other };

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct scene scene;
        open_scene(&scene, strategy, &settings, &tls);

        trial_run(&scene.trial, &scene.bench);

        expect_answer(&scene, strategy, "with a certificate");
        expect_in(strategy, "name", strcmp(secure_server_seen(scene.server).client, "gateway.test") == 0);
        close_scene(&scene);
    }
}

static void without_the_certificate_that_a_server_wants_no_answer_comes(void **state)
{
    struct certificate certificate;
    struct certificate client;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &authorities.ours });
    certificate_make(&client, &(struct certificate_wish){ .name = "gateway.test", .issuer = &authorities.ours });
    struct tls_settings without = trusting(&authorities.ours);
    struct tls_settings other = { .ca = file_of(authorities.ours.pem),
                                  .certificate = file_of(client.pem),
                                  .key = file_of(client.key_pem) };
    identify(&other);
    const struct tls_settings *const cases[] = { &without, &other };
    struct secure_server_settings settings = { .certificate = &certificate, .client_authority = &authorities.other };

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        for (size_t i = 0; i < array_length(cases); i++) {
            struct scene scene;
            open_scene(&scene, strategy, &settings, cases[i]);

            trial_run(&scene.trial, &scene.bench);

            expect_in(strategy, "no answer", scene.trial.attempt.error != CALL_OK);
            expect_in(strategy, "no answer", scene.trial.attempt.status == 0);
            print_message("%s: %s\n", bench_strategy_names[strategy], call_error_name(scene.trial.attempt.error));
            secure_server_wait_for_ends(scene.server, 1);
            expect_in(strategy, "no request", secure_server_seen(scene.server).requests == 0);
            close_scene(&scene);
        }
    }
}

/* ---- what is kept apart ---- */

static void a_kept_connection_is_not_for_calls_with_other_settings(void **state)
{
    struct certificate certificate;
    struct certificate client;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &authorities.ours });
    certificate_make(&client, &(struct certificate_wish){ .name = "gateway.test", .issuer = &authorities.other });
    struct tls_settings one = trusting(&authorities.ours);
    struct tls_settings same = trusting(&authorities.ours);
    struct tls_settings stranger = trusting(&authorities.other);
    struct tls_settings with_certificate = { .ca = file_of(authorities.ours.pem),
                                             .certificate = file_of(client.pem),
                                             .key = file_of(client.key_pem) };
    identify(&with_certificate);

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct scene scene;
        open_scene(&scene, strategy, &(struct secure_server_settings){ .certificate = &certificate }, &one);

        trial_run(&scene.trial, &scene.bench);
        expect_answer(&scene, strategy, "one");
        (void)run_again(&scene, &same);
        expect_answer(&scene, strategy, "the same in other memory");
        expect_in(strategy, "kept", secure_server_seen(scene.server).connections == 1);
        expect_in(strategy, "another authority", run_again(&scene, &stranger) == CALL_TLS_CERTIFICATE_ERROR);
        expect_in(strategy, "the system", run_again(&scene, NULL) == CALL_TLS_CERTIFICATE_ERROR);
        expect_in(strategy, "two requests", secure_server_seen(scene.server).requests == 2);
        size_t before = secure_server_seen(scene.server).connections;
        (void)run_again(&scene, &with_certificate);
        expect_answer(&scene, strategy, "another certificate of ours");
        expect_in(strategy, "a new one", secure_server_seen(scene.server).connections == before + 1);
        expect_in(strategy, "fresh", !scene.trial.attempt.is_reused);
        close_scene(&scene);
    }
}

/* A ticket from a connection that trusted our authority is of no use to one that does not. */
static void a_session_is_not_resumed_with_other_settings(void **state)
{
    static const char *const records[] = {
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 12\r\n\r\n{\"tls\":true}",
        NULL,
    };
    struct certificate certificate;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &authorities.ours });
    struct tls_settings tls = trusting(&authorities.ours);
    struct tls_settings stranger = trusting(&authorities.other);
    struct secure_server_settings settings = { .certificate = &certificate, .records = records };

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct scene scene;
        open_scene(&scene, strategy, &settings, &tls);

        trial_run(&scene.trial, &scene.bench);
        expect_answer(&scene, strategy, "one");
        (void)run_again(&scene, &tls);
        expect_answer(&scene, strategy, "another");
        struct secure_server_seen seen = secure_server_seen(scene.server);
        print_message("%s: %zu of %zu handshakes resumed a session\n", bench_strategy_names[strategy], seen.resumed,
                      seen.handshakes);
        expect_in(strategy, "another authority", run_again(&scene, &stranger) == CALL_TLS_CERTIFICATE_ERROR);
        expect_in(strategy, "the system", run_again(&scene, NULL) == CALL_TLS_CERTIFICATE_ERROR);
        seen = secure_server_seen(scene.server);
        expect_in(strategy, "two requests", seen.requests == 2 && seen.early_bytes == 0);
        close_scene(&scene);
    }
}

/* ---- bytes behind an answer ---- */

#define HEAD(length) "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n"
#define STRAY "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray"

static const struct {
    const char *name;
    const char *const records[4];
    bool sends_in_one_segment;
} strays[] = {
    { "in the record of the whole answer", { HEAD("12") "{\"tls\":true}" STRAY }, false },
    { "in the body's record", { HEAD("12"), "{\"tls\":true}" STRAY }, false },
    { "in the body's last record", { HEAD("12"), "{\"tls\"", ":true}" STRAY }, false },
    { "in a record behind it", { HEAD("12") "{\"tls\":true}", STRAY }, true },
    { "in a record behind the body's", { HEAD("12"), "{\"tls\":true}", STRAY }, true },
};

static void bytes_behind_an_answer_are_never_another_ones(void **state)
{
    struct certificate certificate;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &authorities.ours });
    struct tls_settings tls = trusting(&authorities.ours);

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        for (size_t i = 0; i < array_length(strays); i++) {
            struct secure_server_settings settings = { .certificate = &certificate,
                                                       .records = strays[i].records,
                                                       .sends_in_one_segment = strays[i].sends_in_one_segment };
            struct scene scene;
            open_scene(&scene, strategy, &settings, &tls);

            trial_run(&scene.trial, &scene.bench);
            expect_answer(&scene, strategy, strays[i].name);
            enum call_error error = run_again(&scene, &tls);

            /* The bytes may come after the next request was sent: then it ends as one whose connection died. */
            expect_in(strategy, strays[i].name, error == CALL_OK || error == CALL_CONNECTION_TERMINATED);
            if (error == CALL_OK) {
                expect_answer(&scene, strategy, strays[i].name);
            }
            close_scene(&scene);
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
        cmocka_unit_test(a_kept_connection_is_not_for_calls_with_other_settings),
        cmocka_unit_test(a_session_is_not_resumed_with_other_settings),
        cmocka_unit_test(bytes_behind_an_answer_are_never_another_ones),
    };

    return cmocka_run_group_tests(tests, make_authorities, NULL);
}
