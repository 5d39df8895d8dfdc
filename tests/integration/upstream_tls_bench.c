/* SPDX-License-Identifier: MIT */
#include "tests/integration/upstream_tls_bench.h"

#include "tests/support/unit.h"

struct tls_authorities tls_authorities;

int tls_authorities_make(void **state)
{
    (void)state;
    certificate_make(&tls_authorities.ours, &(struct certificate_wish){ .name = "ours", .is_authority = true });
    certificate_make(&tls_authorities.other, &(struct certificate_wish){ .name = "other", .is_authority = true });
    certificate_make(&tls_authorities.expired,
                     &(struct certificate_wish){
                         .name = "expired", .is_authority = true, .from_s = -2 * (long)DAY_S, .to_s = -DAY_S });
    return 0;
}

struct tls_file tls_file_of(const char *text)
{
    return (struct tls_file){ .path = "file.pem", .text = str_of(text) };
}

void tls_identify(struct tls_settings *tls)
{
    const struct str texts[] = { tls->ca.text, tls->certificate.text, tls->key.text,
                                 tls->server_name != NULL ? str_of(tls->server_name) : (struct str){ NULL, 0 } };

    assert_int_equal(pem_fingerprint(texts, array_length(texts), tls->fingerprint), 0);
}

struct tls_settings tls_trusting(const struct certificate *authority)
{
    struct tls_settings tls = { .ca = tls_file_of(authority->pem) };

    tls_identify(&tls);
    return tls;
}

static void init_trial(struct tls_scene *scene, const struct tls_settings *tls)
{
    trial_init(&scene->trial, &scene->bench, 0);
    trial_aim_secured(&scene->trial, "127.0.0.1", secure_server_port(scene->server));
    scene->trial.attempt.tls = tls;
}

void tls_scene_open(struct tls_scene *scene, enum bench_strategy strategy,
                    const struct secure_server_settings *settings, const struct tls_settings *tls)
{
    scene->server = secure_server_start(settings);
    upstream_bench_open(&scene->bench, strategy, 1);
    init_trial(scene, tls);
}

void tls_scene_close(struct tls_scene *scene)
{
    trial_clear(&scene->trial);
    upstream_bench_close(&scene->bench);
    secure_server_stop(scene->server);
}

enum call_error tls_scene_run_again(struct tls_scene *scene, const struct tls_settings *tls)
{
    trial_clear(&scene->trial);
    upstream_bench_turn_idly(&scene->bench);
    init_trial(scene, tls);
    trial_run(&scene->trial, &scene->bench);
    return scene->trial.attempt.error;
}

void tls_scene_expect_answer(struct tls_scene *scene, enum bench_strategy strategy, const char *what)
{
    expect_in(strategy, what, scene->trial.attempt.error == CALL_OK);
    expect_in(strategy, what, scene->trial.attempt.status == 200);
    expect_in(strategy, what, str_equal(buf_view(&scene->trial.attempt.response), STR("{\"tls\":true}")));
}
