/* SPDX-License-Identifier: MIT */
/*
 * How https: servers end an answer and a session, in every strategy: what nobody may cut short, and what a server may
 * not ask for.
 */
#include "tests/integration/upstream_tls_bench.h"
#include "tests/support/unit.h"

static const char *const versions[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3" };

/* ---- ends ---- */

struct ending {
    const char *name;
    const char *records[4];
    enum secure_server_end end;
    enum call_error error;
};

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

static const struct ending endings[] = {
    { .name = "a body to the session's end, and a goodbye",
      .records = { HEAD "\r\n123456" },
      .end = SECURE_SERVER_SAYS_GOODBYE },
    { .name = "a body to the session's end, and none",
      .records = { HEAD "\r\n123456" },
      .end = SECURE_SERVER_IS_CUT_OFF,
      .error = CALL_HTTP_RESPONSE_INCOMPLETE },
    { .name = "the same in several records, and a goodbye",
      .records = { HEAD, "\r\n123", "456" },
      .end = SECURE_SERVER_SAYS_GOODBYE },
    { .name = "the same in several records, and none",
      .records = { HEAD, "\r\n123", "456" },
      .end = SECURE_SERVER_IS_CUT_OFF,
      .error = CALL_HTTP_RESPONSE_INCOMPLETE },
    { .name = "a head, and no goodbye",
      .records = { HEAD "\r\n" },
      .end = SECURE_SERVER_IS_CUT_OFF,
      .error = CALL_HTTP_RESPONSE_INCOMPLETE },
    { .name = "all of a length, and no goodbye",
      .records = { HEAD "Content-Length: 6\r\n\r\n123456" },
      .end = SECURE_SERVER_IS_CUT_OFF },
    { .name = "a part of a length, and a goodbye",
      .records = { HEAD "Content-Length: 7\r\n\r\n123456" },
      .end = SECURE_SERVER_SAYS_GOODBYE,
      .error = CALL_HTTP_RESPONSE_INCOMPLETE },
    { .name = "all chunks, and no goodbye",
      .records = { HEAD "Transfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n0\r\n\r\n" },
      .end = SECURE_SERVER_IS_CUT_OFF },
    { .name = "nothing, and a goodbye",
      .records = { NULL },
      .end = SECURE_SERVER_SAYS_GOODBYE,
      .error = CALL_CONNECTION_TERMINATED },
};

static void expect_ending(const struct ending *ending, enum bench_strategy strategy,
                          const struct secure_server_settings *settings, const struct tls_settings *tls)
{
    struct tls_scene scene;
    tls_scene_open(&scene, strategy, settings, tls);

    trial_run(&scene.trial, &scene.bench);

    const struct attempt *attempt = &scene.trial.attempt;
    bool is_whole = str_equal(buf_view(&attempt->response), STR("123456"));
    if (attempt->error != ending->error || (ending->error == CALL_OK && !is_whole)) {
        fail_msg("%s, %s, %s: %s", bench_strategy_names[strategy], settings->priorities, ending->name,
                 call_error_name(attempt->error));
    }
    tls_scene_close(&scene);
}

static void an_answer_that_could_have_been_cut_short_is_not_taken_for_a_whole_one(void **state)
{
    struct certificate certificate;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &tls_authorities.ours });
    struct tls_settings tls = tls_trusting(&tls_authorities.ours);

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        for (size_t i = 0; i < array_length(endings) * array_length(versions); i++) {
            const struct ending *ending = &endings[i / array_length(versions)];
            struct secure_server_settings settings = { .certificate = &certificate,
                                                       .priorities = versions[i % array_length(versions)],
                                                       .records = ending->records,
                                                       .end = ending->end };
            expect_ending(ending, strategy, &settings, &tls);
        }
    }
}

/* The handle, and with it what it looked for, is used again: in sync and threads there is but one. */
static void what_one_answer_waited_for_does_not_matter_to_the_next(void **state)
{
    static const char *const records[] = { HEAD "\r\n123456", NULL };
    static const struct scripted_step steps[] = { { .bytes = HEAD "\r\n12", .after = SCRIPTED_CLOSE } };
    struct certificate certificate;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &tls_authorities.ours });
    struct tls_settings tls = tls_trusting(&tls_authorities.ours);
    struct secure_server_settings settings = { .certificate = &certificate,
                                               .records = records,
                                               .end = SECURE_SERVER_SAYS_GOODBYE };

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct scripted_server *plain = scripted_server_start(steps, array_length(steps));
        struct tls_scene scene;
        tls_scene_open(&scene, strategy, &settings, &tls);
        trial_run(&scene.trial, &scene.bench);
        expect_in(strategy, "to the session's end", scene.trial.attempt.error == CALL_OK);
        trial_clear(&scene.trial);

        trial_init(&scene.trial, &scene.bench, scripted_server_port(plain));
        trial_run(&scene.trial, &scene.bench);

        expect_in(strategy, "to the connection's end", scene.trial.attempt.error == CALL_OK);
        expect_in(strategy, "whole", str_equal(buf_view(&scene.trial.attempt.response), STR("12")));
        tls_scene_close(&scene);
        scripted_server_stop(plain);
    }
}

/* ---- another handshake ---- */

static void a_server_that_asks_for_another_handshake_gets_none_and_its_answer_is_taken(void **state)
{
    struct certificate certificate;
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .issuer = &tls_authorities.ours });
    struct tls_settings tls = tls_trusting(&tls_authorities.ours);
    struct secure_server_settings settings = { .certificate = &certificate,
                                               .priorities = versions[0],
                                               .asks_anew = true };

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct tls_scene scene;
        tls_scene_open(&scene, strategy, &settings, &tls);

        trial_run(&scene.trial, &scene.bench);

        tls_scene_expect_answer(&scene, strategy, "answered");
        struct secure_server_seen seen = secure_server_seen(scene.server);
        expect_in(strategy, "not renewed", seen.renewed == 0);
        expect_in(strategy, "one handshake", seen.handshakes == 1);
        tls_scene_close(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_could_have_been_cut_short_is_not_taken_for_a_whole_one),
        cmocka_unit_test(what_one_answer_waited_for_does_not_matter_to_the_next),
        cmocka_unit_test(a_server_that_asks_for_another_handshake_gets_none_and_its_answer_is_taken),
    };

    return cmocka_run_group_tests(tests, tls_authorities_make, NULL);
}
