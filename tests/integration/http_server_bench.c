/* SPDX-License-Identifier: MIT */
#include "tests/integration/http_server_bench.h"

#include <poll.h>

#include "common/clock.h"
#include "common/listener.h"
#include "tests/support/gate.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

enum { JOURNAL_BYTES = 65536 };

/* ---- the owner ---- */

static void note(struct http_server_bench *bench, const char *word)
{
    (void)buf_add_format(&bench->journal, "%s ", word);
}

static void on_client_gone(void *context)
{
    struct http_server_bench *bench = context;

    note(bench, "gone");
    if (bench->on_gone != NULL) {
        bench->on_gone(bench);
    }
}

static void on_finished(void *context, bool is_complete)
{
    note(context, is_complete ? "finished" : "broken");
}

static const struct http_exchange_events exchange_events = {
    .on_client_gone = on_client_gone,
    .on_finished = on_finished,
};

void bench_answer(struct http_exchange *exchange, struct str text)
{
    struct http_answer answer = { .status = 200, .body = text, .memory = HTTP_BODY_COPIED };

    (void)http_exchange_answer(exchange, &answer);
}

static void on_request(void *context, struct http_exchange *exchange)
{
    struct http_server_bench *bench = context;
    cleanup_buf struct buf text;

    buf_init(&text, JOURNAL_BYTES);
    note(bench, "request");
    http_exchange_set_owner(exchange, &exchange_events, bench);
    if (bench->on_request != NULL) {
        bench->on_request(bench, exchange);
        return;
    }
    (void)buf_add_format(&text, "%.*s %.*s", STR_ARGUMENTS(http_exchange_method(exchange)),
                         STR_ARGUMENTS(http_exchange_target(exchange)));
    bench_answer(exchange, buf_view(&text));
}

static void on_refused(void *context, struct http_exchange *exchange, int status, const char *reason)
{
    struct http_server_bench *bench = context;
    struct http_answer answer = {
        .status = status, .body = str_of(reason), .memory = HTTP_BODY_CONSTANT, .close = true
    };

    note(bench, "refused");
    bench->refused_status = status;
    http_exchange_set_owner(exchange, &exchange_events, bench);
    (void)http_exchange_answer(exchange, &answer);
}

static void on_unheard(void *context, const struct http_refusal *refusal)
{
    struct http_server_bench *bench = context;
    const struct str parts[] = { refusal->method, refusal->target, refusal->protocol };

    assert_true(str_starts_with(refusal->client, STR("127.0.0.1:")));
    assert_true(refusal->begun_us > 0 && refusal->begun_us <= clock_monotonic_us());
    (void)buf_add_format(&bench->unheard, "%d", refusal->status);
    for (size_t i = 0; i < array_length(parts); i++) {
        (void)buf_add_format(&bench->unheard, " %.*s", STR_ARGUMENTS(parts[i].length > 0 ? parts[i] : STR("-")));
    }
    (void)buf_add_byte(&bench->unheard, ';');
}

static void on_handshake_failed(void *context, struct str client, const char *why)
{
    struct http_server_bench *bench = context;

    assert_true(str_starts_with(client, STR("127.0.0.1:")));
    note(bench, "unsecured");
    bench->handshake_failure = why;
}

static void on_room(void *context)
{
    note(context, "room");
}

void bench_hold(struct http_server_bench *bench, struct http_exchange *exchange)
{
    assert_true(bench->held_count < BENCH_HELD_AT_MOST);
    bench->held[bench->held_count++] = exchange;
}

static void answer_with_request(struct http_exchange *exchange)
{
    struct str body = http_exchange_body(exchange);
    cleanup_buf struct buf text;

    buf_init(&text, JOURNAL_BYTES);
    (void)buf_add_format(&text, "%.*s %.*s%s%.*s", STR_ARGUMENTS(http_exchange_method(exchange)),
                         STR_ARGUMENTS(http_exchange_target(exchange)), body.length > 0 ? " " : "",
                         STR_ARGUMENTS(body));
    bench_answer(exchange, buf_view(&text));
}

void bench_hold_what_waits(struct http_server_bench *bench, struct http_exchange *exchange)
{
    if (str_starts_with(http_exchange_target(exchange), STR("/wait"))) {
        bench_hold(bench, exchange);
    } else {
        answer_with_request(exchange);
    }
}

/* ---- life ---- */

struct http_server_config bench_config(void)
{
    return (struct http_server_config){
        .connection_limit = 64,
        .header_bytes = BENCH_HEADER_BYTES,
        .body_bytes = BENCH_BODY_BYTES,
        .idle_timeout_us = 60ULL * CLOCK_US_PER_SECOND,
    };
}

struct http_server_config bench_config_timed(int timeout_ms)
{
    struct http_server_config config = bench_config();
    uint64_t timeout_us = (uint64_t)timeout_ms * CLOCK_US_PER_MS;

    config.idle_timeout_us = timeout_us;
    config.header_timeout_us = timeout_us;
    config.body_timeout_us = timeout_us;
    config.send_timeout_us = timeout_us;
    return config;
}

static struct http_server *open_server(struct http_server_bench *bench, const struct http_server_config *config)
{
    static const struct http_server_events events = {
        .on_request = on_request,
        .on_refused = on_refused,
        .on_unheard = on_unheard,
        .on_handshake_failed = on_handshake_failed,
        .on_room = on_room,
    };

    return bench->loop != NULL ? http_server_new(bench->loop, config, &events, bench) : NULL;
}

void bench_restart(struct http_server_bench *bench, const struct http_server_config *config)
{
    http_server_free(bench->server);
    bench->server = open_server(bench, config);
    assert_non_null(bench->server);
}

void bench_restart_timed(struct http_server_bench *bench, int timeout_ms)
{
    struct http_server_config config = bench_config_timed(timeout_ms);

    bench_restart(bench, &config);
}

int http_server_bench_setup(void **state)
{
    struct http_server_bench *bench = calloc(1, sizeof *bench);
    struct http_server_config config = bench_config();

    if (bench == NULL) {
        return -1;
    }
    buf_init(&bench->journal, JOURNAL_BYTES);
    buf_init(&bench->unheard, JOURNAL_BYTES);
    bench->loop = loop_new();
    bench->server = open_server(bench, &config);
    *state = bench;
    return bench->server != NULL ? 0 : -1;
}

int http_server_bench_teardown(void **state)
{
    struct http_server_bench *bench = *state;

    http_server_free(bench->server);
    loop_free(bench->loop);
    buf_clear(&bench->journal);
    buf_clear(&bench->unheard);
    free(bench);
    return 0;
}

/* ---- turning ---- */

void bench_connect(struct http_server_bench *bench, struct client *client)
{
    static const struct address any_port = { .host = "127.0.0.1" };
    struct sockaddr_storage peer = { 0 };
    socklen_t length = sizeof peer;
    struct error error;
    char text[64];

    int listening = listener_open(&any_port, &error);
    assert_true(listening >= 0);
    listener_bound_address(listening, text, sizeof text);
    client_open(client, (uint16_t)strtoul(strrchr(text, ':') + 1, NULL, 10));
    assert_int_equal(poll(&(struct pollfd){ .fd = listening, .events = POLLIN }, 1, TEST_PATIENCE_MS), 1);
    int descriptor = accept4(listening, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    assert_true(descriptor >= 0);
    (void)close(listening);
    assert_int_equal(http_server_add(bench->server, descriptor, (const struct sockaddr *)&peer, length), 0);
}

static void turn(struct http_server_bench *bench)
{
    assert_int_equal(loop_turn(bench->loop, 5 * (uint64_t)CLOCK_US_PER_MS), 0);
}

void bench_turn_idly(struct http_server_bench *bench)
{
    for (int i = 0; i < 5; i++) {
        turn(bench);
    }
}

void bench_turn_briefly(struct http_server_bench *bench)
{
    for (int i = 0; i < 2; i++) {
        assert_int_equal(loop_turn(bench->loop, CLOCK_US_PER_MS), 0);
    }
}

void bench_turn_for(struct http_server_bench *bench, int duration_ms)
{
    uint64_t start_us = clock_monotonic_us();

    while (gate_milliseconds_left(start_us, duration_ms) > 0) {
        turn(bench);
    }
}

int bench_milliseconds_since(uint64_t start_us)
{
    return (int)((clock_monotonic_us() - start_us) / CLOCK_US_PER_MS);
}

void bench_read(struct http_server_bench *bench, struct client *client, struct answer *answer)
{
    uint64_t start_us = clock_monotonic_us();

    while (!client_poll(client, answer)) {
        if (gate_milliseconds_left(start_us, TEST_PATIENCE_MS) == 0) {
            fail_msg("no answer; %.*s", STR_ARGUMENTS(buf_view(&bench->journal)));
        }
        turn(bench);
    }
}

void bench_expect(struct http_server_bench *bench, struct client *client, const char *text)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    bench_read(bench, client, &answer);
    assert_int_equal(answer.status, 200);
    assert_text(answer_body(&answer), text);
}

void bench_answer_held(struct http_server_bench *bench)
{
    bench_turn_until_held(bench, 1);
    bench_turn_briefly(bench);
    bench->held_count = 0;
    answer_with_request(bench->held[0]);
}

void bench_wait_once(struct http_server_bench *bench, struct client *client)
{
    client_get(client, "/wait-once");
    bench_answer_held(bench);
    bench_expect(bench, client, "GET /wait-once");
    bench_turn_briefly(bench);
}

struct http_exchange *bench_hold_one(struct http_server_bench *bench, struct client *client, const char *method,
                                     const char *target)
{
    bench->on_request = bench_hold;
    bench->held_count = 0;
    bench_connect(bench, client);
    client_request(client, method, target, "", NULL);
    bench_turn_until_held(bench, 1);
    return bench->held[0];
}

void bench_connect_kept(struct http_server_bench *bench, struct client *client)
{
    bench->on_request = bench_hold_what_waits;
    bench_connect(bench, client);
    bench_wait_once(bench, client);
    buf_reset(&bench->journal);
}

static size_t count_words(const struct http_server_bench *bench, const char *word)
{
    struct str rest = buf_view(&bench->journal);
    size_t count = 0;

    while (rest.length > 0) {
        count += str_equal(str_split(&rest, ' '), str_of(word)) ? 1 : 0;
    }
    return count;
}

bool bench_has(const struct http_server_bench *bench, const char *word)
{
    return count_words(bench, word) > 0;
}

void bench_turn_until(struct http_server_bench *bench, const char *word, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (count_words(bench, word) < count) {
        if (gate_milliseconds_left(start_us, TEST_PATIENCE_MS) == 0) {
            fail_msg("no \"%s\" in: %.*s", word, STR_ARGUMENTS(buf_view(&bench->journal)));
        }
        turn(bench);
    }
}

void bench_turn_until_held(struct http_server_bench *bench, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (bench->held_count < count && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        turn(bench);
    }
    assert_int_equal(bench->held_count, count);
}

void bench_expect_no_connection(struct http_server_bench *bench)
{
    bench_turn_until(bench, "room", 1);
    bench_turn_briefly(bench);
    assert_int_equal(http_server_connection_count(bench->server), 0);
}

void bench_turn_until_connections(struct http_server_bench *bench, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (http_server_connection_count(bench->server) != count &&
           gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        turn(bench);
    }
    assert_int_equal(http_server_connection_count(bench->server), count);
}

bool bench_sees_end(struct http_server_bench *bench, struct client *client, int timeout_ms)
{
    uint64_t start_us = clock_monotonic_us();

    while (!client_sees_end(client, 0) && gate_milliseconds_left(start_us, timeout_ms) > 0) {
        turn(bench);
    }
    return client_sees_end(client, 0);
}

void bench_assert_journal(const struct http_server_bench *bench, const char *words)
{
    assert_text(buf_view(&bench->journal), words);
}

bool bench_is_before_1_0(void)
{
    return microhttpd_is_before_1_0();
}
