/* SPDX-License-Identifier: MIT */
#include "backend/door.h"

#include <errno.h>

#include "common/clock.h"
#include "tests/support/client.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { ACCEPTED_AT_MOST = 16, REOPENED_AT_MOST = 8 };

struct house {
    struct loop *loop;
    struct door door;
    uint16_t port;
    int accepted[ACCEPTED_AT_MOST];
    size_t accepted_count;
    int reopened[REOPENED_AT_MOST]; /* what on_reopened() said */
    size_t reopened_count;
};

static void on_accepted(void *context, int descriptor, const struct sockaddr *peer, socklen_t peer_length)
{
    struct house *house = context;

    (void)peer;
    (void)peer_length;
    assert_true(house->accepted_count < ACCEPTED_AT_MOST);
    house->accepted[house->accepted_count++] = descriptor;
}

static void on_reopened(void *context, int result)
{
    struct house *house = context;

    assert_true(house->reopened_count < REOPENED_AT_MOST);
    house->reopened[house->reopened_count++] = result;
}

static const struct door_events events = { .on_accepted = on_accepted, .on_reopened = on_reopened };

static uint16_t port_of(const struct door *door)
{
    char text[64];

    door_format_address(door, text, sizeof text);
    return (uint16_t)strtoul(strrchr(text, ':') + 1, NULL, 10);
}

static int setup(void **state)
{
    static const struct address any_port = { .host = "127.0.0.1" };
    struct house *house = calloc(1, sizeof *house);
    struct error error;

    if (house == NULL) {
        return -1;
    }
    house->loop = loop_new();
    door_init(&house->door, house->loop, &events, house);
    *state = house;
    if (house->loop == NULL || door_open(&house->door, &any_port, &error) < 0) {
        return -1;
    }
    house->port = port_of(&house->door);
    return 0;
}

static int teardown(void **state)
{
    struct house *house = *state;

    door_close(&house->door);
    for (size_t i = 0; i < house->accepted_count; i++) {
        (void)close(house->accepted[i]);
    }
    loop_free(house->loop);
    free(house);
    return 0;
}

static void expect_refusal(const struct house *house)
{
    struct client client;

    assert_int_equal(client_try_open(&client, house->port), -1);
}

static void turn_until_reopened(struct house *house, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (house->reopened_count < count && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(house->loop, CLOCK_US_PER_SECOND), 0);
    }
    assert_int_equal(house->reopened_count, count);
}

static void turn_until_accepted(struct house *house, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (house->accepted_count < count && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(house->loop, CLOCK_US_PER_SECOND), 0);
    }
    assert_int_equal(house->accepted_count, count);
}

/* ---- for a while ---- */

static void connections_are_refused_while_it_is_closed_and_accepted_on_the_same_port_after_that(void **state)
{
    struct house *house = *state;
    struct client client;
    uint64_t start_us = clock_monotonic_us();

    assert_int_equal(door_close_for(&house->door, 50 * (uint64_t)CLOCK_US_PER_MS), 0);
    expect_refusal(house);
    turn_until_reopened(house, 1);
    uint64_t closed_us = clock_monotonic_us() - start_us;
    client_open(&client, house->port);
    turn_until_accepted(house, 1);

    assert_true(closed_us >= 50 * (uint64_t)CLOCK_US_PER_MS);
    assert_int_equal(house->reopened[0], 0);
    assert_int_equal(port_of(&house->door), house->port);
    client_close(&client);
}

static void it_can_be_closed_again_and_again(void **state)
{
    struct house *house = *state;

    for (size_t i = 1; i <= 3; i++) {
        struct client client;

        assert_int_equal(door_close_for(&house->door, CLOCK_US_PER_MS), 0);
        expect_refusal(house);
        turn_until_reopened(house, i);
        client_open(&client, house->port);
        turn_until_accepted(house, i);
        client_close(&client);
    }
}

static void connections_that_wait_in_the_queue_are_accepted_before_it_closes(void **state)
{
    struct house *house = *state;
    struct client waiting[3];
    for (size_t i = 0; i < array_length(waiting); i++) {
        client_open(&waiting[i], house->port);
    }

    assert_int_equal(door_close_for(&house->door, 60 * (uint64_t)CLOCK_US_PER_SECOND), 0);

    assert_int_equal(house->accepted_count, array_length(waiting));
    for (size_t i = 0; i < array_length(waiting); i++) {
        assert_int_equal(send(house->accepted[i], "x", 1, MSG_NOSIGNAL), 1);
        assert_true(client_sees_input(&waiting[i], TEST_PATIENCE_MS));
        client_close(&waiting[i]);
    }
    expect_refusal(house);
}

static void of_two_times_the_later_end_counts(void **state)
{
    static const struct {
        unsigned first_ms, second_ms;
    } cases[] = { { 80, 1 }, { 1, 80 }, { 0, 80 } };
    struct house *house = *state;

    for (size_t i = 0; i < array_length(cases); i++) {
        uint64_t start_us = clock_monotonic_us();

        assert_int_equal(door_close_for(&house->door, cases[i].first_ms * (uint64_t)CLOCK_US_PER_MS), 0);
        assert_int_equal(door_close_for(&house->door, cases[i].second_ms * (uint64_t)CLOCK_US_PER_MS), 0);
        turn_until_reopened(house, i + 1);

        assert_true(clock_monotonic_us() - start_us >= 80 * (uint64_t)CLOCK_US_PER_MS);
    }
}

static void nobody_is_given_the_port_while_it_is_closed(void **state)
{
    struct house *house = *state;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(door_close_for(&house->door, 60 * (uint64_t)CLOCK_US_PER_SECOND), 0);

    int result = bind(descriptor, (const struct sockaddr *)&house->door.address, house->door.address_length);

    assert_int_equal(result, -1);
    assert_int_equal(errno, EADDRINUSE);
    (void)close(descriptor);
}

/* Whoever insists (SO_REUSEADDR) can take the port all the same. */
static void a_port_that_was_taken_meanwhile_is_told_once_and_tried_again(void **state)
{
    struct house *house = *state;
    struct address address = { .host = "127.0.0.1", .port = house->port };
    struct error error;
    struct client client;
    assert_int_equal(door_close_for(&house->door, CLOCK_US_PER_MS), 0);
    int thief = listener_open(&address, &error);
    assert_true(thief >= 0);

    turn_until_reopened(house, 1);
    uint64_t start_us = clock_monotonic_us();
    while (clock_monotonic_us() - start_us < 250 * (uint64_t)CLOCK_US_PER_MS) {
        assert_int_equal(loop_turn(house->loop, 10 * (uint64_t)CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(house->reopened_count, 1);
    assert_int_equal(house->reopened[0], -EADDRINUSE);
    (void)close(thief);

    turn_until_reopened(house, 2);
    assert_int_equal(house->reopened[1], 0);
    client_open(&client, house->port);
    turn_until_accepted(house, 1);
    client_close(&client);
}

static void a_door_that_is_held_stays_held_over_that_time(void **state)
{
    struct house *house = *state;
    struct client client;
    door_hold(&house->door);

    assert_int_equal(door_close_for(&house->door, CLOCK_US_PER_MS), 0);
    turn_until_reopened(house, 1);
    client_open(&client, house->port);
    assert_int_equal(loop_turn(house->loop, 10 * (uint64_t)CLOCK_US_PER_MS), 0);
    assert_int_equal(house->accepted_count, 0);
    door_release(&house->door);

    turn_until_accepted(house, 1);
    client_close(&client);
}

static void a_door_that_is_released_while_closed_is_not_held_after_that(void **state)
{
    struct house *house = *state;
    struct client client;
    door_hold(&house->door);

    assert_int_equal(door_close_for(&house->door, CLOCK_US_PER_MS), 0);
    door_release(&house->door);
    expect_refusal(house);
    turn_until_reopened(house, 1);
    client_open(&client, house->port);

    turn_until_accepted(house, 1);
    client_close(&client);
}

/* ---- for good ---- */

static void draining_accepts_what_waits_and_refuses_from_then_on(void **state)
{
    struct house *house = *state;
    struct client waiting;
    client_open(&waiting, house->port);

    door_drain(&house->door);

    assert_int_equal(house->accepted_count, 1);
    expect_refusal(house);
    assert_int_equal(door_close_for(&house->door, 0), 0);
    assert_int_equal(loop_turn(house->loop, 10 * (uint64_t)CLOCK_US_PER_MS), 0);
    assert_int_equal(house->reopened_count, 0);
    expect_refusal(house);
    client_close(&waiting);
}

static void a_door_that_is_drained_while_closed_never_opens_again(void **state)
{
    struct house *house = *state;
    assert_int_equal(door_close_for(&house->door, CLOCK_US_PER_MS), 0);

    door_drain(&house->door);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(loop_turn(house->loop, 5 * (uint64_t)CLOCK_US_PER_MS), 0);
    }

    assert_int_equal(house->reopened_count, 0);
    expect_refusal(house);
}

static void a_port_in_use_is_a_sentence(void **state)
{
    struct house *house = *state;
    struct address taken = { .host = "127.0.0.1", .port = house->port };
    struct error error = { { '\0' } };
    struct door other;
    door_init(&other, house->loop, &events, house);

    assert_int_equal(door_open(&other, &taken, &error), -1);

    assert_non_null(strstr(error.text, "Address already in use"));
    door_close(&other);
}

#define door_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        door_test(connections_are_refused_while_it_is_closed_and_accepted_on_the_same_port_after_that),
        door_test(it_can_be_closed_again_and_again),
        door_test(connections_that_wait_in_the_queue_are_accepted_before_it_closes),
        door_test(of_two_times_the_later_end_counts),
        door_test(nobody_is_given_the_port_while_it_is_closed),
        door_test(a_port_that_was_taken_meanwhile_is_told_once_and_tried_again),
        door_test(a_door_that_is_held_stays_held_over_that_time),
        door_test(a_door_that_is_released_while_closed_is_not_held_after_that),
        door_test(draining_accepts_what_waits_and_refuses_from_then_on),
        door_test(a_door_that_is_drained_while_closed_never_opens_again),
        door_test(a_port_in_use_is_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
