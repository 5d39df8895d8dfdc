/* SPDX-License-Identifier: MIT */
/*
 * Streams of events and their viewers: who sees what, who is ended, and what goes with the server. Streams that keep:
 * test_event_stream_kept.
 */
#include "common/clock.h"
#include "tests/integration/event_stream_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

static void a_viewer_is_greeted_at_once(void **state)
{
    struct stream_bench *fixture = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;

    assert_true(stream_bench_open_viewer(fixture, &client));
    stream_bench_assert_read(fixture, &client, ": connected\n\n");

    (void)client_poll(&client, &answer);
    assert_int_equal(answer.status, 200);
    assert_text(answer_header(&answer, "Content-Type"), "text/event-stream");
    assert_text(answer_header(&answer, "Cache-Control"), "no-store");
    client_close(&client);
}

static void all_viewers_see_what_comes_with_ids_that_count_up(void **state)
{
    struct stream_bench *fixture = *state;
    struct client early;
    struct client late;
    event_stream_add(&fixture->stream, "done", STR("{\"n\":\"nobody looks on\"}"));

    assert_true(stream_bench_open_viewer(fixture, &early));
    event_stream_add(&fixture->stream, "done", STR("{\"n\":1}"));
    assert_true(stream_bench_open_viewer(fixture, &late));
    event_stream_add(&fixture->stream, "done", STR("{\"n\":2}"));
    event_stream_add(&fixture->stream, "done", STR("{\"n\":3}"));

    stream_bench_assert_read(fixture, &early,
                             ": connected\n\n"
                             "id: 2\nevent: done\ndata: {\"n\":1}\n\n"
                             "id: 3\nevent: done\ndata: {\"n\":2}\n\n"
                             "id: 4\nevent: done\ndata: {\"n\":3}\n\n");
    stream_bench_assert_read(fixture, &late,
                             ": connected\n\n"
                             "id: 3\nevent: done\ndata: {\"n\":2}\n\n"
                             "id: 4\nevent: done\ndata: {\"n\":3}\n\n");
    client_close(&early);
    client_close(&late);
}

static void comments_come_at_their_interval(void **state)
{
    struct stream_bench *fixture = *state;
    struct client client;
    event_stream_clear(&fixture->stream);
    assert_int_equal(stream_bench_open_stream(fixture, 30 * CLOCK_US_PER_MS), 0);

    uint64_t start_us = clock_monotonic_us();
    assert_true(stream_bench_open_viewer(fixture, &client));
    stream_bench_assert_read(fixture, &client, ": connected\n\n: still here\n\n: still here\n\n: still here\n\n");

    assert_true(clock_monotonic_us() - start_us >= 60 * CLOCK_US_PER_MS);
    client_close(&client);
}

/* More than the ring holds, in records of all sizes: each byte comes once and in its place. */
static void a_viewer_that_keeps_up_misses_nothing(void **state)
{
    struct stream_bench *fixture = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    cleanup_buf struct buf expected;
    buf_init(&expected, TEXT_BYTES);
    (void)buf_add_text(&expected, ": connected\n\n");
    assert_true(stream_bench_open_viewer(fixture, &client));

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

static void add_and_let_read(struct stream_bench *fixture, struct client *reader, size_t count)
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
    struct stream_bench *fixture = *state;
    struct client slow;
    struct client quick;
    cleanup_answer struct answer answer = ANSWER_NONE;
    assert_true(stream_bench_open_viewer(fixture, &slow));
    assert_true(stream_bench_open_viewer(fixture, &quick));

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
    stream_bench_turn_until_viewers(fixture, 1);
    add_and_let_read(fixture, &quick, 1);
    client_close(&slow);
    client_close(&quick);
}

static void there_are_places_for_sixteen(void **state)
{
    struct stream_bench *fixture = *state;
    struct client clients[EVENT_STREAM_VIEWERS];
    struct client late;
    cleanup_answer struct answer answer = ANSWER_NONE;
    for (size_t i = 0; i < EVENT_STREAM_VIEWERS; i++) {
        assert_true(stream_bench_open_viewer(fixture, &clients[i]));
    }

    assert_false(stream_bench_open_viewer(fixture, &late));
    bench_read(fixture->bench, &late, &answer);
    assert_text(answer_body(&answer), "refused");
    client_close(&late);
    client_close(&clients[7]);
    stream_bench_turn_until_viewers(fixture, EVENT_STREAM_VIEWERS - 1);
    assert_true(stream_bench_open_viewer(fixture, &clients[7]));
    event_stream_add(&fixture->stream, "done", STR("{}"));

    for (size_t i = 0; i < EVENT_STREAM_VIEWERS; i++) {
        stream_bench_assert_read(fixture, &clients[i], ": connected\n\nid: 1\nevent: done\ndata: {}\n\n");
        client_close(&clients[i]);
    }
    stream_bench_turn_until_viewers(fixture, 0);
}

static void a_record_that_is_larger_than_the_stream_is_left_out(void **state)
{
    struct stream_bench *fixture = *state;
    struct client client;
    cleanup_free char *huge = calloc(1, CAPACITY_BYTES);
    assert_non_null(huge);
    assert_true(stream_bench_open_viewer(fixture, &client));

    event_stream_add(&fixture->stream, "done", STR("1"));
    event_stream_add(&fixture->stream, "done", (struct str){ huge, CAPACITY_BYTES });
    event_stream_add(&fixture->stream, "done", STR("3"));

    stream_bench_assert_read(fixture, &client,
                             ": connected\n\nid: 1\nevent: done\ndata: 1\n\nid: 3\nevent: done\ndata: 3\n\n");
    client_close(&client);
}

/* Its first bytes are asked for when the client is gone already, or has reset its connection since. */
static void viewers_that_leave_give_their_places_back(void **state)
{
    struct stream_bench *fixture = *state;
    struct client waiting;
    struct client reset;
    struct client in_between;
    assert_true(stream_bench_open_viewer(fixture, &waiting));
    assert_true(stream_bench_open_viewer(fixture, &reset));
    stream_bench_assert_read(fixture, &waiting, ": connected\n\n");
    stream_bench_assert_read(fixture, &reset, ": connected\n\n");
    assert_true(stream_bench_open_viewer(fixture, &in_between));

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
    struct stream_bench *fixture = *state;
    struct client clients[EVENT_STREAM_VIEWERS];
    for (size_t i = 0; i < EVENT_STREAM_VIEWERS; i++) {
        assert_true(stream_bench_open_viewer(fixture, &clients[i]));
        stream_bench_assert_read(fixture, &clients[i], ": connected\n\n");
    }

    event_stream_add(&fixture->stream, "done", STR("{}"));
    stream_bench_free_server(fixture);

    assert_int_equal(fixture->stream.viewer_count, 0);
    for (size_t i = 0; i < EVENT_STREAM_VIEWERS; i++) {
        client_close(&clients[i]);
    }
}

static void a_server_can_be_freed_while_viewers_wait(void **state)
{
    struct stream_bench *fixture = *state;
    struct client client;
    assert_true(stream_bench_open_viewer(fixture, &client));
    stream_bench_assert_read(fixture, &client, ": connected\n\n");

    stream_bench_free_server(fixture);

    assert_int_equal(fixture->stream.viewer_count, 0);
    client_close(&client);
}

static void a_server_can_be_freed_while_viewers_do_not_read(void **state)
{
    struct stream_bench *fixture = *state;
    struct client client;
    assert_true(stream_bench_open_viewer(fixture, &client));

    for (int i = 0; i < 256; i++) { /* more than the kernel keeps for one that does not read */
        event_stream_add(&fixture->stream, "done", (struct str){ fixture->large, LARGE });
        assert_int_equal(loop_turn(fixture->bench->loop, 0), 0);
    }
    assert_int_equal(fixture->stream.viewer_count, 1);
    stream_bench_free_server(fixture);

    assert_int_equal(fixture->stream.viewer_count, 0);
    client_close(&client);
}

static void count_one(void *context)
{
    (*(int *)context)++;
}

static void the_owner_hears_of_viewers_that_leave(void **state)
{
    struct stream_bench *fixture = *state;
    struct client client;
    int count = 0;
    fixture->stream.on_viewer_left = count_one;
    fixture->stream.context = &count;
    assert_true(stream_bench_open_viewer(fixture, &client));
    stream_bench_assert_read(fixture, &client, ": connected\n\n");
    assert_int_equal(count, 0);

    client_close(&client);
    stream_bench_turn_until_viewers(fixture, 0);

    assert_int_equal(count, 1);
}

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
        stream_test(the_owner_hears_of_viewers_that_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
