/* SPDX-License-Identifier: MIT */
/*
 * What is kept of connections and sessions over TLS, and kept apart, in every strategy.
 */
#include "tests/integration/upstream_tls_bench.h"
#include "tests/support/unit.h"

/* ---- what is kept apart ---- */

static void a_kept_connection_is_not_for_calls_with_other_settings(void **state)
{
    struct certificate certificate;
    struct certificate client;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &tls_authorities.ours });
    certificate_make(&client, &(struct certificate_wish){ .name = "gateway.test", .issuer = &tls_authorities.other });
    struct tls_settings one = tls_trusting(&tls_authorities.ours);
    struct tls_settings same = tls_trusting(&tls_authorities.ours);
    struct tls_settings stranger = tls_trusting(&tls_authorities.other);
    struct tls_settings with_certificate = { .ca = tls_file_of(tls_authorities.ours.pem),
                                             .certificate = tls_file_of(client.pem),
                                             .key = tls_file_of(client.key_pem) };
    tls_identify(&with_certificate);

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct tls_scene scene;
        tls_scene_open(&scene, strategy, &(struct secure_server_settings){ .certificate = &certificate }, &one);

        trial_run(&scene.trial, &scene.bench);
        tls_scene_expect_answer(&scene, strategy, "one");
        (void)tls_scene_run_again(&scene, &same);
        tls_scene_expect_answer(&scene, strategy, "the same in other memory");
        expect_in(strategy, "kept", secure_server_seen(scene.server).connections == 1);
        expect_in(strategy, "another authority", tls_scene_run_again(&scene, &stranger) == CALL_TLS_CERTIFICATE_ERROR);
        expect_in(strategy, "the system", tls_scene_run_again(&scene, NULL) == CALL_TLS_CERTIFICATE_ERROR);
        expect_in(strategy, "two requests", secure_server_seen(scene.server).requests == 2);
        size_t before = secure_server_seen(scene.server).connections;
        (void)tls_scene_run_again(&scene, &with_certificate);
        tls_scene_expect_answer(&scene, strategy, "another certificate of ours");
        expect_in(strategy, "a new one", secure_server_seen(scene.server).connections == before + 1);
        expect_in(strategy, "fresh", !scene.trial.attempt.is_reused);
        tls_scene_close(&scene);
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
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &tls_authorities.ours });
    struct tls_settings tls = tls_trusting(&tls_authorities.ours);
    struct tls_settings stranger = tls_trusting(&tls_authorities.other);
    struct secure_server_settings settings = { .certificate = &certificate, .records = records };

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct tls_scene scene;
        tls_scene_open(&scene, strategy, &settings, &tls);

        trial_run(&scene.trial, &scene.bench);
        tls_scene_expect_answer(&scene, strategy, "one");
        (void)tls_scene_run_again(&scene, &tls);
        tls_scene_expect_answer(&scene, strategy, "another");
        struct secure_server_seen seen = secure_server_seen(scene.server);
        print_message("%s: %zu of %zu handshakes resumed a session\n", bench_strategy_names[strategy], seen.resumed,
                      seen.handshakes);
        expect_in(strategy, "another authority", tls_scene_run_again(&scene, &stranger) == CALL_TLS_CERTIFICATE_ERROR);
        expect_in(strategy, "the system", tls_scene_run_again(&scene, NULL) == CALL_TLS_CERTIFICATE_ERROR);
        seen = secure_server_seen(scene.server);
        expect_in(strategy, "two requests", seen.requests == 2 && seen.early_bytes == 0);
        tls_scene_close(&scene);
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
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &tls_authorities.ours });
    struct tls_settings tls = tls_trusting(&tls_authorities.ours);

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        for (size_t i = 0; i < array_length(strays); i++) {
            struct secure_server_settings settings = { .certificate = &certificate,
                                                       .records = strays[i].records,
                                                       .sends_in_one_segment = strays[i].sends_in_one_segment };
            struct tls_scene scene;
            tls_scene_open(&scene, strategy, &settings, &tls);

            trial_run(&scene.trial, &scene.bench);
            tls_scene_expect_answer(&scene, strategy, strays[i].name);
            enum call_error error = tls_scene_run_again(&scene, &tls);

            /* The bytes may come after the next request was sent: then it ends as one whose connection died. */
            expect_in(strategy, strays[i].name, error == CALL_OK || error == CALL_CONNECTION_TERMINATED);
            if (error == CALL_OK) {
                tls_scene_expect_answer(&scene, strategy, strays[i].name);
            }
            tls_scene_close(&scene);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_connection_is_not_for_calls_with_other_settings),
        cmocka_unit_test(a_session_is_not_resumed_with_other_settings),
        cmocka_unit_test(bytes_behind_an_answer_are_never_another_ones),
    };

    return cmocka_run_group_tests(tests, tls_authorities_make, NULL);
}
