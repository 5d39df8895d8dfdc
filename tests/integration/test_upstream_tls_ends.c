/* SPDX-License-Identifier: MIT */
/*
 * How https: servers end an answer and a session, in every strategy: what nobody may cut short, and what a server may
 * not ask for.
 */
#include <stdio.h>

#include "gateway/tls_settings.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/secure_server.h"
#include "tests/support/unit.h"

static const char *const versions[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3" };

struct scene {
    struct certificate authority;
    struct certificate certificate;
    struct tls_settings tls;
    struct secure_server *server;
    struct upstream_bench bench;
    struct trial trial;
};

static void make_certificates(struct scene *scene)
{
    certificate_make(&scene->authority, &(struct certificate_wish){ .name = "ours", .is_authority = true });
    certificate_make(&scene->certificate, &(struct certificate_wish){ .issuer = &scene->authority });
    scene->tls = (struct tls_settings){
        .ca = { .path = "ca.pem", .text = str_of(scene->authority.pem) },
        .fingerprint = { 1 },
    };
}

static void run(struct scene *scene, enum bench_strategy strategy, const struct secure_server_settings *settings)
{
    struct trial *trial = &scene->trial;

    scene->server = secure_server_start(settings);
    upstream_bench_open(&scene->bench, strategy, 1);
    trial_init(trial, &scene->bench, 0);
    trial->server = (struct url){ .host = "127.0.0.1", .is_tls = true, .port = secure_server_port(scene->server) };
    (void)snprintf(trial->server.authority, sizeof trial->server.authority, "127.0.0.1:%u",
                   (unsigned)trial->server.port);
    trial->attempt.tls = &scene->tls;
    trial_run(trial, &scene->bench);
}

static void close_scene(struct scene *scene)
{
    trial_clear(&scene->trial);
    upstream_bench_close(&scene->bench);
    secure_server_stop(scene->server);
}

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

static void expect_ending(struct scene *scene, const struct ending *ending, enum bench_strategy strategy,
                          const char *version)
{
    const struct attempt *attempt = &scene->trial.attempt;

    run(scene, strategy,
        &(struct secure_server_settings){ .certificate = &scene->certificate,
                                          .priorities = version,
                                          .records = ending->records,
                                          .end = ending->end });

    bool is_whole = str_equal(buf_view(&attempt->response), STR("123456"));
    if (attempt->error != ending->error || (ending->error == CALL_OK && !is_whole)) {
        fail_msg("%s, %s, %s: %s", bench_strategy_names[strategy], version, ending->name,
                 call_error_name(attempt->error));
    }
    close_scene(scene);
}

static void an_answer_that_could_have_been_cut_short_is_not_taken_for_a_whole_one(void **state)
{
    struct scene scene = { .server = NULL };
    (void)state;
    make_certificates(&scene);

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        for (size_t i = 0; i < array_length(endings) * array_length(versions); i++) {
            expect_ending(&scene, &endings[i / array_length(versions)], strategy, versions[i % array_length(versions)]);
        }
    }
}

/* The handle, and with it what it looked for, is used again: in sync and threads there is but one. */
static void what_one_answer_waited_for_does_not_matter_to_the_next(void **state)
{
    static const char *const records[] = { HEAD "\r\n123456", NULL };
    static const struct scripted_step steps[] = { { .bytes = HEAD "\r\n12", .after = SCRIPTED_CLOSE } };
    struct scene scene = { .server = NULL };
    (void)state;
    make_certificates(&scene);
    struct secure_server_settings settings = { .certificate = &scene.certificate,
                                               .records = records,
                                               .end = SECURE_SERVER_SAYS_GOODBYE };

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct scripted_server *plain = scripted_server_start(steps, array_length(steps));
        run(&scene, strategy, &settings);
        assert_int_equal(scene.trial.attempt.error, CALL_OK);
        trial_clear(&scene.trial);

        trial_init(&scene.trial, &scene.bench, scripted_server_port(plain));
        trial_run(&scene.trial, &scene.bench);

        assert_int_equal(scene.trial.attempt.error, CALL_OK);
        assert_true(str_equal(buf_view(&scene.trial.attempt.response), STR("12")));
        close_scene(&scene);
        scripted_server_stop(plain);
    }
}

/* ---- another handshake ---- */

static void a_server_that_asks_for_another_handshake_gets_none_and_its_answer_is_taken(void **state)
{
    struct scene scene = { .server = NULL };
    (void)state;
    make_certificates(&scene);

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        run(&scene, strategy,
            &(struct secure_server_settings){
                .certificate = &scene.certificate, .priorities = versions[0], .asks_anew = true });

        assert_int_equal(scene.trial.attempt.error, CALL_OK);
        assert_int_equal(scene.trial.attempt.status, 200);
        struct secure_server_seen seen = secure_server_seen(scene.server);
        assert_int_equal(seen.renewed, 0);
        assert_int_equal(seen.handshakes, 1);
        close_scene(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_could_have_been_cut_short_is_not_taken_for_a_whole_one),
        cmocka_unit_test(what_one_answer_waited_for_does_not_matter_to_the_next),
        cmocka_unit_test(a_server_that_asks_for_another_handshake_gets_none_and_its_answer_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
