/* SPDX-License-Identifier: MIT */
#include "common/event_stream.h"

#include <stdio.h>

#include "common/clock.h"
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { TEXT_BYTES = 16 * 1024 * 1024, CAPACITY_BYTES = 1024 * 1024, HOUR_S = 3600, LARGE = 64 * 1024 };

struct fixture {
    struct http_server_bench *bench;
    struct event_stream stream;
    char large[LARGE + 1];
};

static int open_fixture(struct fixture *fixture, uint64_t comment_interval_us)
{
    const struct event_stream_config config = {
        .capacity_bytes = CAPACITY_BYTES,
        .comment_interval_us = comment_interval_us,
    };

    return event_stream_init(&fixture->stream, fixture->bench->loop, &config);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    void *bench = NULL;

    assert_non_null(fixture);
    assert_int_equal(http_server_bench_setup(&bench), 0);
    fixture->bench = bench;
    fixture->bench->on_request = bench_hold;
    memset(fixture->large, 'x', LARGE);
    *state = fixture;
    return open_fixture(fixture, HOUR_S * (uint64_t)CLOCK_US_PER_SECOND);
}

static void free_server(struct fixture *fixture)
{
    event_stream_stop(&fixture->stream);
    http_server_free(take_pointer(fixture->bench->server));
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    void *bench = fixture->bench;

    free_server(fixture);
    event_stream_clear(&fixture->stream);
    (void)http_server_bench_teardown(&bench);
    free(fixture);
    return 0;
}

/* The same stream, but one that keeps. */
static void restart_keeping(struct fixture *fixture, size_t capacity_bytes, uint64_t id_before_first)
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

static bool open_viewer_with(struct fixture *fixture, struct client *client, struct event_stream_opening opening)
{
    static const struct http_field fields[] = { { "Content-Type", "text/event-stream" },
                                                { "Cache-Control", "no-store" } };
    struct http_server_bench *bench = fixture->bench;

    opening.fields = fields;
    opening.field_count = array_length(fields);
    bench_connect(bench, client);
    client_get(client, "/events");
    bench_turn_until_held(bench, 1);
    bench->held_count = 0;
    if (event_stream_open(&fixture->stream, bench->held[0], &opening)) {
        return true;
    }
    bench_answer(bench->held[0], STR("refused"));
    return false;
}

/* A client that asks for the stream; whether it gets it. */
static bool open_viewer(struct fixture *fixture, struct client *client)
{
    return open_viewer_with(fixture, client, (struct event_stream_opening){ .event = NULL });
}

/* Turns until the client has read this and nothing else of the stream. */
static void assert_read(struct fixture *fixture, struct client *client, const char *text)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    uint64_t start_us = clock_monotonic_us();

    while (!client_poll(client, &answer) && answer.body.length < strlen(text) &&
           gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(fixture->bench->loop, CLOCK_US_PER_MS), 0);
    }
    assert_text(answer_body(&answer), text);
    assert_false(answer.is_complete);
}

static void turn_until_viewers(struct fixture *fixture, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (fixture->stream.viewer_count != count && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(fixture->bench->loop, CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(fixture->stream.viewer_count, count);
}

static void a_viewer_is_greeted_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;

    assert_true(open_viewer(fixture, &client));
    assert_read(fixture, &client, ": connected\n\n");

    (void)client_poll(&client, &answer);
    assert_int_equal(answer.status, 200);
    assert_text(answer_header(&answer, "Content-Type"), "text/event-stream");
    assert_text(answer_header(&answer, "Cache-Control"), "no-store");
    client_close(&client);
}

static void all_viewers_see_what_comes_with_ids_that_count_up(void **state)
{
    struct fixture *fixture = *state;
    struct client early;
    struct client late;
    event_stream_add(&fixture->stream, "done", STR("{\"n\":\"nobody looks on\"}"));

    assert_true(open_viewer(fixture, &early));
    event_stream_add(&fixture->stream, "done", STR("{\"n\":1}"));
    assert_true(open_viewer(fixture, &late));
    event_stream_add(&fixture->stream, "done", STR("{\"n\":2}"));
    event_stream_add(&fixture->stream, "done", STR("{\"n\":3}"));

    assert_read(fixture, &early,
                ": connected\n\n"
                "id: 2\nevent: done\ndata: {\"n\":1}\n\n"
                "id: 3\nevent: done\ndata: {\"n\":2}\n\n"
                "id: 4\nevent: done\ndata: {\"n\":3}\n\n");
    assert_read(fixture, &late,
                ": connected\n\n"
                "id: 3\nevent: done\ndata: {\"n\":2}\n\n"
                "id: 4\nevent: done\ndata: {\"n\":3}\n\n");
    client_close(&early);
    client_close(&late);
}

static void comments_come_at_their_interval(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    event_stream_clear(&fixture->stream);
    assert_int_equal(open_fixture(fixture, 30 * CLOCK_US_PER_MS), 0);

    uint64_t start_us = clock_monotonic_us();
    assert_true(open_viewer(fixture, &client));
    assert_read(fixture, &client, ": connected\n\n: still here\n\n: still here\n\n: still here\n\n");

    assert_true(clock_monotonic_us() - start_us >= 60 * CLOCK_US_PER_MS);
    client_close(&client);
}

/* More than the ring holds, in records of all sizes: each byte comes once and in its place. */
static void a_viewer_that_keeps_up_misses_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    cleanup_buf struct buf expected;
    buf_init(&expected, TEXT_BYTES);
    (void)buf_add_text(&expected, ": connected\n\n");
    assert_true(open_viewer(fixture, &client));

    for (size_t i = 1; expected.length < 3 * CAPACITY_BYTES; i++) {
        struct str record = { fixture->large, i * 7919 % LARGE };
        (void)buf_add_format(&expected, "id: %zu\nevent: done\ndata: %.*s\n\n", i, STR_ARGUMENTS(record));
        event_stream_add(&fixture->stream, "done", record);
        uint64_t start_us = clock_monotonic_us();
        while (client.input.length < expected.length && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
            assert_int_equal(loop_turn(fixture->bench->loop, CLOCK_US_PER_MS), 0);
            client_gather(&client);
        }
    }

    (void)client_poll(&client, &answer);
    while (answer.body.length < expected.length && !client.is_at_end) {
        assert_int_equal(loop_turn(fixture->bench->loop, CLOCK_US_PER_MS), 0);
        (void)client_poll(&client, &answer);
    }
    assert_true(str_equal(answer_body(&answer), buf_view(&expected)));
    client_close(&client);
}

static void add_and_let_read(struct fixture *fixture, struct client *reader, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        event_stream_add(&fixture->stream, "done", (struct str){ fixture->large, LARGE });
        reader->input.length = 0;
        uint64_t start_us = clock_monotonic_us();
        while (reader->input.length <= LARGE && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
            assert_int_equal(loop_turn(fixture->bench->loop, CLOCK_US_PER_MS), 0);
            client_gather(reader);
        }
        assert_false(reader->is_at_end);
    }
}

static void a_viewer_that_falls_too_far_behind_is_ended_and_others_go_on(void **state)
{
    struct fixture *fixture = *state;
    struct client slow;
    struct client quick;
    cleanup_answer struct answer answer = ANSWER_NONE;
    assert_true(open_viewer(fixture, &slow));
    assert_true(open_viewer(fixture, &quick));

    add_and_let_read(fixture, &quick, 256); /* 16 MiB: more than the kernel keeps for the slow one */
    assert_int_equal(fixture->stream.viewer_count, 2);
    uint64_t start_us = clock_monotonic_us();
    while (!slow.is_at_end && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(fixture->bench->loop, CLOCK_US_PER_MS), 0);
        client_gather(&slow);
    }

    assert_true(slow.is_at_end);
    (void)client_poll(&slow, &answer);
    assert_false(answer.is_complete);
    assert_true(answer.body.length < 16 * CAPACITY_BYTES);
    turn_until_viewers(fixture, 1);
    add_and_let_read(fixture, &quick, 1);
    client_close(&slow);
    client_close(&quick);
}

static void there_are_places_for_sixteen(void **state)
{
    struct fixture *fixture = *state;
    struct client clients[EVENT_STREAM_VIEWERS];
    struct client late;
    cleanup_answer struct answer answer = ANSWER_NONE;
    for (size_t i = 0; i < EVENT_STREAM_VIEWERS; i++) {
        assert_true(open_viewer(fixture, &clients[i]));
    }

    assert_false(open_viewer(fixture, &late));
    bench_read(fixture->bench, &late, &answer);
    assert_text(answer_body(&answer), "refused");
    client_close(&late);
    client_close(&clients[7]);
    turn_until_viewers(fixture, EVENT_STREAM_VIEWERS - 1);
    assert_true(open_viewer(fixture, &clients[7]));
    event_stream_add(&fixture->stream, "done", STR("{}"));

    for (size_t i = 0; i < EVENT_STREAM_VIEWERS; i++) {
        assert_read(fixture, &clients[i], ": connected\n\nid: 1\nevent: done\ndata: {}\n\n");
        client_close(&clients[i]);
    }
    turn_until_viewers(fixture, 0);
}

static void a_record_that_is_larger_than_the_stream_is_left_out(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    cleanup_free char *huge = calloc(1, CAPACITY_BYTES);
    assert_non_null(huge);
    assert_true(open_viewer(fixture, &client));

    event_stream_add(&fixture->stream, "done", STR("1"));
    event_stream_add(&fixture->stream, "done", (struct str){ huge, CAPACITY_BYTES });
    event_stream_add(&fixture->stream, "done", STR("3"));

    assert_read(fixture, &client, ": connected\n\nid: 1\nevent: done\ndata: 1\n\nid: 3\nevent: done\ndata: 3\n\n");
    client_close(&client);
}

/* Its first bytes are asked for when the client is gone already, or has reset its connection since. */
static void viewers_that_leave_give_their_places_back(void **state)
{
    struct fixture *fixture = *state;
    struct client waiting;
    struct client reset;
    struct client in_between;
    assert_true(open_viewer(fixture, &waiting));
    assert_true(open_viewer(fixture, &reset));
    assert_read(fixture, &waiting, ": connected\n\n");
    assert_read(fixture, &reset, ": connected\n\n");
    assert_true(open_viewer(fixture, &in_between));

    client_close(&in_between);
    client_close(&waiting);
    client_reset(&reset);

    uint64_t start_us = clock_monotonic_us();
    while (fixture->stream.viewer_count > 0 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        event_stream_add(&fixture->stream, "done", STR("{}"));
        assert_int_equal(loop_turn(fixture->bench->loop, CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(fixture->stream.viewer_count, 0);
}

/* microhttpd would abort the process if one of them began to wait again. */
static void a_server_can_be_freed_while_viewers_wait_and_have_been_woken(void **state)
{
    struct fixture *fixture = *state;
    struct client clients[EVENT_STREAM_VIEWERS];
    for (size_t i = 0; i < EVENT_STREAM_VIEWERS; i++) {
        assert_true(open_viewer(fixture, &clients[i]));
        assert_read(fixture, &clients[i], ": connected\n\n");
    }

    event_stream_add(&fixture->stream, "done", STR("{}"));
    free_server(fixture);

    assert_int_equal(fixture->stream.viewer_count, 0);
    for (size_t i = 0; i < EVENT_STREAM_VIEWERS; i++) {
        client_close(&clients[i]);
    }
}

static void a_server_can_be_freed_while_viewers_wait(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    assert_true(open_viewer(fixture, &client));
    assert_read(fixture, &client, ": connected\n\n");

    free_server(fixture);

    assert_int_equal(fixture->stream.viewer_count, 0);
    client_close(&client);
}

static void a_server_can_be_freed_while_viewers_do_not_read(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    assert_true(open_viewer(fixture, &client));

    for (int i = 0; i < 256; i++) { /* more than the kernel keeps for one that does not read */
        event_stream_add(&fixture->stream, "done", (struct str){ fixture->large, LARGE });
        assert_int_equal(loop_turn(fixture->bench->loop, 0), 0);
    }
    assert_int_equal(fixture->stream.viewer_count, 1);
    free_server(fixture);

    assert_int_equal(fixture->stream.viewer_count, 0);
    client_close(&client);
}

/* ---- streams that keep ---- */

static void add_numbers(struct fixture *fixture, int from, int to)
{
    for (int i = from; i <= to; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "{\"n\":%d}", i);
        event_stream_add(&fixture->stream, "run", str_of(text));
    }
}

static void whoever_comes_late_sees_all_since_it_was_last_forgotten(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    restart_keeping(fixture, CAPACITY_BYTES, 0);
    add_numbers(fixture, 1, 2);
    event_stream_forget(&fixture->stream);
    add_numbers(fixture, 3, 4);

    assert_true(open_viewer(fixture, &client));
    add_numbers(fixture, 5, 5);

    assert_read(fixture, &client,
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
    struct fixture *fixture = *state;
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

        assert_true(open_viewer_with(fixture, &client, opening));

        assert_read(fixture, &client, expected.base);
        client_close(&client);
    }
}

/* The ring's end falls on every byte of an event once. */
static void a_place_is_found_wherever_the_ring_wraps(void **state)
{
    struct fixture *fixture = *state;
    enum { SMALL = 100 };

    for (size_t shift = 1; shift < SMALL; shift++) {
        struct client client;
        struct event_stream_opening opening = { .last_event_id = STR("2") };
        restart_keeping(fixture, SMALL, 0);
        event_stream_add(&fixture->stream, "x", (struct str){ fixture->large, shift / 2 });
        fixture->stream.end = shift; /* as if it had been that long */
        event_stream_forget(&fixture->stream);
        add_numbers(fixture, 2, 3);

        assert_true(open_viewer_with(fixture, &client, opening));

        assert_read(fixture, &client, ": connected\n\nid: 3\nevent: run\ndata: {\"n\":3}\n\n");
        client_close(&client);
        turn_until_viewers(fixture, 0);
    }
}

static void a_viewer_is_told_first_what_is_for_it_alone(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    struct event_stream_opening opening = { .event = "state", .data = STR("{\"a\":1}") };
    restart_keeping(fixture, CAPACITY_BYTES, 0);
    add_numbers(fixture, 1, 1);

    assert_true(open_viewer_with(fixture, &client, opening));

    assert_read(fixture, &client,
                ": connected\n\nevent: state\ndata: {\"a\":1}\n\nid: 1\nevent: run\ndata: {\"n\":1}\n\n");
    client_close(&client);
}

static void there_is_room_until_the_first_that_is_kept_would_be_overwritten(void **state)
{
    struct fixture *fixture = *state;
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
    assert_true(open_viewer(fixture, &client));
    add_numbers(fixture, 1, 1);
    cleanup_buf struct buf expected;
    buf_init(&expected, TEXT_BYTES);
    (void)buf_add_format(&expected, ": connected\n\nid: %d\nevent: run\ndata: {\"n\":1}\n\n%c",
                         (int)fixture->stream.last_id, '\0');
    assert_read(fixture, &client, expected.base); /* no half of what was */
    client_close(&client);
}

static void count_one(void *context)
{
    (*(int *)context)++;
}

static void the_owner_hears_of_viewers_that_leave(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    int count = 0;
    fixture->stream.on_viewer_left = count_one;
    fixture->stream.context = &count;
    assert_true(open_viewer(fixture, &client));
    assert_read(fixture, &client, ": connected\n\n");
    assert_int_equal(count, 0);

    client_close(&client);
    turn_until_viewers(fixture, 0);

    assert_int_equal(count, 1);
}

/* What is kept must not be pushed out by them. */
static void comments_take_no_room_from_what_is_kept(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    const struct event_stream_config config = {
        .capacity_bytes = 64,
        .comment_interval_us = CLOCK_US_PER_MS,
        .keeps = true,
    };
    event_stream_clear(&fixture->stream);
    assert_int_equal(event_stream_init(&fixture->stream, fixture->bench->loop, &config), 0);
    add_numbers(fixture, 1, 1);
    assert_true(open_viewer(fixture, &client));

    while (client.input.length < 64 * strlen(": still here")) {
        assert_int_equal(loop_turn(fixture->bench->loop, CLOCK_US_PER_MS), 0);
        client_gather(&client);
    }

    assert_int_equal(fixture->stream.end, strlen("id: 1\nevent: run\ndata: {\"n\":1}\n\n"));
    client_close(&client);
}

#define stream_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        stream_test(a_viewer_is_greeted_at_once),
        stream_test(all_viewers_see_what_comes_with_ids_that_count_up),
        stream_test(comments_come_at_their_interval),
        stream_test(a_viewer_that_keeps_up_misses_nothing),
        stream_test(a_viewer_that_falls_too_far_behind_is_ended_and_others_go_on),
        stream_test(there_are_places_for_sixteen),
        stream_test(a_record_that_is_larger_than_the_stream_is_left_out),
        stream_test(viewers_that_leave_give_their_places_back),
        stream_test(a_server_can_be_freed_while_viewers_wait),
        stream_test(a_server_can_be_freed_while_viewers_wait_and_have_been_woken),
        stream_test(a_server_can_be_freed_while_viewers_do_not_read),
        stream_test(whoever_comes_late_sees_all_since_it_was_last_forgotten),
        stream_test(whoever_says_what_it_has_seen_goes_on_behind_that),
        stream_test(a_place_is_found_wherever_the_ring_wraps),
        stream_test(a_viewer_is_told_first_what_is_for_it_alone),
        stream_test(there_is_room_until_the_first_that_is_kept_would_be_overwritten),
        stream_test(the_owner_hears_of_viewers_that_leave),
        stream_test(comments_take_no_room_from_what_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
