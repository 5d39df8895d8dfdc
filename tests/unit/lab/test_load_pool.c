/* SPDX-License-Identifier: MIT */
#include "lab/load_pool.h"

#include "common/clock.h"
#include "tests/support/unit.h"

enum { COUNT = 5 };

/* As if it had been answered and kept. */
static void give_idle(struct load_pool *pool, struct load_connection *connection, uint64_t now_us)
{
    connection->state = LOAD_IDLE;
    load_pool_give(pool, connection, now_us);
}

static void give_closed(struct load_pool *pool, struct load_connection *connection, uint64_t now_us)
{
    connection->state = LOAD_CLOSED;
    load_pool_give(pool, connection, now_us);
}

static void each_connection_is_given_out_once(void **state)
{
    struct load_pool pool;
    bool was_seen[COUNT] = { false };

    (void)state;
    assert_int_equal(load_pool_init(&pool, COUNT), 0);
    for (size_t i = 0; i < COUNT; i++) {
        struct load_connection *connection = load_pool_take(&pool);
        assert_non_null(connection);
        assert_false(was_seen[connection->index]);
        was_seen[connection->index] = true;
    }

    assert_null(load_pool_take(&pool));
    assert_false(load_pool_has_free(&pool));
    assert_int_equal(load_pool_busy_count(&pool), COUNT);
    load_pool_clear(&pool);
}

static void one_that_is_open_is_preferred_the_last_one_first(void **state)
{
    struct load_pool pool;

    (void)state;
    assert_int_equal(load_pool_init(&pool, COUNT), 0);
    struct load_connection *first = load_pool_take(&pool);
    struct load_connection *second = load_pool_take(&pool);
    struct load_connection *third = load_pool_take(&pool);
    give_idle(&pool, first, 1);
    give_closed(&pool, third, 2);
    give_idle(&pool, second, 3);

    assert_ptr_equal(load_pool_take(&pool), second);
    assert_ptr_equal(load_pool_take(&pool), first);
    assert_ptr_equal(load_pool_take(&pool), third);
    load_pool_clear(&pool);
}

/* Whichever of the idle ones ends, the others stay idle, and it is given out as a closed one. */
static void an_idle_one_that_ends_becomes_a_closed_one(void **state)
{
    (void)state;
    for (size_t ended = 0; ended < COUNT; ended++) {
        struct load_pool pool;
        bool was_seen[COUNT] = { false };
        assert_int_equal(load_pool_init(&pool, COUNT), 0);
        for (size_t i = 0; i < COUNT; i++) {
            (void)load_pool_take(&pool);
        }
        for (size_t i = 0; i < COUNT; i++) {
            give_idle(&pool, &pool.connections[i], i);
        }

        load_connection_close(&pool.connections[ended]);
        load_pool_on_ended(&pool, &pool.connections[ended]);

        for (size_t i = 0; i < COUNT; i++) {
            struct load_connection *connection = load_pool_take(&pool);
            assert_non_null(connection);
            assert_false(was_seen[connection->index]);
            was_seen[connection->index] = true;
            assert_int_equal(connection->index == ended, i == COUNT - 1);
        }
        assert_null(load_pool_take(&pool));
        load_pool_clear(&pool);
    }
}

static void one_that_rests_is_free_again_when_its_time_has_come(void **state)
{
    struct load_pool pool;

    (void)state;
    assert_int_equal(load_pool_init(&pool, 2), 0);
    struct load_connection *first = load_pool_take(&pool);
    struct load_connection *second = load_pool_take(&pool);
    load_pool_rest(&pool, first, 100);
    load_pool_rest(&pool, second, 200);
    assert_int_equal(load_pool_busy_count(&pool), 0);
    assert_int_equal(load_pool_next_wake_us(&pool), 100);

    load_pool_wake(&pool, 99);
    assert_null(load_pool_take(&pool));
    load_pool_wake(&pool, 100);
    assert_ptr_equal(load_pool_take(&pool), first);
    assert_null(load_pool_take(&pool));
    load_pool_rest(&pool, first, 300); /* around the end of the ring */
    load_pool_wake(&pool, 1000);

    assert_non_null(load_pool_take(&pool));
    assert_non_null(load_pool_take(&pool));
    assert_int_equal(load_pool_next_wake_us(&pool), CLOCK_NEVER_US);
    load_pool_clear(&pool);
}

static void a_pool_knows_since_when_one_has_been_free(void **state)
{
    struct load_pool pool;

    (void)state;
    assert_int_equal(load_pool_init(&pool, 2), 0);
    struct load_connection *first = load_pool_take(&pool);
    give_idle(&pool, first, 10); /* the other one was free all the time */
    assert_int_equal(pool.free_since_us, 0);
    first = load_pool_take(&pool);
    struct load_connection *second = load_pool_take(&pool);

    give_closed(&pool, first, 20);
    give_closed(&pool, second, 30);

    assert_int_equal(pool.free_since_us, 20);
    load_pool_clear(&pool);
}

static void a_socket_is_told_from_the_next_of_its_connection(void **state)
{
    struct load_connection connection;

    (void)state;
    load_connection_init(&connection, 19999);
    uint64_t key = load_connection_key(&connection);
    load_connection_close(&connection);

    assert_int_not_equal(load_connection_key(&connection), key);
    assert_int_equal(load_connection_key_index(key), 19999);
    assert_int_equal(load_connection_key_index(load_connection_key(&connection)), 19999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_connection_is_given_out_once),
        cmocka_unit_test(one_that_is_open_is_preferred_the_last_one_first),
        cmocka_unit_test(an_idle_one_that_ends_becomes_a_closed_one),
        cmocka_unit_test(one_that_rests_is_free_again_when_its_time_has_come),
        cmocka_unit_test(a_pool_knows_since_when_one_has_been_free),
        cmocka_unit_test(a_socket_is_told_from_the_next_of_its_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
