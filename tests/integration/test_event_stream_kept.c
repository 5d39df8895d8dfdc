/* SPDX-License-Identifier: MIT */
/*
 * Streams that keep what was added: what a viewer sees that comes late, or comes back.
 */
#include <stdio.h>

#include "common/clock.h"
#include "tests/integration/event_stream_bench.h"
#include "tests/support/unit.h"

/* The same stream, but one that keeps. */
static void restart_keeping(struct stream_bench *fixture, size_t capacity_bytes, uint64_t id_before_first)
{
    const struct event_stream_config config = {
        .capacity_bytes = capacity_bytes,
        .comment_interval_us = HOUR_S * (uint64_t)CLOCK_US_PER_SECOND,
        .id_before_first = id_before_first,
        .keeps = true,
    };

    event_stream_clear(&fixture->stream);
    assert_int_equal(event_stream_init(&fixture->stream, fixture->bench->loop, &config), 0);
}

static void add_numbers(struct stream_bench *fixture, int from, int to)
{
    for (int i = from; i <= to; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "{\"n\":%d}", i);
        event_stream_add(&fixture->stream, "run", str_of(text));
    }
}

static void whoever_comes_late_sees_all_since_it_was_last_forgotten(void **state)
{
    struct stream_bench *fixture = *state;
    struct client client;
    restart_keeping(fixture, CAPACITY_BYTES, 0);
    add_numbers(fixture, 1, 2);
    event_stream_forget(&fixture->stream);
    add_numbers(fixture, 3, 4);

    assert_true(stream_bench_open_viewer(fixture, &client));
    add_numbers(fixture, 5, 5);

    stream_bench_assert_read(fixture, &client,
                             ": connected\n\n"
                             "id: 3\nevent: run\ndata: {\"n\":3}\n\n"
                             "id: 4\nevent: run\ndata: {\"n\":4}\n\n"
                             "id: 5\nevent: run\ndata: {\"n\":5}\n\n");
    client_close(&client);
}

static const struct {
    const char *name;
    const char *last_event_id;
    int first_shown; /* of 101 to 104, the first of which is forgotten; 105: none of them */
} last_id_cases[] = {
    { "nothing", "", 102 },
    { "the second", "102", 103 },
    { "the third", "103", 104 },
    { "the last", "104", 105 },
    { "one that was forgotten", "101", 102 },
    { "one of an earlier server", "3", 102 },
    { "one that has not been", "9000", 102 },
    { "no number", "104x", 102 },
    { "a number that is too large", "99999999999999999999999", 102 },
    { "nought", "0", 102 },
};

static void whoever_says_what_it_has_seen_goes_on_behind_that(void **state)
{
    struct stream_bench *fixture = *state;
    restart_keeping(fixture, CAPACITY_BYTES, 100);
    add_numbers(fixture, 101, 101);
    event_stream_forget(&fixture->stream);
    add_numbers(fixture, 102, 104);

    for (size_t i = 0; i < array_length(last_id_cases); i++) {
        struct client client;
        struct event_stream_opening opening = { .last_event_id = str_of(last_id_cases[i].last_event_id) };
        cleanup_buf struct buf expected;
        buf_init(&expected, TEXT_BYTES);
        (void)buf_add_text(&expected, ": connected\n\n");
        for (int n = last_id_cases[i].first_shown; n <= 104; n++) {
            (void)buf_add_format(&expected, "id: %d\nevent: run\ndata: {\"n\":%d}\n\n", n, n);
        }
        (void)buf_add_byte(&expected, '\0');
        print_message("%s\n", last_id_cases[i].name);

        assert_true(stream_bench_open_viewer_with(fixture, &client, opening));

        stream_bench_assert_read(fixture, &client, expected.base);
        client_close(&client);
    }
}

/* The ring's end falls on every byte of an event once. */
static void a_place_is_found_wherever_the_ring_wraps(void **state)
{
    struct stream_bench *fixture = *state;
    enum { SMALL = 100 };

    for (size_t shift = 1; shift < SMALL; shift++) {
        struct client client;
        struct event_stream_opening opening = { .last_event_id = STR("2") };
        restart_keeping(fixture, SMALL, 0);
        event_stream_add(&fixture->stream, "x", (struct str){ fixture->large, shift / 2 });
        fixture->stream.end = shift; /* as if it had been that long */
        event_stream_forget(&fixture->stream);
        add_numbers(fixture, 2, 3);

        assert_true(stream_bench_open_viewer_with(fixture, &client, opening));

        stream_bench_assert_read(fixture, &client, ": connected\n\nid: 3\nevent: run\ndata: {\"n\":3}\n\n");
        client_close(&client);
        stream_bench_turn_until_viewers(fixture, 0);
    }
}

static void a_viewer_is_told_first_what_is_for_it_alone(void **state)
{
    struct stream_bench *fixture = *state;
    struct client client;
    struct event_stream_opening opening = { .event = "state", .data = STR("{\"a\":1}") };
    restart_keeping(fixture, CAPACITY_BYTES, 0);
    add_numbers(fixture, 1, 1);

    assert_true(stream_bench_open_viewer_with(fixture, &client, opening));

    stream_bench_assert_read(fixture, &client,
                             ": connected\n\nevent: state\ndata: {\"a\":1}\n\nid: 1\nevent: run\ndata: {\"n\":1}\n\n");
    client_close(&client);
}

static void there_is_room_until_the_first_that_is_kept_would_be_overwritten(void **state)
{
    struct stream_bench *fixture = *state;
    struct client client;
    size_t head_bytes = strlen("id: 18446744073709551615\nevent: run\ndata: \n\n");
    restart_keeping(fixture, CAPACITY_BYTES, 0);

    assert_true(event_stream_has_room(&fixture->stream, "run", CAPACITY_BYTES - head_bytes));
    assert_false(event_stream_has_room(&fixture->stream, "run", CAPACITY_BYTES - head_bytes + 1));
    assert_false(event_stream_has_room(&fixture->stream, "run", SIZE_MAX));
    while (event_stream_has_room(&fixture->stream, "run", LARGE)) {
        event_stream_add(&fixture->stream, "run", (struct str){ fixture->large, LARGE });
    }
    assert_true(fixture->stream.end > CAPACITY_BYTES - 2 * LARGE);
    assert_true(fixture->stream.end <= CAPACITY_BYTES);

    event_stream_add(&fixture->stream, "run", (struct str){ fixture->large, LARGE }); /* all the same */
    assert_true(stream_bench_open_viewer(fixture, &client));
    add_numbers(fixture, 1, 1);
    cleanup_buf struct buf expected;
    buf_init(&expected, TEXT_BYTES);
    (void)buf_add_format(&expected, ": connected\n\nid: %d\nevent: run\ndata: {\"n\":1}\n\n%c",
                         (int)fixture->stream.last_id, '\0');
    stream_bench_assert_read(fixture, &client, expected.base); /* no half of what was */
    client_close(&client);
}

/* What is kept must not be pushed out by them. */
static void comments_take_no_room_from_what_is_kept(void **state)
{
    struct stream_bench *fixture = *state;
    struct client client;
    const struct event_stream_config config = {
        .capacity_bytes = 64,
        .comment_interval_us = CLOCK_US_PER_MS,
        .keeps = true,
    };
    event_stream_clear(&fixture->stream);
    assert_int_equal(event_stream_init(&fixture->stream, fixture->bench->loop, &config), 0);
    add_numbers(fixture, 1, 1);
    assert_true(stream_bench_open_viewer(fixture, &client));

    while (client.input.length < 64 * strlen(": still here")) {
        assert_int_equal(loop_turn(fixture->bench->loop, CLOCK_US_PER_MS), 0);
        client_gather(&client);
    }

    assert_int_equal(fixture->stream.end, strlen("id: 1\nevent: run\ndata: {\"n\":1}\n\n"));
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stream_test(whoever_comes_late_sees_all_since_it_was_last_forgotten),
        stream_test(whoever_says_what_it_has_seen_goes_on_behind_that),
        stream_test(a_place_is_found_wherever_the_ring_wraps),
        stream_test(a_viewer_is_told_first_what_is_for_it_alone),
        stream_test(there_is_room_until_the_first_that_is_kept_would_be_overwritten),
        stream_test(comments_take_no_room_from_what_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
