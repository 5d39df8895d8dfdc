/* SPDX-License-Identifier: MIT */
/*
 * One exchange of mode wire by itself, on a socket pair: how often the kernel is asked, and what a peer that is gone
 * had said.
 */
#include <sys/socket.h>

#include "gateway/transfer.h"
#include "gateway/wire_exchange.h"
#include "tests/integration/upstream_bench.h"
#include "tests/integration/wire_bench.h"
#include "tests/support/unit.h"

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
