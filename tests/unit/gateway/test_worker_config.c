/* SPDX-License-Identifier: MIT */
#include "gateway/worker_config.h"

#include <stdatomic.h>

#include "gateway/metrics.h"
#include "tests/support/unit.h"

static const struct worker_place alone = { 0, 1 };

/* A configuration with these backends, which must last as long as it does. */
static struct config *config_with(const struct config_backend *backends, size_t count)
{
    const struct settings settings = { .workers = 1 };
    struct config *config = config_new(&settings);

    assert_non_null(config);
    config->backends = backends;
    config->backend_count = count;
    return config;
}

/* Of the configuration nothing is left but what the worker holds. */
static struct worker_config *take_over(struct config *config, struct worker_place place, struct metrics *metrics,
                                       struct backend_gates *gates)
{
    struct worker_config *made = worker_config_new(config, place, metrics, gates);

    assert_non_null(made);
    config_release(config);
    return made;
}

static enum gate_verdict enter(struct backend_gate *gate, struct gate_ticket *ticket)
{
    *ticket = (struct gate_ticket){ .is_waiting = false };
    return backend_gate_enter(gate, ticket);
}

/* How many get in, and how many stand in line after that; they stay. */
static void assert_room(struct backend_gate *gate, size_t places, size_t line)
{
    static struct gate_ticket tickets[32];
    static size_t used = 0;
    const enum gate_verdict verdicts[] = { GATE_ENTERED, GATE_WAITING };
    const size_t counts[] = { places, line };

    for (size_t kind = 0; kind < array_length(counts); kind++) {
        for (size_t i = 0; i < counts[kind]; i++) {
            assert_true(used < array_length(tickets));
            assert_int_equal(enter(gate, &tickets[used++]), verdicts[kind]);
        }
    }
    assert_int_equal(enter(gate, &tickets[used]), GATE_FULL);
}

/* ---- shares ---- */

static void worker_config_share_is_each_workers_part(void **state)
{
    static const struct {
        const char *name;
        size_t limit;
        struct worker_place place;
        size_t share;
    } cases[] = {
        { "one worker has it all", 200, { 0, 1 }, 200 },
        { "equal parts", 200, { 3, 4 }, 50 },
        { "the first have what is left over", 10, { 0, 4 }, 3 },
        { "and so has the second", 10, { 1, 4 }, 3 },
        { "but not the third", 10, { 2, 4 }, 2 },
        { "nor the last", 10, { 3, 4 }, 2 },
        { "never nothing", 1, { 1, 4 }, 1 },
        { "one for all of 256", 1, { 255, 256 }, 1 },
        { "any number stays any number", SIZE_MAX, { 1, 4 }, SIZE_MAX },
        { "none stays none", 0, { 0, 4 }, 0 },
        { "almost any number", SIZE_MAX - 1, { 0, 2 }, SIZE_MAX / 2 },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        assert_case(cases[i].name, worker_config_share(cases[i].limit, cases[i].place) == cases[i].share);
    }
}

static void worker_config_shares_add_up_and_are_nearly_equal(void **state)
{
    (void)state;

    for (unsigned count = 1; count <= 20; count++) {
        for (size_t limit = 1; limit <= 70; limit++) {
            size_t first = worker_config_share(limit, (struct worker_place){ 0, count });
            size_t sum = 0;
            for (unsigned i = 0; i < count; i++) {
                size_t share = worker_config_share(limit, (struct worker_place){ i, count });
                assert_in_range(share, first > 1 ? first - 1 : 1, first);
                sum += share;
            }
            assert_int_equal(sum, limit > count ? limit : count);
        }
    }
}

static void worker_config_gives_each_gate_its_share(void **state)
{
    const struct config_backend backends[] = {
        { .name = STR("users"), .max_in_flight = 5, .queue = 3 },
        { .name = STR("orders"), .max_in_flight = 1, .queue = 0 },
    };
    static const struct {
        unsigned index;
        size_t users, users_line, requests;
    } cases[] = { { 0, 3, 2, 4 }, { 1, 2, 1, 3 } };
    struct metrics *metrics = metrics_new();
    struct backend_gates gates = { NULL };
    (void)state;
    assert_non_null(metrics);

    for (size_t i = 0; i < array_length(cases); i++) {
        struct config *config = config_with(backends, array_length(backends));
        config->limits.in_flight = 7;
        struct worker_config *worker = take_over(config, (struct worker_place){ cases[i].index, 2 }, metrics, &gates);

        assert_int_equal(worker->in_flight_limit, cases[i].requests);
        assert_room(worker->gates[0], cases[i].users, cases[i].users_line);
        assert_room(worker->gates[1], 1, 0);
        worker_config_release(worker);
    }

    metrics_free(metrics);
}

/* ---- life ---- */

static void worker_config_holds_its_configuration_until_nobody_needs_it(void **state)
{
    const struct config_backend backends[] = { { .name = STR("users"), .max_in_flight = 1 } };
    struct config *config = config_with(backends, array_length(backends));
    struct metrics *metrics = metrics_new();
    struct backend_gates gates = { NULL };
    (void)state;
    assert_non_null(metrics);

    struct worker_config *worker = worker_config_new(config, alone, metrics, &gates);
    assert_non_null(worker);
    assert_ptr_equal(worker->config, config);
    assert_int_equal(atomic_load(&config->references), 2);
    assert_ptr_equal(worker_config_hold(worker), worker);
    worker_config_release(worker);
    assert_int_equal(atomic_load(&config->references), 2);
    assert_room(worker->gates[0], 1, 0);
    worker_config_release(worker);
    assert_int_equal(atomic_load(&config->references), 1);

    config_release(config);
    metrics_free(metrics);
}

static void worker_config_does_without_backends(void **state)
{
    struct metrics *metrics = metrics_new();
    struct backend_gates gates = { NULL };
    (void)state;
    assert_non_null(metrics);

    struct worker_config *worker = take_over(config_with(NULL, 0), alone, metrics, &gates);
    struct worker_config *next = take_over(config_with(NULL, 0), alone, metrics, &gates);

    assert_int_equal(next->config->backend_count, 0);
    worker_config_release(worker);
    worker_config_release(next);
    worker_config_release(NULL);
    metrics_free(metrics);
}

static void worker_config_shows_its_gates_in_the_workers_metrics(void **state)
{
    const struct config_backend backends[] = {
        { .name = STR("users"), .max_in_flight = 1, .queue = 1 },
        { .name = STR("orders"), .max_in_flight = 1, .queue = 1 },
    };
    struct metrics *metrics = metrics_new();
    struct backend_gates gates = { NULL };
    struct gate_ticket tickets[2];
    (void)state;
    assert_non_null(metrics);
    struct worker_config *worker = take_over(config_with(backends, array_length(backends)), alone, metrics, &gates);

    (void)enter(worker->gates[1], &tickets[0]);
    (void)enter(worker->gates[1], &tickets[1]);

    assert_int_equal(atomic_load(&metrics_backend(metrics, STR("orders"))->in_flight), 1);
    assert_int_equal(atomic_load(&metrics_backend(metrics, STR("orders"))->queued), 1);
    assert_int_equal(atomic_load(&metrics_backend(metrics, STR("users"))->in_flight), 0);
    worker_config_release(worker);
    metrics_free(metrics);
}

/* ---- a reload ---- */

static const struct config_backend first_backends[] = {
    { .name = STR_STATIC("users"), .max_in_flight = 1, .queue = 1 },
    { .name = STR_STATIC("orders"), .max_in_flight = 2, .queue = 0 },
    { .name = STR_STATIC("order"), .max_in_flight = 3, .queue = 0 },
};

static void worker_config_takes_gates_over_by_name_wherever_they_stand(void **state)
{
    const struct config_backend backends[] = {
        { .name = STR("orders"), .max_in_flight = 2 },
        { .name = STR("Users"), .max_in_flight = 1 },
        { .name = STR("users"), .max_in_flight = 1 },
        { .name = STR("ord"), .max_in_flight = 1 },
    };
    struct metrics *metrics = metrics_new();
    struct backend_gates gates = { NULL };
    (void)state;
    assert_non_null(metrics);
    struct worker_config *before = take_over(config_with(first_backends, 3), alone, metrics, &gates);

    struct worker_config *next = take_over(config_with(backends, 4), alone, metrics, &gates);

    assert_ptr_equal(next->gates[0], before->gates[1]);
    assert_ptr_equal(next->gates[2], before->gates[0]);
    for (size_t i = 0; i < 3; i++) {
        assert_ptr_not_equal(next->gates[1], before->gates[i]);
        assert_ptr_not_equal(next->gates[3], before->gates[i]);
    }
    assert_text(backend_gate_name(next->gates[1]), "Users");
    assert_text(backend_gate_name(next->gates[3]), "ord");
    worker_config_release(before);
    assert_text(backend_gate_name(next->gates[0]), "orders");
    worker_config_release(next);
    metrics_free(metrics);
}

static void worker_config_counts_calls_from_before_against_the_new_limits(void **state)
{
    const struct config_backend backends[] = { { .name = STR("users"), .max_in_flight = 3, .queue = 2 } };
    struct metrics *metrics = metrics_new();
    struct backend_gates gates = { NULL };
    struct gate_ticket ticket;
    (void)state;
    assert_non_null(metrics);
    struct worker_config *before = take_over(config_with(first_backends, 3), alone, metrics, &gates);
    assert_int_equal(enter(before->gates[0], &ticket), GATE_ENTERED);

    struct worker_config *next = take_over(config_with(backends, 1), alone, metrics, &gates);
    worker_config_release(before);

    assert_room(next->gates[0], 2, 2);
    assert_int_equal(atomic_load(&metrics_backend(metrics, STR("users"))->in_flight), 3);
    worker_config_release(next);
    metrics_free(metrics);
}

/* Calls of requests that began before the reload still go to a backend that has no name any more; and they count when
 * it has one again. */
static void worker_config_keeps_a_dropped_gate_for_those_who_began_with_it(void **state)
{
    const struct config_backend without[] = { { .name = STR("orders"), .max_in_flight = 2 } };
    const struct config_backend again[] = { { .name = STR("users"), .max_in_flight = 4 } };
    struct metrics *metrics = metrics_new();
    struct backend_gates gates = { NULL };
    (void)state;
    assert_non_null(metrics);
    struct worker_config *before = take_over(config_with(first_backends, 3), alone, metrics, &gates);
    struct gate_ticket ticket;
    assert_int_equal(enter(before->gates[0], &ticket), GATE_ENTERED);

    struct worker_config *next = take_over(config_with(without, 1), alone, metrics, &gates);
    struct worker_config *last = take_over(config_with(again, 1), alone, metrics, &gates);

    assert_ptr_equal(last->gates[0], before->gates[0]);
    assert_room(last->gates[0], 3, 0);
    assert_int_equal(atomic_load(&metrics_backend(metrics, STR("users"))->in_flight), 4);
    worker_config_release(next);
    worker_config_release(last);
    assert_text(backend_gate_name(before->gates[0]), "users");
    worker_config_release(before);
    assert_null(gates.first);
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_config_share_is_each_workers_part),
        cmocka_unit_test(worker_config_shares_add_up_and_are_nearly_equal),
        cmocka_unit_test(worker_config_gives_each_gate_its_share),
        cmocka_unit_test(worker_config_holds_its_configuration_until_nobody_needs_it),
        cmocka_unit_test(worker_config_does_without_backends),
        cmocka_unit_test(worker_config_shows_its_gates_in_the_workers_metrics),
        cmocka_unit_test(worker_config_takes_gates_over_by_name_wherever_they_stand),
        cmocka_unit_test(worker_config_counts_calls_from_before_against_the_new_limits),
        cmocka_unit_test(worker_config_keeps_a_dropped_gate_for_those_who_began_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
