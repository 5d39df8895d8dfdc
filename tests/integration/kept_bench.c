/* SPDX-License-Identifier: MIT */
#include "tests/integration/kept_bench.h"

#include "tests/support/unit.h"

void kept_bench_open(struct kept_bench *kept, enum bench_strategy strategy, const struct scripted_step *steps,
                     size_t count)
{
    print_message("%s\n", bench_strategy_names[strategy]);
    kept->server = scripted_server_start(steps, count);
    upstream_bench_open(&kept->bench, strategy, 1);
}

void kept_bench_close(struct kept_bench *kept)
{
    upstream_bench_close(&kept->bench);
    scripted_server_stop(kept->server);
}

void kept_bench_init_trial(struct trial *trial, struct kept_bench *kept, const char *method, struct str body)
{
    trial_init(trial, &kept->bench, scripted_server_port(kept->server));
    trial->attempt.method = method;
    trial->attempt.body = body.length > 0 ? body : (struct str){ NULL, 0 };
}

void kept_bench_warm_up(struct kept_bench *kept)
{
    struct trial trial;

    kept_bench_init_trial(&trial, kept, "GET", STR(""));
    trial_run(&trial, &kept->bench);
    assert_int_equal(trial.attempt.error, CALL_OK);
    assert_false(trial.attempt.is_reused);
    trial_clear(&trial);
}
