/* SPDX-License-Identifier: MIT */
/*
 * http_server_bench - an http_server on a loop that the test turns by itself, so that everything happens in one thread
 * and in a known order.
 *
 * By default a request is answered at once with its method and raw target as text; what `on_request` is set to comes
 * instead. What happens is written down in `journal`, a word each.
 */
#ifndef TESTS_INTEGRATION_HTTP_SERVER_BENCH_H
#define TESTS_INTEGRATION_HTTP_SERVER_BENCH_H

#include "common/http_server.h"
#include "tests/support/client.h"

enum { BENCH_HELD_AT_MOST = 16, BENCH_HEADER_BYTES = 4096, BENCH_BODY_BYTES = 1000 };

struct http_server_bench {
    struct loop *loop;
    struct http_server *server;
    struct buf unheard; /* "408 POST /x HTTP/1.1;…": requests that ended before anybody heard of them */
    struct buf journal; /* "request refused unsecured gone finished broken room …", each with a blank behind it */
    void (*on_request)(struct http_server_bench *bench, struct http_exchange *exchange);
    void (*on_gone)(struct http_server_bench *bench); /* NULL: nothing */
    struct client clients[2];                         /* for tests whose owner looks at them */
    struct http_exchange *held[BENCH_HELD_AT_MOST];   /* by bench_hold() */
    size_t held_count;
    int refused_status;
    const char *handshake_failure; /* why the last one failed */
    unsigned stream_step;
};

int http_server_bench_setup(void **state);
int http_server_bench_teardown(void **state);
#define bench_test(test) cmocka_unit_test_setup_teardown(test, http_server_bench_setup, http_server_bench_teardown)

/* What the server was started with: no timeout but a long idle one. */
struct http_server_config bench_config(void);
/* The same, with these four timeouts: idle, head, body and sending. */
struct http_server_config bench_config_timed(int timeout_ms);
/* Another server in place of it. */
void bench_restart(struct http_server_bench *bench, const struct http_server_config *config);
void bench_restart_timed(struct http_server_bench *bench, int timeout_ms);

/* A connected client whose other end the server has. */
void bench_connect(struct http_server_bench *bench, struct client *client);
/* For on_request: no answer yet. */
void bench_hold(struct http_server_bench *bench, struct http_exchange *exchange);
/* For on_request: "/wait…" is held, anything else is answered at once with method, target and body. */
void bench_hold_what_waits(struct http_server_bench *bench, struct http_exchange *exchange);
/* A connected client whose request is held; its answer is up to the test. */
struct http_exchange *bench_hold_one(struct http_server_bench *bench, struct client *client, const char *method,
                                     const char *target);
/* The one that is held gets that answer, too, when it has waited for a while. */
void bench_answer_held(struct http_server_bench *bench);
/* Answers with text. */
void bench_answer(struct http_exchange *exchange, struct str text);
/* Turns the loop until the client has a whole answer or its connection has ended. */
void bench_read(struct http_server_bench *bench, struct client *client, struct answer *answer);
/* The next answer: 200 and this text. */
void bench_expect(struct http_server_bench *bench, struct client *client, const char *text);
/* A request that waits for its answer, by bench_hold_what_waits(); the connection has been idle for a while then. */
void bench_wait_once(struct http_server_bench *bench, struct client *client);
/* A connected client whose connection is idle after a request that waited; requests are for bench_hold_what_waits(). */
void bench_connect_kept(struct http_server_bench *bench, struct client *client);
/* … until the journal holds that word so many times. */
void bench_turn_until(struct http_server_bench *bench, const char *word, size_t count);
/* … until that many exchanges are held. */
void bench_turn_until_held(struct http_server_bench *bench, size_t count);
/* A few turns in which nothing is expected to happen. */
void bench_turn_idly(struct http_server_bench *bench);
/* Two short ones: what has arrived is dealt with. */
void bench_turn_briefly(struct http_server_bench *bench);
/* … for so long. */
void bench_turn_for(struct http_server_bench *bench, int duration_ms);
int bench_milliseconds_since(uint64_t start_us);
/* … until the client sees the end of its connection, or for so long. */
bool bench_sees_end(struct http_server_bench *bench, struct client *client, int timeout_ms);
/* The server has told of room and has no connection. */
void bench_expect_no_connection(struct http_server_bench *bench);
/* … until the server has so many connections: for clients that another thread closes. */
void bench_turn_until_connections(struct http_server_bench *bench, size_t count);
bool bench_has(const struct http_server_bench *bench, const char *word);
/* That exactly this stands in the journal. */
void bench_assert_journal(const struct http_server_bench *bench, const char *words);

/* microhttpd 0.9, which does some things otherwise than 1.0. */
bool bench_is_before_1_0(void);

#endif
