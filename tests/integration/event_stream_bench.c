/* SPDX-License-Identifier: MIT */
#include "tests/integration/event_stream_bench.h"

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

int stream_bench_open_stream(struct stream_bench *fixture, uint64_t comment_interval_us)
{
    const struct event_stream_config config = {
        .capacity_bytes = CAPACITY_BYTES,
        .comment_interval_us = comment_interval_us,
    };

    return event_stream_init(&fixture->stream, fixture->bench->loop, &config);
}

int stream_bench_setup(void **state)
{
    struct stream_bench *fixture = calloc(1, sizeof *fixture);
    void *bench = NULL;

    assert_non_null(fixture);
    assert_int_equal(http_server_bench_setup(&bench), 0);
    fixture->bench = bench;
    fixture->bench->on_request = bench_hold;
    memset(fixture->large, 'x', LARGE);
    *state = fixture;
    return stream_bench_open_stream(fixture, HOUR_S * (uint64_t)CLOCK_US_PER_SECOND);
}

void stream_bench_free_server(struct stream_bench *fixture)
{
    event_stream_stop(&fixture->stream);
    http_server_free(take_pointer(fixture->bench->server));
}

int stream_bench_teardown(void **state)
{
    struct stream_bench *fixture = *state;
    void *bench = fixture->bench;

    stream_bench_free_server(fixture);
    event_stream_clear(&fixture->stream);
    (void)http_server_bench_teardown(&bench);
    free(fixture);
    return 0;
}

bool stream_bench_open_viewer_with(struct stream_bench *fixture, struct client *client,
                                   struct event_stream_opening opening)
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

bool stream_bench_open_viewer(struct stream_bench *fixture, struct client *client)
{
    return stream_bench_open_viewer_with(fixture, client, (struct event_stream_opening){ .event = NULL });
}

void stream_bench_assert_read(struct stream_bench *fixture, struct client *client, const char *text)
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

void stream_bench_turn_until_viewers(struct stream_bench *fixture, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (fixture->stream.viewer_count != count && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(fixture->bench->loop, CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(fixture->stream.viewer_count, count);
}
