/* SPDX-License-Identifier: MIT */
/*
 * Lines of chunks' sizes that are longer than there is room for: such a request is refused, and nothing spins.
 */
#include "common/clock.h"
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

enum { LINE_BYTES = 60000, SHORT_LINE_BYTES = 1000, QUIET_MS = 200, TURNS_AT_MOST = 2000 };

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

static bool is_open(const struct http_server_bench *bench)
{
    return http_server_connection_count(bench->server) > 0;
}

/* Each turn waits for something to happen, and nothing does: were there something left to do, it would not wait. */
static void nothing_spins_behind_such_a_line(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct client client;
        bench_connect(bench, &client);
        send_line(&client, i, LINE_BYTES, "");

        int turns = 0;
        uint64_t start_us = clock_monotonic_us();
        while (gate_milliseconds_left(start_us, is_open(bench) ? TEST_PATIENCE_MS : QUIET_MS) > 0) {
            (void)loop_turn(bench->loop, 10 * CLOCK_US_PER_MS);
            turns++;
        }

        assert_in_range(turns, 1, TURNS_AT_MOST);
        assert_case(cases[i].name, !is_open(bench));
        client_close(&client);
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
        bench_test(a_line_of_a_chunk_that_fits_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
