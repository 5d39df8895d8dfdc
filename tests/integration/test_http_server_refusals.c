/* SPDX-License-Identifier: MIT */
/*
 * Requests that no owner sees: ambiguous ones, and ones that are too long.
 */
#include "common/clock.h"
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

struct refused_case {
    const char *name;
    const char *bytes;
    int status;
    bool is_said_twice; /* microhttpd 0.9.75 writes the head of this refusal of its own twice, the second as a body */
};

#define POST_HEAD "POST / HTTP/1.1\r\nHost: a\r\n"
#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

static const struct refused_case refused_cases[] = {
    { "two lengths that differ", POST_HEAD "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" SMUGGLED, 400, false },
    { "a length and chunks", POST_HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED, 400,
      false },
    { "a blank before the colon", POST_HEAD "Content-Length : 40\r\n\r\n" SMUGGLED, 400, false },
    { "a blank before the colon of a coding", POST_HEAD "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" SMUGGLED, 400,
      false },
    { "two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" SMUGGLED, 400, false },
    { "no host", "GET / HTTP/1.1\r\n\r\n" SMUGGLED, 400, false },
    { "a blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n" SMUGGLED, 400, false },
    { "a carriage return in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n" SMUGGLED, 400, false },
    { "a control byte in a value",
      "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01"
      "b\r\n\r\n" SMUGGLED,
      400, false },
    { "a length that is none", POST_HEAD "Content-Length: 2x\r\n\r\n{}" SMUGGLED, 400, true },
    { "a header without a colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n" SMUGGLED, 400, false },
    { "an absolute target", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n" SMUGGLED, 400, false },
    { "a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n" SMUGGLED, 400, false },
    { "CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n" SMUGGLED, 501, false },
    { "another version", "GET / HTTP/3.0\r\nHost: a\r\n\r\n" SMUGGLED, 505, false },
    { "a body over the limit", POST_HEAD "Content-Length: 1001\r\n\r\n", 413, false },
};

/* Everything until the end of the connection. */
static void read_all(struct http_server_bench *bench, struct client *client)
{
    uint64_t start_us = clock_monotonic_us();

    while (!client->is_at_end && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        client_gather(client);
        bench_turn_idly(bench);
    }
}

static size_t count_heads(const struct buf *bytes)
{
    struct str rest = buf_view(bytes);
    size_t count = 0;

    for (const char *place = memmem(rest.base, rest.length, "HTTP/1.", 7); place != NULL;
         place = memmem(rest.base, rest.length, "HTTP/1.", 7)) {
        rest = str_from(rest, (size_t)(place - rest.base) + 7);
        count++;
    }
    return count;
}

static void check_refusal(struct http_server_bench *bench, const struct refused_case *refused)
{
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    bench_connect(bench, &client);

    client_send(&client, refused->bytes);
    read_all(bench, &client);

    /* One answer, then the end: nothing behind it was read as another request. */
    size_t head_count = count_heads(&client.input);
    assert_case(refused->name, client.is_at_end && !client.is_reset);
    assert_case(refused->name, head_count == 1 || (head_count == 2 && refused->is_said_twice));
    assert_case(refused->name, !bench_has(bench, "request"));
    (void)client_poll(&client, &answer);
    if (answer.status != refused->status) {
        fail_msg("case \"%s\": %d %.*s", refused->name, answer.status, STR_ARGUMENTS(answer_body(&answer)));
    }
    client_close(&client);
}

static void a_refused_request_gets_one_answer_and_the_connection_closes(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(refused_cases); i++) {
        check_refusal(bench, &refused_cases[i]);
    }
}

/* microhttpd 1.0 refuses it by itself, before a handler sees the head. */
static void a_coding_that_nobody_knows_is_refused(void **state)
{
    bool is_before_1_0 = str_starts_with(str_of(http_server_library_version()), STR("0."));
    struct refused_case refused = { "a coding that nobody knows",
                                    POST_HEAD "Transfer-Encoding: xchunked\r\n\r\n" SMUGGLED, is_before_1_0 ? 501 : 400,
                                    false };

    check_refusal(*state, &refused);
}

/* microhttpd joins the folded line to the header's name, and sees no length: what follows must not be a request. */
static void a_body_behind_a_folded_length_is_not_read_as_a_request(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench_connect(bench, &client);

    client_send(&client, "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 36\r\n x\r\n\r\n" SMUGGLED);
    read_all(bench, &client);

    assert_true(client.is_at_end);
    assert_int_equal(count_heads(&client.input), 1);
    client_close(&client);
}

static void chunks_over_the_limit_are_refused_with_413(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    char chunk[1200] = "44c\r\n"; /* 1100 bytes */
    memset(chunk + 5, 'x', 1100);
    (void)snprintf(chunk + 1105, sizeof chunk - 1105, "\r\n0\r\n\r\n");
    bench_connect(bench, &client);

    client_send(&client, POST_HEAD "Transfer-Encoding: chunked\r\n\r\n");
    client_send(&client, chunk);
    bench_read(bench, &client, &answer);

    assert_int_equal(answer.status, 413);
    assert_true(answer_says_close(&answer));
    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    bench_turn_until(bench, "room", 1);
    bench_assert_journal(bench, "refused finished room ");
    client_close(&client);
}

static void chunks_without_end_are_cut_off(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    char chunk[1006] = "3e8\r\n"; /* 1000 bytes */
    bool has_ended = false;
    memset(chunk + 5, 'x', 1000);
    bench_connect(bench, &client);
    client_send(&client, POST_HEAD "Transfer-Encoding: chunked\r\n\r\n");

    for (int i = 0; i < 100 && !has_ended; i++) {
        client_send_bytes(&client, chunk, 1005);
        client_send(&client, "\r\n");
        bench_turn_idly(bench);
        has_ended = client_sees_end(&client, 0);
    }

    assert_true(has_ended);
    client_close(&client);
}

static void a_head_over_the_limit_is_answered_431_or_414(void **state)
{
    struct http_server_bench *bench = *state;
    static char text[20000];
    memset(text, 'x', sizeof text - 1);

    for (int is_target = 0; is_target < 2; is_target++) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        bench_connect(bench, &client);
        client_send(&client, is_target ? "GET /" : "GET / HTTP/1.1\r\nHost: a\r\nX: ");
        client_send(&client, text);
        client_send(&client, is_target ? " HTTP/1.1\r\nHost: a\r\n\r\n" : "\r\n\r\n");

        bench_read(bench, &client, &answer);

        assert_int_equal(answer.status, is_target ? 414 : 431);
        client_close(&client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_refused_request_gets_one_answer_and_the_connection_closes),
        bench_test(a_coding_that_nobody_knows_is_refused),
        bench_test(a_body_behind_a_folded_length_is_not_read_as_a_request),
        bench_test(chunks_over_the_limit_are_refused_with_413),
        bench_test(chunks_without_end_are_cut_off),
        bench_test(a_head_over_the_limit_is_answered_431_or_414),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
