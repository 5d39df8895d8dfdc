/* SPDX-License-Identifier: MIT */
/*
 * Lines of chunks' sizes that are longer than there is room for: such a request is refused, and nothing spins. Nor does
 * it behind one that takes all the room and goes no further.
 */
#include "common/clock.h"
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

enum { LINE_BYTES = 60000, SHORT_LINE_BYTES = 1000, TURNS_AT_MOST = 50 };

static const char head[] = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

static const struct {
    const char *name;
    const char *before; /* of the body */
    char byte;
} cases[] = {
    { "zeros", "", '0' },
    { "an extension", "2;", 'x' },
    { "an extension behind a chunk", "2\r\n{}\r\n3;a=", 'y' },
};

static void send_line(struct client *client, size_t index, size_t length, const char *behind)
{
    char *line = malloc(length);

    assert_non_null(line);
    memset(line, cases[index].byte, length);
    client_send(client, head);
    client_send(client, cases[index].before);
    client_send_bytes(client, line, length);
    client_send(client, behind);
    free(line);
}

static void a_line_of_a_chunk_that_is_too_long_is_refused(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        struct client client;
        bench_connect(bench, &client);
        send_line(&client, i, LINE_BYTES, "");
        bench_read(bench, &client, &answer);

        assert_case(cases[i].name, answer.status >= 400 && answer.status < 500);
        assert_case(cases[i].name, answer_says_close(&answer));
        assert_case(cases[i].name, bench_sees_end(bench, &client, TEST_PATIENCE_MS));
        client_close(&client);
    }
    assert_false(bench_has(bench, "request"));
}

/* Each turn waits 10 ms for something to happen, and nothing does: were there something left to do, it would not wait.
 */
static void expect_no_spinning(struct http_server_bench *bench)
{
    int turns = 0;

    for (uint64_t start_us = clock_monotonic_us(); clock_monotonic_us() < start_us + 200 * CLOCK_US_PER_MS; turns++) {
        (void)loop_turn(bench->loop, 10 * CLOCK_US_PER_MS);
    }
    assert_in_range(turns, 1, TURNS_AT_MOST);
}

static void nothing_spins_behind_such_a_line(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct client client;
        bench_connect(bench, &client);
        buf_reset(&bench->journal);
        send_line(&client, i, LINE_BYTES, "");

        bench_expect_no_connection(bench);
        expect_no_spinning(bench);
        client_close(&client);
    }
}

/* microhttpd hears nothing of a connection that it was given back and has not had to wait for since. */
static void such_a_line_is_refused_behind_a_request_that_waited(void **state)
{
    struct http_server_bench *bench = *state;
    bench->on_request = bench_hold_what_waits;

    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        struct client client;
        bench_connect_kept(bench, &client);
        send_line(&client, i, LINE_BYTES, "");
        bench_read(bench, &client, &answer);

        assert_case(cases[i].name, answer.status >= 400 && answer.status < 500);
        assert_case(cases[i].name, bench_sees_end(bench, &client, TEST_PATIENCE_MS));
        client_close(&client);
        bench_expect_no_connection(bench);
        expect_no_spinning(bench);
    }
}

static void such_a_line_of_a_client_that_left_ends_with_it(void **state)
{
    struct http_server_bench *bench = *state;
    bench->on_request = bench_hold_what_waits;
    struct client client;
    bench_connect_kept(bench, &client);
    send_line(&client, 0, LINE_BYTES, "");
    client_close(&client);

    bench_expect_no_connection(bench);

    expect_no_spinning(bench);
}

/* ---- one that takes all the room, and nothing behind it ---- */

static bool is_too_long(struct http_server_bench *bench, size_t length)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    struct client client;
    bench_connect_kept(bench, &client);
    send_line(&client, 0, length, "");
    client_shut(&client);
    bench_read(bench, &client, &answer);
    client_close(&client);
    bench_expect_no_connection(bench);
    return answer.status != 0;
}

/* The longest line that is not refused. */
static size_t find_room(struct http_server_bench *bench)
{
    size_t fits = SHORT_LINE_BYTES;
    size_t too_long = LINE_BYTES;

    while (fits + 1 < too_long) {
        size_t middle = (fits + too_long) / 2;
        *(is_too_long(bench, middle) ? &too_long : &fits) = middle;
    }
    return fits;
}

static void a_line_that_takes_all_the_room_waits_for_more_at_no_cost(void **state)
{
    struct http_server_bench *bench = *state;
    bench->on_request = bench_hold_what_waits;
    size_t room_bytes = find_room(bench);

    for (int is_kept = 0; is_kept < 2; is_kept++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        struct client client;
        (is_kept != 0 ? bench_connect_kept : bench_connect)(bench, &client);
        buf_reset(&bench->journal);
        send_line(&client, 0, room_bytes, "");
        bench_turn_briefly(bench);
        expect_no_spinning(bench);

        assert_int_equal(http_server_connection_count(bench->server), 1);
        client_send(&client, "0");
        bench_read(bench, &client, &answer);
        assert_int_equal(answer.status, microhttpd_refuses_long_chunk_lines() ? 413 : 400);
        assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
        client_close(&client);
        bench_expect_no_connection(bench);
    }
}

static void its_time_and_its_client_end_such_a_line(void **state)
{
    struct http_server_bench *bench = *state;
    bench->on_request = bench_hold_what_waits;
    size_t room_bytes = find_room(bench);
    struct http_server_config timed = bench_config();
    timed.body_timeout_us = 100 * CLOCK_US_PER_MS;

    for (int leaves = 0; leaves < 2; leaves++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        struct client client;
        bench_connect_kept(bench, &client);
        send_line(&client, 0, room_bytes, "");
        bench_turn_briefly(bench);
        if (leaves != 0) {
            client_shut(&client);
        } else {
            http_server_set_limits(bench->server, &timed);
        }
        bench_read(bench, &client, &answer);

        assert_int_equal(answer.status, leaves != 0 ? 0 : 408);
        bench_expect_no_connection(bench);
        expect_no_spinning(bench);
        client_close(&client);
        timed.body_timeout_us = 0;
        http_server_set_limits(bench->server, &timed);
    }
}

static void check_read(struct http_server_bench *bench, struct client *client, size_t index, const char *text)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    bool has_extension = cases[index].before[0] != '\0';

    if (has_extension && !microhttpd_reads_chunk_extensions()) {
        bench_read(bench, client, &answer);
        assert_case(cases[index].name, answer.status == 400 && answer_says_close(&answer));
    } else {
        bench_expect(bench, client, text);
    }
}

static void a_line_of_a_chunk_that_fits_is_read(void **state)
{
    static const char *const behind[] = { "2\r\n{}\r\n0\r\n\r\n", "\r\n{}\r\n0\r\n\r\n", "\r\n{}!\r\n0\r\n\r\n" };
    static const char *const texts[] = { "POST / {}", "POST / {}", "POST / {}{}!" };
    struct http_server_bench *bench = *state;
    bench->on_request = bench_hold_what_waits;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct client client;
        bench_connect(bench, &client);
        send_line(&client, i, SHORT_LINE_BYTES, behind[i]);
        check_read(bench, &client, i, texts[i]);
        client_close(&client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_line_of_a_chunk_that_is_too_long_is_refused),
        bench_test(nothing_spins_behind_such_a_line),
        bench_test(such_a_line_is_refused_behind_a_request_that_waited),
        bench_test(such_a_line_of_a_client_that_left_ends_with_it),
        bench_test(a_line_that_takes_all_the_room_waits_for_more_at_no_cost),
        bench_test(its_time_and_its_client_end_such_a_line),
        bench_test(a_line_of_a_chunk_that_fits_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
