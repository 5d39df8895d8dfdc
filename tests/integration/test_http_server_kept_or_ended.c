/* SPDX-License-Identifier: MIT */
/*
 * Which answers end a connection on which a request waited: the same ones that end a new connection.
 */
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

enum { NO_STREAM = 0 };

struct ending {
    const char *name;
    const char *method;
    const char *lines; /* behind the target */
    int status;
    bool closes;
    uint64_t stream_length; /* NO_STREAM: the answer is "ab" as bytes */
    const char *body;
    enum { ENDED, KEPT, KEPT_SINCE_1_0 } then; /* a 304 without a length ends it with microhttpd 0.9 */
};

#define PLAIN " HTTP/1.1\r\nHost: a\r\n\r\n"
#define CLOSE " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
#define OLD " HTTP/1.0\r\nHost: a\r\n\r\n"
#define OLD_KEPT " HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"

static const struct ending endings[] = {
    { "nothing special", "GET", PLAIN, 200, false, NO_STREAM, "ab", KEPT },
    { "an answer that closes", "GET", PLAIN, 200, true, NO_STREAM, "ab", ENDED },
    { "Connection: close", "GET", CLOSE, 200, false, NO_STREAM, "ab", ENDED },
    { "HTTP/1.0", "GET", OLD, 200, false, NO_STREAM, "ab", ENDED },
    { "HTTP/1.0, kept", "GET", OLD_KEPT, 200, false, NO_STREAM, "ab", KEPT },
    { "HEAD", "HEAD", PLAIN, 200, false, NO_STREAM, "", KEPT },
    { "HEAD of a stream", "HEAD", PLAIN, 200, false, 2, "", KEPT },
    { "204", "GET", PLAIN, 204, false, NO_STREAM, "", KEPT },
    { "304", "GET", PLAIN, 304, false, NO_STREAM, "", KEPT_SINCE_1_0 },
    { "304 of a stream", "GET", PLAIN, 304, false, 2, "", KEPT },
    { "502", "GET", PLAIN, 502, false, NO_STREAM, "ab", KEPT },
    { "a stream", "GET", PLAIN, 200, false, 2, "ab", KEPT },
    { "a stream without a length", "GET", PLAIN, 200, false, HTTP_LENGTH_UNKNOWN, "ab", KEPT },
    { "a stream that closes", "GET", PLAIN, 200, true, HTTP_LENGTH_UNKNOWN, "ab", ENDED },
};

static const struct ending *current_ending;

/* "a", nothing for now, "b", the end. */
static ssize_t read_slowly(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    struct http_server_bench *bench = context;

    assert_true(capacity >= 1);
    if (offset == 1 && bench->stream_step++ == 0) {
        return HTTP_STREAM_WAIT;
    }
    buffer[0] = offset == 0 ? 'a' : 'b';
    return offset < 2 ? 1 : HTTP_STREAM_END;
}

static void answer_as_it_ends(struct http_server_bench *bench, struct http_exchange *exchange)
{
    const struct ending *ending = current_ending;
    struct http_answer answer = {
        .status = ending->status, .body = STR("ab"), .memory = HTTP_BODY_CONSTANT, .close = ending->closes
    };

    bench->stream_step = 0;
    if (ending->stream_length == NO_STREAM) {
        assert_int_equal(http_exchange_answer(exchange, &answer), 0);
        return;
    }
    bench->held[0] = exchange;
    answer.body = STR("");
    assert_int_equal(http_exchange_stream(exchange, &answer, ending->stream_length, read_slowly, bench), 0);
}

static void wait_or_answer_as_it_ends(struct http_server_bench *bench, struct http_exchange *exchange)
{
    if (str_equal(http_exchange_target(exchange), STR("/end"))) {
        answer_as_it_ends(bench, exchange);
    } else {
        bench_hold_what_waits(bench, exchange);
    }
}

static void answer_held_as_it_ends(struct http_server_bench *bench)
{
    bench_turn_until_held(bench, 1);
    bench_turn_briefly(bench);
    bench->held_count = 0;
    answer_as_it_ends(bench, bench->held[0]);
}

static void check_ending(struct http_server_bench *bench, const struct ending *ending, bool waits)
{
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    char request[128];
    bench_connect_kept(bench, &client);
    bench->on_request = wait_or_answer_as_it_ends;
    current_ending = ending;
    (void)buf_add_format(&bench->journal, "%s: ", ending->name);
    (void)snprintf(request, sizeof request, "%s %s%s", ending->method, waits ? "/wait" : "/end", ending->lines);

    client.expects_no_body = strcmp(ending->method, "HEAD") == 0;
    client_send(&client, request);
    if (waits) {
        answer_held_as_it_ends(bench);
    }
    bench_turn_briefly(bench);
    if (bench->stream_step > 0) {
        http_exchange_wake(bench->held[0]);
    }
    bench_read(bench, &client, &answer);

    assert_case(ending->name, answer.status == ending->status && answer.is_complete);
    assert_case(ending->name, str_equal(answer_body(&answer), str_of(ending->body)));
    client.expects_no_body = false;
    if (ending->then == KEPT || (ending->then == KEPT_SINCE_1_0 && !microhttpd_is_before_1_0())) {
        bench_wait_once(bench, &client);
    } else {
        assert_case(ending->name, bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    }
    client_close(&client);
    bench_expect_no_connection(bench);
}

static void an_answer_keeps_or_ends_the_connection_as_it_would_a_new_one(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(endings); i++) {
        check_ending(bench, &endings[i], false);
        check_ending(bench, &endings[i], true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(an_answer_keeps_or_ends_the_connection_as_it_would_a_new_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
