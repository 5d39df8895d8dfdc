/* SPDX-License-Identifier: MIT */
/*
 * What only mode wire decides itself: requests that do not fit into a socket, answers that come before their end, how
 * often the kernel is asked. The server is a bare socket in the test's own hands.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "gateway/transfer.h"
#include "gateway/wire_exchange.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/unit.h"

enum { LONG_BODY = 4 * 1024 * 1024, LITTLE = 4096 };

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
#define TOO_LARGE_ANSWER "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\n{}"

struct fixture {
    struct upstream_bench bench;
    int listening;
    uint16_t port;
    int accepted; /* -1: none */
    char *long_body;
};

static void open_fixture(struct fixture *fixture)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof address;

    upstream_bench_open(&fixture->bench, BENCH_WIRE, 1);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fixture->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fixture->listening, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fixture->listening, 16), 0);
    assert_int_equal(getsockname(fixture->listening, (struct sockaddr *)&address, &length), 0);
    fixture->port = ntohs(address.sin_port);
    fixture->accepted = -1;
    fixture->long_body = calloc(1, LONG_BODY);
    assert_non_null(fixture->long_body);
}

static void hang_up(struct fixture *fixture)
{
    if (fixture->accepted >= 0) {
        (void)close(fixture->accepted);
    }
    fixture->accepted = -1;
}

static void close_fixture(struct fixture *fixture)
{
    hang_up(fixture);
    (void)close(fixture->listening);
    upstream_bench_close(&fixture->bench);
    free(fixture->long_body);
}

static void start_get(struct fixture *fixture, struct trial *trial)
{
    trial_init(trial, &fixture->bench, fixture->port);
    trial_start(trial, &fixture->bench);
}

static void start_long_post(struct fixture *fixture, struct trial *trial)
{
    trial_init(trial, &fixture->bench, fixture->port);
    trial->attempt.method = "POST";
    trial->attempt.body = (struct str){ fixture->long_body, LONG_BODY };
    trial_start(trial, &fixture->bench);
}

static void turn(struct fixture *fixture)
{
    assert_int_equal(loop_turn(fixture->bench.loop, CLOCK_US_PER_MS), 0);
}

static void accept_next(struct fixture *fixture)
{
    uint64_t start_us = clock_monotonic_us();

    hang_up(fixture);
    while (fixture->accepted < 0 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        turn(fixture);
        fixture->accepted = accept4(fixture->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    }
    assert_true(fixture->accepted >= 0);
}

/* So many bytes of what is sent, while the loop turns. */
static void read_bytes(struct fixture *fixture, size_t count)
{
    static char bytes[64 * 1024];
    uint64_t start_us = clock_monotonic_us();

    while (count > 0 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        ssize_t got = recv(fixture->accepted, bytes, count < sizeof bytes ? count : sizeof bytes, 0);
        if (got <= 0) {
            turn(fixture);
            continue;
        }
        count -= (size_t)got;
    }
    assert_int_equal(count, 0);
}

/* A request without a body is one packet on loopback. */
static void read_get(struct fixture *fixture)
{
    read_bytes(fixture, 1);
    char bytes[LITTLE];
    assert_true(recv(fixture->accepted, bytes, sizeof bytes, 0) > 0);
}

static void answer(struct fixture *fixture, const char *text)
{
    assert_int_equal(send(fixture->accepted, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Whether the gateway ended the connection, once all it sent is read. */
static bool is_ended(struct fixture *fixture)
{
    static char bytes[64 * 1024];
    ssize_t count = 1;

    for (int i = 0; i < 1000 && count > 0; i++) {
        count = recv(fixture->accepted, bytes, sizeof bytes, 0);
    }
    return count == 0 || (count < 0 && errno == ECONNRESET);
}

/* ---- what does not fit into a socket ---- */

static void a_long_body_goes_out_as_there_is_room_and_its_connection_is_kept(void **state)
{
    struct fixture fixture;
    struct trial post;
    struct trial get;
    (void)state;
    open_fixture(&fixture);
    start_long_post(&fixture, &post);
    accept_next(&fixture);

    read_bytes(&fixture, LONG_BODY);
    char rest[LITTLE];
    turn(&fixture);
    assert_true(recv(fixture.accepted, rest, sizeof rest, 0) > 0); /* as much as the head is long */
    answer(&fixture, OK_ANSWER);
    trial_finish(&post, &fixture.bench);
    start_get(&fixture, &get);
    read_get(&fixture);
    answer(&fixture, OK_ANSWER);
    trial_finish(&get, &fixture.bench);

    assert_int_equal(post.attempt.error, CALL_OK);
    assert_int_equal(get.attempt.error, CALL_OK);
    assert_true(get.attempt.is_reused);
    trial_clear(&post);
    trial_clear(&get);
    close_fixture(&fixture);
}

static void an_answer_before_the_requests_end_is_taken_and_its_connection_is_not_kept(void **state)
{
    struct fixture fixture;
    struct trial post;
    struct trial get;
    (void)state;
    open_fixture(&fixture);
    start_long_post(&fixture, &post);
    accept_next(&fixture);
    read_bytes(&fixture, LITTLE);

    answer(&fixture, TOO_LARGE_ANSWER);
    trial_finish(&post, &fixture.bench);

    assert_int_equal(post.attempt.error, CALL_OK);
    assert_int_equal(post.attempt.status, 413);
    assert_true(is_ended(&fixture));
    start_get(&fixture, &get);
    accept_next(&fixture);
    read_get(&fixture);
    answer(&fixture, OK_ANSWER);
    trial_finish(&get, &fixture.bench);
    assert_false(get.attempt.is_reused);
    trial_clear(&post);
    trial_clear(&get);
    close_fixture(&fixture);
}

/* The reset that follows may make sending fail before the answer is read. */
static void an_answer_is_read_although_the_server_hung_up_on_the_request(void **state)
{
    (void)state;

    for (int turns = 0; turns < 2; turns++) {
        struct fixture fixture;
        struct trial post;
        open_fixture(&fixture);
        start_long_post(&fixture, &post);
        accept_next(&fixture);
        read_bytes(&fixture, LITTLE);

        answer(&fixture, TOO_LARGE_ANSWER);
        if (turns == 0) {
            hang_up(&fixture); /* with much of the request unread: a reset */
        } else {
            assert_int_equal(shutdown(fixture.accepted, SHUT_RDWR), 0);
        }
        trial_finish(&post, &fixture.bench);

        assert_int_equal(post.attempt.error, CALL_OK);
        assert_int_equal(post.attempt.status, 413);
        trial_clear(&post);
        close_fixture(&fixture);
    }
}

static void a_server_that_hangs_up_on_half_a_request_without_an_answer_is_connection_terminated(void **state)
{
    struct fixture fixture;
    struct trial get;
    struct trial post;
    (void)state;

    for (int is_kept = 0; is_kept < 2; is_kept++) {
        open_fixture(&fixture);
        if (is_kept) {
            start_get(&fixture, &get);
            accept_next(&fixture);
            read_get(&fixture);
            answer(&fixture, OK_ANSWER);
            trial_finish(&get, &fixture.bench);
            trial_clear(&get);
        }
        start_long_post(&fixture, &post);
        if (!is_kept) {
            accept_next(&fixture);
        }
        read_bytes(&fixture, LITTLE);

        hang_up(&fixture);
        trial_finish(&post, &fixture.bench);

        assert_int_equal(post.attempt.error, CALL_CONNECTION_TERMINATED);
        assert_int_equal(post.attempt.is_stale, is_kept);
        assert_true(post.attempt.sent_us != 0); /* nobody may send it again */
        trial_clear(&post);
        close_fixture(&fixture);
    }
}

static void a_server_that_takes_nothing_is_http_response_timeout(void **state)
{
    struct fixture fixture;
    struct trial post;
    (void)state;
    open_fixture(&fixture);
    trial_init(&post, &fixture.bench, fixture.port);
    post.attempt.method = "POST";
    post.attempt.body = (struct str){ fixture.long_body, LONG_BODY };
    post.attempt.deadline_us = clock_monotonic_us() + 200 * (uint64_t)CLOCK_US_PER_MS;

    trial_run(&post, &fixture.bench);

    assert_int_equal(post.attempt.error, CALL_HTTP_RESPONSE_TIMEOUT);
    assert_true(post.attempt.done_us >= post.attempt.deadline_us);
    trial_clear(&post);
    close_fixture(&fixture);
}

/* ---- kept connections ---- */

/* Two are under way, the later one is over first: the next takes whichever was used last. */
static void the_connection_that_was_used_last_is_used_next(void **state)
{
    struct fixture fixture;
    struct trial trials[2];
    struct trial next;
    int accepted[2];
    (void)state;
    open_fixture(&fixture);
    for (size_t i = 0; i < 2; i++) {
        start_get(&fixture, &trials[i]);
        accept_next(&fixture);
        accepted[i] = fixture.accepted;
        read_get(&fixture);
        fixture.accepted = -1;
    }
    for (size_t i = 2; i > 0; i--) {
        fixture.accepted = accepted[i - 1];
        answer(&fixture, OK_ANSWER);
        trial_finish(&trials[i - 1], &fixture.bench);
        trial_clear(&trials[i - 1]);
    }

    start_get(&fixture, &next);
    fixture.accepted = accepted[0];
    read_get(&fixture);
    answer(&fixture, OK_ANSWER);
    trial_finish(&next, &fixture.bench);

    assert_true(next.attempt.is_reused);
    trial_clear(&next);
    (void)close(accepted[1]);
    close_fixture(&fixture);
}

static void bytes_behind_an_answer_end_its_connection_and_are_nobodys(void **state)
{
    struct fixture fixture;
    struct trial first;
    struct trial second;
    (void)state;
    open_fixture(&fixture);
    start_get(&fixture, &first);
    accept_next(&fixture);
    read_get(&fixture);
    answer(&fixture, OK_ANSWER "\r\n");
    trial_finish(&first, &fixture.bench);

    assert_true(is_ended(&fixture));
    start_get(&fixture, &second);
    accept_next(&fixture);
    read_get(&fixture);
    answer(&fixture, OK_ANSWER);
    trial_finish(&second, &fixture.bench);

    assert_int_equal(first.attempt.error, CALL_OK);
    assert_int_equal(second.attempt.error, CALL_OK);
    assert_false(second.attempt.is_reused);
    trial_clear(&first);
    trial_clear(&second);
    close_fixture(&fixture);
}

/* It has an IPv6 address, too, where nobody listens. */
static void a_name_with_two_addresses_is_reached_at_the_one_that_answers(void **state)
{
    struct fixture fixture;
    struct trial get;
    (void)state;
    open_fixture(&fixture);
    trial_init(&get, &fixture.bench, fixture.port);
    (void)snprintf(get.server.host, sizeof get.server.host, "localhost");
    (void)snprintf(get.server.authority, sizeof get.server.authority, "localhost:%u", (unsigned)fixture.port);

    trial_start(&get, &fixture.bench);
    accept_next(&fixture);
    read_get(&fixture);
    answer(&fixture, OK_ANSWER);
    trial_finish(&get, &fixture.bench);

    assert_int_equal(get.attempt.error, CALL_OK);
    trial_clear(&get);
    close_fixture(&fixture);
}

static void a_connection_that_was_reset_since_the_last_look_is_no_harm(void **state)
{
    struct fixture fixture;
    struct trial first;
    struct trial post;
    (void)state;
    open_fixture(&fixture);
    start_get(&fixture, &first);
    accept_next(&fixture);
    read_get(&fixture);
    answer(&fixture, OK_ANSWER);
    trial_finish(&first, &fixture.bench);
    assert_int_equal(
        setsockopt(fixture.accepted, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger)),
        0);

    hang_up(&fixture);
    start_long_post(&fixture, &post);
    if (post.attempt.state != ATTEMPT_DONE) {
        upstream_cancel(fixture.bench.upstream, &post.attempt, CALL_CANCELLED); /* it has dialled anew */
    }
    trial_finish(&post, &fixture.bench);

    assert_int_equal(post.attempt.sent_us, 0); /* so any method may go again */
    assert_true(post.attempt.error == CALL_CANCELLED || post.attempt.is_stale);
    trial_clear(&first);
    trial_clear(&post);
    close_fixture(&fixture);
}

/* ---- what a call costs ---- */

static struct {
    unsigned sends;
    unsigned receives;
} counted;

static ssize_t count_send(struct wire_connection *connection, const char *bytes, size_t count)
{
    counted.sends++;
    return wire_plain_transport.send(connection, bytes, count);
}

static ssize_t count_receive(struct wire_connection *connection, char *bytes, size_t size)
{
    counted.receives++;
    return wire_plain_transport.receive(connection, bytes, size);
}

static void close_counted(struct wire_connection *connection)
{
    wire_plain_transport.close(connection);
}

static const struct wire_transport counting_transport = {
    .send = count_send,
    .receive = count_receive,
    .close = close_counted,
};

static struct {
    unsigned count;
    enum call_error error;
} over;

static void on_over(struct wire_exchange *exchange, enum call_error error)
{
    (void)exchange;
    over.count++;
    over.error = error;
}

/* An exchange by itself, on a socket pair. */
struct counting {
    struct upstream_bench bench;
    struct wire_exchange exchange;
    struct wire_connection *connection;
    int far;
    struct wire_scratch scratch;
};

static struct counting *open_counting(void)
{
    struct counting *counting = calloc(1, sizeof *counting);
    int pair[2];

    assert_non_null(counting);
    upstream_bench_open(&counting->bench, BENCH_WIRE, 1);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    counting->connection = wire_connection_new(counting->bench.loop, pair[0], &counting_transport, NULL);
    assert_non_null(counting->connection);
    counting->far = pair[1];
    wire_scratch_init(&counting->scratch);
    wire_exchange_init(&counting->exchange, &counting->scratch, on_over);
    counted.sends = 0;
    counted.receives = 0;
    over.count = 0;
    return counting;
}

static void close_counting(struct counting *counting)
{
    wire_connection_close(counting->connection);
    wire_scratch_clear(&counting->scratch);
    (void)close(counting->far);
    upstream_bench_close(&counting->bench);
    free(counting);
}

static void far_says(struct counting *counting, const char *text)
{
    assert_int_equal(send(counting->far, text, strlen(text), 0), (ssize_t)strlen(text));
}

static void begin_post(struct counting *counting, struct trial *trial)
{
    trial_init(trial, &counting->bench, 80);
    trial->attempt.method = "POST";
    trial->attempt.body = STR("{\"a\":1}");
    wire_exchange_begin(&counting->exchange, &trial->attempt, counting->connection);
}

static void a_call_is_one_send_and_one_receive_and_its_watch_stays_as_it_is(void **state)
{
    struct counting *counting = open_counting();
    uint32_t events_before = counting->connection->watch.events;
    struct trial trial;
    char request[LITTLE];
    (void)state;

    for (unsigned i = 1; i <= 3; i++) {
        begin_post(counting, &trial);
        assert_int_equal(counted.sends, i);
        assert_int_equal(counted.receives, i - 1);
        assert_true(recv(counting->far, request, sizeof request, 0) > 0);
        far_says(counting, OK_ANSWER);
        assert_int_equal(loop_turn(counting->bench.loop, 0), 0);
        assert_int_equal(over.count, i);
        assert_int_equal(over.error, CALL_OK);
        assert_true(counting->exchange.may_keep);
        assert_int_equal(counted.receives, i);
        trial_clear(&trial);
    }

    assert_int_equal(counting->connection->watch.events, events_before);
    close_counting(counting);
}

static void an_answer_in_two_pieces_is_two_receives(void **state)
{
    struct counting *counting = open_counting();
    struct trial trial;
    (void)state;
    begin_post(counting, &trial);

    far_says(counting, "HTTP/1.1 200 OK\r\nContent-");
    assert_int_equal(loop_turn(counting->bench.loop, 0), 0);
    assert_int_equal(counted.receives, 1);
    assert_int_equal(over.count, 0);
    far_says(counting, "Length: 2\r\n\r\n{}");
    assert_int_equal(loop_turn(counting->bench.loop, 0), 0);

    assert_int_equal(counted.receives, 2);
    assert_int_equal(over.count, 1);
    assert_text(buf_view(&trial.attempt.response), "{}");
    trial_clear(&trial);
    close_counting(counting);
}

static void what_was_said_before_sending_failed_is_the_answer(void **state)
{
    static const struct {
        const char *said;
        enum call_error error;
    } cases[] = {
        { TOO_LARGE_ANSWER, CALL_OK },
        { "HTTP/1.1 413 Content Too Large\r\nContent-Le", CALL_HTTP_RESPONSE_INCOMPLETE },
        { "", CALL_CONNECTION_TERMINATED },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct counting *counting = open_counting();
        struct trial trial;
        far_says(counting, cases[i].said);
        (void)close(counting->far);
        counting->far = -1;

        begin_post(counting, &trial);

        assert_int_equal(over.count, 1);
        assert_int_equal(over.error, cases[i].error);
        assert_int_equal(trial.attempt.status, cases[i].said[0] != '\0' ? 413 : 0);
        assert_int_equal(trial.attempt.sent_us, 0);
        assert_false(counting->exchange.may_keep);
        trial_clear(&trial);
        close_counting(counting);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_body_goes_out_as_there_is_room_and_its_connection_is_kept),
        cmocka_unit_test(an_answer_before_the_requests_end_is_taken_and_its_connection_is_not_kept),
        cmocka_unit_test(an_answer_is_read_although_the_server_hung_up_on_the_request),
        cmocka_unit_test(a_server_that_hangs_up_on_half_a_request_without_an_answer_is_connection_terminated),
        cmocka_unit_test(a_server_that_takes_nothing_is_http_response_timeout),
        cmocka_unit_test(the_connection_that_was_used_last_is_used_next),
        cmocka_unit_test(bytes_behind_an_answer_end_its_connection_and_are_nobodys),
        cmocka_unit_test(a_name_with_two_addresses_is_reached_at_the_one_that_answers),
        cmocka_unit_test(a_connection_that_was_reset_since_the_last_look_is_no_harm),
        cmocka_unit_test(a_call_is_one_send_and_one_receive_and_its_watch_stays_as_it_is),
        cmocka_unit_test(an_answer_in_two_pieces_is_two_receives),
        cmocka_unit_test(what_was_said_before_sending_failed_is_the_answer),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
