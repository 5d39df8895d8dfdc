/* SPDX-License-Identifier: MIT */
#include "tests/integration/named_bench.h"

#include <stdio.h>
#include <time.h>

#include "gateway/transfer.h"
#include "tests/support/unit.h"

static const struct scripted_step good_steps[] = { { .json = "{}" } };

static void before_block(void *context)
{
    (void)context;
}

void named_bench_open(struct named_bench *named, enum bench_strategy strategy, const struct scripted_step *steps,
                      size_t step_count)
{
    *named = (struct named_bench){ .names = name_server_start(), .blocks = strategy == BENCH_SYNC };
    print_message("%s\n", bench_strategy_names[strategy]);
    named->server = scripted_server_start(steps, step_count);
    upstream_bench_open(&named->bench, strategy, 1);
    named->resolver = name_resolver_new(
        named->bench.loop, &(struct name_channel_settings){ .servers = name_server_address(named->names) });
    assert_non_null(named->resolver);
    named->bench.upstream = upstream_named_new(
        named->bench.upstream, &(struct upstream_names){ .loop = named->bench.loop,
                                                         .resolver = named->resolver,
                                                         .before_block = named->blocks ? before_block : NULL });
    assert_non_null(named->bench.upstream);
}

void named_bench_close(struct named_bench *named)
{
    upstream_free(take_pointer(named->bench.upstream));
    name_resolver_free(named->resolver);
    upstream_bench_close(&named->bench);
    scripted_server_stop(named->server);
    name_server_stop(named->names);
}

void named_bench_say(struct named_bench *named, const char *addresses, unsigned ttl_s)
{
    name_server_say(named->names, NAME, &(struct name_server_saying){ .addresses = addresses, .ttl_s = ttl_s });
}

void named_bench_init_trial(struct trial *trial, struct named_bench *named)
{
    uint16_t port = scripted_server_port(named->server);

    trial_init(trial, &named->bench, port);
    trial->server = (struct url){ .host = NAME, .port = port, .is_name = true };
    (void)snprintf(trial->server.authority, sizeof trial->server.authority, NAME ":%u", (unsigned)port);
}

enum call_error named_bench_run(struct named_bench *named)
{
    struct trial trial;

    named_bench_init_trial(&trial, named);
    trial_run(&trial, &named->bench);
    enum call_error error = trial.attempt.error;
    trial_clear(&trial);
    return error;
}

void named_bench_outlive_a_second(void)
{
    const struct timespec moment = { .tv_sec = 1, .tv_nsec = 100 * 1000 * 1000 };

    (void)nanosleep(&moment, NULL);
}

void named_bench_for_each_with(const struct scripted_step *steps, size_t count, named_fn *test)
{
    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct named_bench named;

        named_bench_open(&named, strategy, steps, count);
        test(&named, strategy);
        named_bench_close(&named);
    }
}

void named_bench_for_each(named_fn *test)
{
    named_bench_for_each_with(good_steps, array_length(good_steps), test);
}

int named_bench_begin(void **state)
{
    (void)state;
    return transfer_global_init() < 0 || name_channel_global_init() < 0 ? -1 : 0;
}

int named_bench_end(void **state)
{
    (void)state;
    name_channel_global_clear();
    transfer_global_clear();
    return 0;
}
