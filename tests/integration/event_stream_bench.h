/* SPDX-License-Identifier: MIT */
/*
 * event_stream_bench - a stream of events on the server of http_server_bench, and viewers of it.
 *
 * Functions that wait turn the loop, and end the running test when it takes longer than TEST_PATIENCE_MS.
 */
#ifndef TESTS_INTEGRATION_EVENT_STREAM_BENCH_H
#define TESTS_INTEGRATION_EVENT_STREAM_BENCH_H

#include "common/clock.h"
#include "common/event_stream.h"
#include "tests/integration/http_server_bench.h"

enum { TEXT_BYTES = 16 * 1024 * 1024, CAPACITY_BYTES = 1024 * 1024, HOUR_S = 3600, LARGE = 64 * 1024 };

struct stream_bench {
    struct http_server_bench *bench;
    struct event_stream stream; /* of CAPACITY_BYTES; its comments come once in an hour */
    char large[LARGE + 1];
};

int stream_bench_setup(void **state);
int stream_bench_teardown(void **state);
#define stream_test(test) cmocka_unit_test_setup_teardown(test, stream_bench_setup, stream_bench_teardown)

/* The stream of it, which must have been cleared. */
int stream_bench_open_stream(struct stream_bench *fixture, uint64_t comment_interval_us);
/* Stops the stream and frees the server. */
void stream_bench_free_server(struct stream_bench *fixture);
/* A client that asks for the stream; whether it gets it. */
bool stream_bench_open_viewer(struct stream_bench *fixture, struct client *client);
bool stream_bench_open_viewer_with(struct stream_bench *fixture, struct client *client,
                                   struct event_stream_opening opening);
/* Turns until the client has read this and nothing else of the stream. */
void stream_bench_assert_read(struct stream_bench *fixture, struct client *client, const char *text);
void stream_bench_turn_until_viewers(struct stream_bench *fixture, size_t count);

#endif
