/* SPDX-License-Identifier: MIT */
#include "lab/sweep_limit.h"

#include "tests/support/unit.h"

/* client, gateway, backend, machine, cores, threads */
#define USED(client, gateway, backend, busy)                                                                           \
    .client_cores = (client), .gateway_cores = (gateway), .backend_cores = (backend), .machine_busy_cores = (busy),    \
    .machine_cores = 4, .gateway_threads = 1

static const struct {
    const char *name;
    struct sweep_usage usage;
    enum sweep_limit expected;
} rows[] = {
    { "everybody waits", { USED(0.1, 0.2, 0.1, 0.5) }, SWEEP_LIMIT_NONE },
    { "just below each", { USED(0.84, 0.89, 0.89, 3.67) }, SWEEP_LIMIT_NONE },
    { "the client's thread", { USED(0.85, 0.2, 0.1, 1.2) }, SWEEP_LIMIT_CLIENT },
    { "the client before the gateway", { USED(0.85, 0.95, 0.1, 2) }, SWEEP_LIMIT_CLIENT },
    { "the client before the machine", { USED(0.9, 0.2, 0.1, 4) }, SWEEP_LIMIT_CLIENT },
    { "the gateway's loop", { USED(0.5, 0.9, 0.1, 1.6) }, SWEEP_LIMIT_GATEWAY },
    { "the gateway before the machine", { USED(0.5, 0.95, 0.8, 4) }, SWEEP_LIMIT_GATEWAY },
    { "two loops, one of them full",
      { .gateway_cores = 1.2, .gateway_threads = 2, .machine_cores = 4 },
      SWEEP_LIMIT_NONE },
    { "two loops, both full", { .gateway_cores = 1.8, .gateway_threads = 2, .machine_cores = 4 }, SWEEP_LIMIT_GATEWAY },
    { "more threads than cores",
      { .gateway_cores = 1.8, .gateway_threads = 17, .machine_cores = 2 },
      SWEEP_LIMIT_GATEWAY },
    { "the backend's thread", { USED(0.5, 0.5, 0.9, 1.9) }, SWEEP_LIMIT_BACKEND },
    { "the backend's places",
      { USED(0.1, 0.1, 0.1, 0.3), .has_backend_limit = true, .backend_share = 0.98 },
      SWEEP_LIMIT_BACKEND },
    { "places enough",
      { USED(0.1, 0.1, 0.1, 0.3), .has_backend_limit = true, .backend_share = 0.5 },
      SWEEP_LIMIT_NONE },
    { "no limit of places", { USED(0.1, 0.1, 0.1, 0.3), .backend_share = 5 }, SWEEP_LIMIT_NONE },
    { "others on the machine", { USED(0.1, 0.1, 0.1, 3.7) }, SWEEP_LIMIT_MACHINE },
    { "all of us together",
      { .client_cores = 0.8, .gateway_cores = 0.8, .backend_cores = 0.8, .machine_cores = 2.4, .gateway_threads = 1 },
      SWEEP_LIMIT_MACHINE },
    { "late, and connections free",
      { USED(0.3, 0.1, 0.1, 0.6), .late_p99_us = 6000, .latency_p50_us = 50000 },
      SWEEP_LIMIT_CLIENT },
    { "late, but by less than shows",
      { USED(0.3, 0.1, 0.1, 0.6), .late_p99_us = 4000, .latency_p50_us = 50000 },
      SWEEP_LIMIT_NONE },
    { "late, but by less than a timer's slack",
      { USED(0.3, 0.1, 0.1, 0.6), .late_p99_us = 900, .latency_p50_us = 500 },
      SWEEP_LIMIT_NONE },
    { "late, because no connection was free",
      { USED(0.3, 0.1, 0.1, 0.6), .late_p99_us = 60000, .latency_p50_us = 50000, .waited_share = 0.5 },
      SWEEP_LIMIT_NONE },
    { "late on a machine that is full",
      { USED(0.3, 0.1, 0.1, 4), .late_p99_us = 6000, .latency_p50_us = 50000 },
      SWEEP_LIMIT_MACHINE },
};

static void a_limit_is_what_ran_out_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        assert_case(rows[i].name, sweep_limit_of(&rows[i].usage) == rows[i].expected);
    }
}

static void each_limit_has_its_name(void **state)
{
    (void)state;

    assert_string_equal(sweep_limit_names[SWEEP_LIMIT_NONE], "none");
    assert_string_equal(sweep_limit_names[SWEEP_LIMIT_CLIENT], "client");
    assert_string_equal(sweep_limit_names[SWEEP_LIMIT_GATEWAY], "gateway");
    assert_string_equal(sweep_limit_names[SWEEP_LIMIT_MACHINE], "machine");
    assert_string_equal(sweep_limit_names[SWEEP_LIMIT_BACKEND], "backend");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_is_what_ran_out_first),
        cmocka_unit_test(each_limit_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
