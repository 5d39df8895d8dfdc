/* SPDX-License-Identifier: MIT */
/*
 * How a connection ends on which a request waited for its answer: by the client, by an answer, with the
 * server. And hundreds of them.
 */
#include "tests/integration/http_server_bench.h"

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { TIMEOUT_MS = 250 };

static struct http_server_config config_of(int idle_ms, int header_ms)
{
    struct http_server_config config = bench_config();

    config.idle_timeout_us = (uint64_t)idle_ms * CLOCK_US_PER_MS;
    config.header_timeout_us = (uint64_t)header_ms * CLOCK_US_PER_MS;
    return config;
}

static void restart(struct http_server_bench *bench, int idle_ms, int header_ms)
{
    struct http_server_config config = config_of(idle_ms, header_ms);

    bench_restart(bench, &config);
}

/* ---- by the client ---- */

static void (*const ways_to_leave[])(struct client *client) = { client_close, client_reset };

static void a_client_that_leaves_an_idle_connection_makes_room(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(ways_to_leave); i++) {
        struct client client;
        bench_connect_kept(bench, &client);

        ways_to_leave[i](&client);

        bench_expect_no_connection(bench);
        bench_assert_journal(bench, "room ");
    }
}

static void a_client_that_leaves_as_soon_as_it_is_answered_makes_room(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < 2 * array_length(ways_to_leave); i++) {
        struct client client;
        bench_connect_kept(bench, &client);
        client_get(&client, "/wait");
        bench_answer_held(bench);
        if (i < array_length(ways_to_leave)) {
            bench_expect(bench, &client, "GET /wait");
        }

        ways_to_leave[i % array_length(ways_to_leave)](&client);

        bench_expect_no_connection(bench);
        assert_true(bench_has(bench, "request"));
    }
}

static void begin_a_head(struct client *client)
{
    client_send(client, "GET /never HTTP/1.1\r\nHo");
}

static void a_client_that_leaves_within_a_head_makes_room(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(ways_to_leave); i++) {
        struct client client;
        bench_connect_kept(bench, &client);
        begin_a_head(&client);
        bench_turn_briefly(bench);

        ways_to_leave[i](&client);

        bench_expect_no_connection(bench);
        bench_assert_journal(bench, "room ");
    }
}

/* microhttpd 0.9 overlooks an end that comes together with bytes: then the timeout ends it, and here either may. */
static void a_client_that_leaves_with_the_bytes_of_a_head_makes_room_in_time(void **state)
{
    struct http_server_bench *bench = *state;
    restart(bench, TIMEOUT_MS, TIMEOUT_MS);

    for (size_t i = 0; i < array_length(ways_to_leave); i++) {
        struct client client;
        bench_connect_kept(bench, &client);

        begin_a_head(&client);
        ways_to_leave[i](&client);

        bench_expect_no_connection(bench);
        bench_assert_journal(bench, "room ");
    }
}

static void a_client_that_leaves_a_later_request_that_waits_is_told_once(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < 2 * array_length(ways_to_leave); i++) {
        struct client client;
        bench_connect_kept(bench, &client);
        client_get(&client, "/wait");
        bench_turn_until_held(bench, 1);
        if (i < array_length(ways_to_leave)) {
            client_get(&client, "/sent-ahead");
            bench_turn_briefly(bench);
        }

        ways_to_leave[i % array_length(ways_to_leave)](&client);

        bench_expect_no_connection(bench);
        bench_assert_journal(bench, "request gone broken room ");
        bench->held_count = 0;
    }
}

static void a_half_closed_idle_connection_is_closed(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench_connect_kept(bench, &client);

    client_shut(&client);

    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    assert_false(client.is_reset);
    bench_expect_no_connection(bench);
    client_close(&client);
}

/* When the connection ends is another matter, see above. */
static void a_request_with_the_end_right_behind_it_is_answered_if_it_need_not_wait(void **state)
{
    struct http_server_bench *bench = *state;
    static const char *const targets[] = { "/1", "/2", "/3" };

    for (size_t count = 1; count <= array_length(targets); count++) {
        struct client client;
        bench_connect_kept(bench, &client);

        for (size_t i = 0; i < count; i++) {
            client_get(&client, targets[i]);
        }
        client_shut(&client);

        for (size_t i = 0; i < count; i++) {
            char expected[32];
            (void)snprintf(expected, sizeof expected, "GET %s", targets[i]);
            bench_expect(bench, &client, expected);
        }
        client_reset(&client);
        bench_expect_no_connection(bench);
    }
}

/* The end comes by itself, unlike above. */
static void a_client_that_half_closes_later_and_has_been_answered_sees_the_end(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench_connect_kept(bench, &client);

    client_get(&client, "/next");
    bench_expect(bench, &client, "GET /next");
    client_shut(&client);

    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    bench_expect_no_connection(bench);
    client_close(&client);
}

static void a_client_that_closes_right_behind_its_request_makes_room(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(ways_to_leave); i++) {
        struct client client;
        bench_connect_kept(bench, &client);

        client_get(&client, "/next");
        ways_to_leave[i](&client);

        bench_expect_no_connection(bench);
        assert_int_equal(bench_has(bench, "request"), bench_has(bench, "finished") || bench_has(bench, "broken"));
    }
}

static void a_request_with_the_end_right_behind_it_that_must_wait_is_abandoned(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench_connect_kept(bench, &client);

    client_get(&client, "/wait");
    client_shut(&client);

    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    bench_expect_no_connection(bench);
    bench_assert_journal(bench, "request gone broken room ");
    client_close(&client);
}

/* ---- by an answer ---- */

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
    if (ending->then == KEPT || (ending->then == KEPT_SINCE_1_0 && !bench_is_before_1_0())) {
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

/* ---- with the server ---- */

static void leave_alone(struct client *client)
{
    (void)client;
}

static void begin_a_line(struct client *client)
{
    client_send(client, "G");
}

static void ask(struct client *client)
{
    client_get(client, "/wait");
}

static void shut_it(struct client *client)
{
    client_shut(client);
}

static void (*const last_deeds[])(struct client *client) = {
    leave_alone, begin_a_head, begin_a_line, ask, shut_it, client_close, client_reset,
};

/* `is_seen`: the server has had time for what the clients did last. */
static void check_free(struct http_server_bench *bench, bool is_seen)
{
    struct client clients[array_length(last_deeds)];
    struct http_server_config config = bench_config();
    for (size_t i = 0; i < array_length(clients); i++) {
        bench_connect_kept(bench, &clients[i]);
    }
    for (size_t i = 0; i < array_length(clients); i++) {
        last_deeds[i](&clients[i]);
    }
    if (is_seen) {
        bench_turn_idly(bench);
    }

    bench_restart(bench, &config);

    for (size_t i = 0; i < array_length(clients); i++) {
        if (clients[i].descriptor >= 0) {
            assert_true(client_sees_end(&clients[i], TEST_PATIENCE_MS));
            client_close(&clients[i]);
        }
    }
    assert_int_equal(http_server_connection_count(bench->server), 0);
    bench->held_count = 0;
}

static void freeing_the_server_ends_idle_connections_whatever_comes_on_them(void **state)
{
    struct http_server_bench *bench = *state;

    check_free(bench, true);
    check_free(bench, false);
}

static void freeing_the_server_ends_a_connection_that_was_answered_in_this_turn(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_config config = bench_config();
    struct client client;
    bench_connect_kept(bench, &client);
    client_get(&client, "/wait");
    bench_answer_held(bench);

    bench_restart(bench, &config);

    assert_true(bench_has(bench, "finished") || bench_has(bench, "broken"));
    client_gather(&client);
    assert_true(client.is_at_end);
    client_close(&client);
}

/* ---- many ---- */

enum { MANY = 300, ROUNDS = 4 }; /* more than two of microhttpd's daemons take */

static struct client clients[MANY];
static struct http_exchange *held_of[MANY];
static size_t held_count;

static void hold_by_number(struct http_server_bench *bench, struct http_exchange *exchange)
{
    struct str target = http_exchange_target(exchange);
    char number[32];

    (void)bench;
    (void)snprintf(number, sizeof number, "%.*s", STR_ARGUMENTS(str_from(target, 1)));
    held_of[strtoul(number, NULL, 10)] = exchange;
    held_count++;
}

static void request_all(struct http_server_bench *bench, size_t stride)
{
    held_count = 0;
    for (size_t i = 0; i < MANY; i++) {
        char target[32];
        (void)snprintf(target, sizeof target, "/%zu", i * stride % MANY);
        client_get(&clients[i * stride % MANY], target);
        if (i % 10 == 0) {
            bench_turn_briefly(bench);
        }
    }
    for (int turns = 0; held_count < MANY && turns < TEST_PATIENCE_MS; turns++) {
        assert_int_equal(loop_turn(bench->loop, CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(held_count, MANY);
}

static void answer_all(struct http_server_bench *bench, size_t stride, size_t answers_in_a_turn)
{
    for (size_t i = 0; i < MANY; i++) {
        struct http_exchange *exchange = held_of[i * stride % MANY];
        bench_answer(exchange, http_exchange_target(exchange));
        if (i % answers_in_a_turn == 0) {
            assert_int_equal(loop_turn(bench->loop, 0), 0);
        }
    }
    for (size_t i = 0; i < MANY; i++) {
        char expected[32];
        (void)snprintf(expected, sizeof expected, "/%zu", i);
        bench_expect(bench, &clients[i], expected);
    }
}

static void leave_all(struct http_server_bench *bench)
{
    buf_reset(&bench->journal);
    for (size_t i = 0; i < MANY; i++) {
        ways_to_leave[i % 2](&clients[i]);
    }
    bench_turn_until(bench, "room", MANY);
    assert_int_equal(http_server_connection_count(bench->server), 0);
}

static void connect_all(struct http_server_bench *bench)
{
    struct http_server_config config = bench_config();

    config.connection_limit = MANY;
    bench_restart(bench, &config);
    bench->on_request = hold_by_number;
    for (size_t i = 0; i < MANY; i++) {
        bench_connect(bench, &clients[i]);
    }
}

static void hundreds_of_connections_wait_again_and_again_in_any_order(void **state)
{
    struct http_server_bench *bench = *state;
    static const size_t strides[ROUNDS] = { 1, 7, 149, 299 };
    static const size_t answers_in_a_turn[ROUNDS] = { 1, MANY, 3, 50 };
    connect_all(bench);

    for (size_t round = 0; round < ROUNDS; round++) {
        buf_reset(&bench->journal);
        request_all(bench, strides[round]);
        answer_all(bench, strides[ROUNDS - 1 - round], answers_in_a_turn[round]);
    }

    assert_int_equal(http_server_connection_count(bench->server), MANY);
    leave_all(bench);
}

static void freeing_the_server_ends_hundreds_of_idle_connections(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_config config = bench_config();
    connect_all(bench);
    request_all(bench, 7);
    answer_all(bench, 1, MANY);
    bench_turn_briefly(bench);

    bench_restart(bench, &config);

    for (size_t i = 0; i < MANY; i++) {
        assert_true(client_sees_end(&clients[i], TEST_PATIENCE_MS));
        client_close(&clients[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_client_that_leaves_an_idle_connection_makes_room),
        bench_test(a_client_that_leaves_as_soon_as_it_is_answered_makes_room),
        bench_test(a_client_that_leaves_within_a_head_makes_room),
        bench_test(a_client_that_leaves_with_the_bytes_of_a_head_makes_room_in_time),
        bench_test(a_client_that_leaves_a_later_request_that_waits_is_told_once),
        bench_test(a_half_closed_idle_connection_is_closed),
        bench_test(a_request_with_the_end_right_behind_it_is_answered_if_it_need_not_wait),
        bench_test(a_client_that_half_closes_later_and_has_been_answered_sees_the_end),
        bench_test(a_client_that_closes_right_behind_its_request_makes_room),
        bench_test(a_request_with_the_end_right_behind_it_that_must_wait_is_abandoned),
        bench_test(an_answer_keeps_or_ends_the_connection_as_it_would_a_new_one),
        bench_test(freeing_the_server_ends_idle_connections_whatever_comes_on_them),
        bench_test(freeing_the_server_ends_a_connection_that_was_answered_in_this_turn),
        bench_test(hundreds_of_connections_wait_again_and_again_in_any_order),
        bench_test(freeing_the_server_ends_hundreds_of_idle_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
