/* SPDX-License-Identifier: MIT */
#include "tests/integration/name_bench.h"

#include <poll.h>
#include <stdio.h>

#include "tests/support/gate.h"
#include "tests/support/unit.h"

static void note(struct asker *asker, const struct name_answer *answer)
{
    asker->answer_count++;
    asker->error = answer->error;
    (void)snprintf(asker->text, sizeof asker->text, "%s", answer->addresses != NULL ? answer->addresses->text : "");
    name_addresses_release(asker->addresses);
    asker->addresses = name_addresses_hold(answer->addresses);
}

static void on_answer(struct name_waiter *waiter, const struct name_answer *answer)
{
    note(container_of(waiter, struct asker, waiter), answer);
}

struct asker asker_new(void)
{
    return (struct asker){ .waiter = { .on_answer = on_answer } };
}

bool bench_ask(struct name_bench *bench, struct asker *asker, const char *name)
{
    struct name_answer answer;
    bool is_known = name_resolver_ask(bench->resolver, name, &asker->waiter, &answer);

    if (is_known) {
        note(asker, &answer);
    }
    return is_known;
}

void bench_turn_until_answered(struct name_bench *bench, const struct asker *asker)
{
    uint64_t start_us = clock_monotonic_us();

    while (asker->answer_count == 0 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(bench->loop, 100 * (uint64_t)CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(asker->answer_count, 1);
}

struct asker bench_find_out(struct name_bench *bench, const char *name)
{
    struct asker asker = asker_new();

    if (!bench_ask(bench, &asker, name)) {
        bench_turn_until_answered(bench, &asker);
    }
    return asker;
}

void asker_leave(struct asker *asker)
{
    name_waiter_leave(&asker->waiter);
    name_addresses_release(take_pointer(asker->addresses));
}

void bench_outlive(unsigned milliseconds)
{
    uint64_t until_us = clock_monotonic_us() + milliseconds * (uint64_t)CLOCK_US_PER_MS;

    while (clock_monotonic_us() < until_us) {
        (void)poll(NULL, 0, 10);
    }
}

void bench_say(struct name_bench *bench, const char *addresses, unsigned ttl_s)
{
    name_server_say(bench->server, NAME, &(struct name_server_saying){ .addresses = addresses, .ttl_s = ttl_s });
}

void bench_say_manner(struct name_bench *bench, enum name_server_manner manner)
{
    name_server_say(bench->server, NAME, &(struct name_server_saying){ .manner = manner });
}

void bench_open_resolver(struct name_bench *bench, const char *resolv_conf)
{
    const struct name_channel_settings settings = { .servers = name_server_address(bench->server),
                                                    .resolv_conf = resolv_conf };

    bench->resolver = name_resolver_new(bench->loop, &settings);
    assert_non_null(bench->resolver);
}

int name_bench_setup(void **state)
{
    struct name_bench *bench = calloc(1, sizeof *bench);

    assert_non_null(bench);
    bench->loop = loop_new();
    assert_non_null(bench->loop);
    bench->server = name_server_start();
    bench_open_resolver(bench, NULL);
    *state = bench;
    return 0;
}

int name_bench_teardown(void **state)
{
    struct name_bench *bench = *state;

    name_resolver_free(bench->resolver);
    name_server_stop(bench->server);
    loop_free(bench->loop);
    free(bench);
    return 0;
}

int name_bench_begin(void **state)
{
    (void)state;
    return name_channel_global_init();
}

int name_bench_end(void **state)
{
    (void)state;
    name_channel_global_clear();
    return 0;
}
