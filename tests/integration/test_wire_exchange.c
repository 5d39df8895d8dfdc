/* SPDX-License-Identifier: MIT */
/*
 * Exchanges that share one scratch, on sockets that take a request in pieces: what one of them could not send yet is
 * not lost when another writes its own.
 */
#include <errno.h>
#include <sys/socket.h>

#include "gateway/wire_exchange.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/unit.h"

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

enum { EXCHANGES = 3, REQUEST_BYTES = 32 * 1024, BODY_BYTES = 12 * 1024 };

/* ---- a socket that takes little ---- */

static size_t bytes_at_once; /* 0: as many as there are */
static bool is_full;         /* until the loop says that there is room */

static ssize_t send_little(struct wire_connection *connection, const char *bytes, size_t count)
{
    if (is_full) {
        is_full = false;
        return -EAGAIN;
    }
    is_full = bytes_at_once > 0;
    return wire_plain_transport.send(connection, bytes,
                                     bytes_at_once > 0 && bytes_at_once < count ? bytes_at_once : count);
}

static ssize_t receive(struct wire_connection *connection, char *bytes, size_t size)
{
    return wire_plain_transport.receive(connection, bytes, size);
}

static void close_plain(struct wire_connection *connection)
{
    wire_plain_transport.close(connection);
}

static const struct wire_transport transport = { .send = send_little, .receive = receive, .close = close_plain };

/* ---- exchanges ---- */

static unsigned over_count;
static enum call_error over_error;

static void on_over(struct wire_exchange *exchange, enum call_error error)
{
    (void)exchange;
    over_count++;
    over_error = error;
}

struct side {
    struct wire_exchange exchange;
    struct wire_connection *connection;
    struct trial trial;
    int far;
    char body[BODY_BYTES];
    char seen[REQUEST_BYTES];
    size_t seen_bytes;
};

struct scene {
    struct upstream_bench bench;
    struct wire_scratch scratch;
    struct side sides[EXCHANGES];
};

static void open_side(struct scene *scene, struct side *side, char name)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    side->connection = wire_connection_new(scene->bench.loop, pair[0], &transport, NULL);
    assert_non_null(side->connection);
    side->far = pair[1];
    wire_exchange_init(&side->exchange, &scene->scratch, on_over);
    trial_init(&side->trial, &scene->bench, 80);
    memset(side->body, name, sizeof side->body);
    side->trial.attempt.method = "POST";
    side->trial.attempt.body = (struct str){ side->body, sizeof side->body };
}

static struct scene *open_scene(size_t at_once)
{
    struct scene *scene = calloc(1, sizeof *scene);

    assert_non_null(scene);
    upstream_bench_open(&scene->bench, BENCH_WIRE, 1);
    wire_scratch_init(&scene->scratch);
    for (size_t i = 0; i < EXCHANGES; i++) {
        open_side(scene, &scene->sides[i], (char)('a' + i));
    }
    bytes_at_once = at_once;
    is_full = false;
    over_count = 0;
    return scene;
}

static void close_scene(struct scene *scene)
{
    for (size_t i = 0; i < EXCHANGES; i++) {
        wire_connection_close(scene->sides[i].connection);
        (void)close(scene->sides[i].far);
        trial_clear(&scene->sides[i].trial);
    }
    wire_scratch_clear(&scene->scratch);
    upstream_bench_close(&scene->bench);
    free(scene);
}

static void begin(struct side *side)
{
    is_full = false;
    wire_exchange_begin(&side->exchange, &side->trial.attempt, side->connection);
}

static void see(struct side *side)
{
    ssize_t count = recv(side->far, side->seen + side->seen_bytes, sizeof side->seen - side->seen_bytes, 0);

    side->seen_bytes += count > 0 ? (size_t)count : 0;
}

static void turn_until_all_is_sent(struct scene *scene)
{
    bool is_sending = true;

    while (is_sending) {
        is_sending = false;
        assert_int_equal(loop_turn(scene->bench.loop, 0), 0);
        for (size_t i = 0; i < EXCHANGES; i++) {
            see(&scene->sides[i]);
            is_sending = is_sending || scene->sides[i].exchange.is_sending;
        }
    }
}

static void assert_request(const struct side *side)
{
    struct str seen = { side->seen, side->seen_bytes };
    struct str body = { side->body, sizeof side->body };

    assert_true(str_starts_with(seen, STR("POST / HTTP/1.1\r\nHost: ")));
    assert_true(seen.length > body.length);
    assert_memory_equal(seen.base + seen.length - body.length - 4, "\r\n\r\n", 4);
    assert_true(str_equal(str_from(seen, seen.length - body.length), body));
}

static void requests_that_wait_for_room_stay_what_they_are_while_others_are_written(void **state)
{
    static const size_t pieces[] = { 1000, 10, 9999 };
    (void)state;

    for (size_t i = 0; i < array_length(pieces); i++) {
        struct scene *scene = open_scene(pieces[i]);

        for (size_t k = 0; k < EXCHANGES; k++) {
            begin(&scene->sides[k]);
            assert_true(scene->sides[k].exchange.is_sending);
        }
        turn_until_all_is_sent(scene);

        for (size_t k = 0; k < EXCHANGES; k++) {
            assert_request(&scene->sides[k]);
            assert_int_equal(send(scene->sides[k].far, OK_ANSWER, strlen(OK_ANSWER), 0), (ssize_t)strlen(OK_ANSWER));
        }
        assert_int_equal(loop_turn(scene->bench.loop, 0), 0);
        assert_int_equal(over_count, EXCHANGES);
        assert_int_equal(over_error, CALL_OK);
        close_scene(scene);
    }
}

static void what_fits_at_once_takes_no_memory_of_its_own(void **state)
{
    struct scene *scene = open_scene(0);
    (void)state;

    begin(&scene->sides[0]);

    assert_false(scene->sides[0].exchange.is_sending);
    assert_null(scene->sides[0].exchange.unsent.base);
    wire_exchange_stop(&scene->sides[0].exchange);
    close_scene(scene);
}

static void one_that_is_stopped_while_it_waits_for_room_keeps_nothing(void **state)
{
    struct scene *scene = open_scene(100);
    (void)state;
    begin(&scene->sides[0]);
    assert_non_null(scene->sides[0].exchange.unsent.base);

    wire_exchange_stop(&scene->sides[0].exchange);

    assert_null(scene->sides[0].exchange.unsent.base);
    assert_int_equal(over_count, 0);
    close_scene(scene);
}

static void what_cannot_be_kept_for_later_ends_the_exchange(void **state)
{
    struct scene *scene = open_scene(100);
    (void)state;
    scene->sides[0].exchange.unsent.limit = 10;

    begin(&scene->sides[0]);

    assert_int_equal(over_count, 1);
    assert_int_equal(over_error, CALL_PROXY_INTERNAL_ERROR);
    assert_false(scene->sides[0].exchange.may_keep);
    close_scene(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_that_wait_for_room_stay_what_they_are_while_others_are_written),
        cmocka_unit_test(what_fits_at_once_takes_no_memory_of_its_own),
        cmocka_unit_test(one_that_is_stopped_while_it_waits_for_room_keeps_nothing),
        cmocka_unit_test(what_cannot_be_kept_for_later_ends_the_exchange),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
