/* SPDX-License-Identifier: MIT */
/*
 * fuzz_http_front - what a client sends on one connection, any bytes, through the real server and libmicrohttpd.
 *
 * Whatever is served was in the bytes as a strict reader (http_stream) finds it there, in the same order, with the same
 * headers and the same body; what is good is served; and it does not matter in what pieces the bytes came.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/http_server.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/http_stream.h"

enum { ACCOUNTS_MAXIMUM = 64, ACCOUNT_BYTES = 64 * 1024, TURNS_MAXIMUM = 10000 };

struct served {
    struct buf accounts[ACCOUNTS_MAXIMUM];
    size_t count;
};

/* One server for all inputs: to start one takes longer than to serve. */
static struct loop *loop;
static struct http_server *server;
static struct served *served;

/* ---- the server ---- */

static void add_header(void *context, struct str name, struct str value)
{
    struct buf *account = context;

    (void)buf_add_str(account, name);
    (void)buf_add_text(account, ": ");
    (void)buf_add_str(account, str_trim(value));
    (void)buf_add_byte(account, '\n');
}

static void on_request(void *context, struct http_exchange *exchange)
{
    struct http_answer answer = { .status = 200, .body = STR("ok"), .memory = HTTP_BODY_CONSTANT };

    (void)context;
    fuzz_check(served->count < ACCOUNTS_MAXIMUM);
    struct buf *account = &served->accounts[served->count++];
    (void)buf_add_str(account, http_exchange_method(exchange));
    (void)buf_add_byte(account, ' ');
    (void)buf_add_str(account, http_exchange_target(exchange));
    (void)buf_add_byte(account, '\n');
    http_exchange_each_header(exchange, add_header, account);
    (void)buf_add_byte(account, '\n');
    (void)buf_add_str(account, http_exchange_body(exchange));
    (void)http_exchange_answer(exchange, &answer);
}

static void on_refused(void *context, struct http_exchange *exchange, int status, const char *reason)
{
    struct http_answer answer = {
        .status = status, .body = str_of(reason), .memory = HTTP_BODY_CONSTANT, .close = true
    };

    (void)context;
    fuzz_check(status >= 400 && status < 600);
    fuzz_check_sentence(reason);
    (void)http_exchange_answer(exchange, &answer);
}

static void open_server(void)
{
    static const struct http_server_events events = { .on_request = on_request, .on_refused = on_refused };
    static const struct http_server_config config = {
        .connection_limit = 16,
        .header_bytes = 64 * 1024,
        .body_bytes = HTTP_STREAM_BODY_MAXIMUM,
    };

    loop = loop_new();
    fuzz_check(loop != NULL);
    server = http_server_new(loop, &config, &events, NULL);
    fuzz_check(server != NULL);
}

/* ---- the client ---- */

static void turn_until_quiet(int descriptor, bool is_over)
{
    char ignored[4096];

    for (int i = 0; i < TURNS_MAXIMUM; i++) {
        fuzz_check(loop_turn(loop, 0) >= 0);
        ssize_t count = recv(descriptor, ignored, sizeof ignored, MSG_DONTWAIT);
        bool is_quiet = count <= 0 && (!is_over || http_server_connection_count(server) == 0);
        if (is_quiet && i > 2) {
            return;
        }
    }
    fuzz_fail(__FILE__, __LINE__, "the connection ends");
}

/* In two pieces, the first of `first_bytes`. */
static void serve(struct str bytes, size_t first_bytes)
{
    struct sockaddr_un peer = { .sun_family = AF_UNIX };
    int ends[2];

    fuzz_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    fuzz_check(http_server_add(server, ends[1], (const struct sockaddr *)&peer, sizeof peer) == 0);
    if (first_bytes > 0) {
        (void)send(ends[0], bytes.base, first_bytes, MSG_NOSIGNAL);
        turn_until_quiet(ends[0], false);
    }
    (void)send(ends[0], bytes.base + first_bytes, bytes.length - first_bytes, MSG_NOSIGNAL);
    turn_until_quiet(ends[0], false);
    (void)shutdown(ends[0], SHUT_WR);
    turn_until_quiet(ends[0], true);
    (void)close(ends[0]);
}

/* ---- the check ---- */

static bool is_account(const struct buf *seen, const struct buf *expected, bool is_body_known)
{
    struct str view = buf_view(seen);

    return is_body_known ? str_equal(view, buf_view(expected)) : str_starts_with(view, buf_view(expected));
}

/* True: there was no body of which a strict reader can make nothing. */
static bool check(struct str bytes, const struct served *seen)
{
    struct http_stream_request request = { .is_kept = true, .is_body_known = true };
    struct str rest = bytes;
    bool must_be_served = true;
    size_t index = 0;

    while (!request.is_last && index <= seen->count && index < ACCOUNTS_MAXIMUM) {
        cleanup_buf struct buf expected;
        buf_init(&expected, ACCOUNT_BYTES);
        request = http_stream_take(&rest, &expected);
        must_be_served = must_be_served && request.verdict == HTTP_STREAM_GOOD;
        if (index == seen->count) {
            fuzz_check(!must_be_served);
            return request.is_body_known;
        }
        fuzz_check(request.verdict == HTTP_STREAM_GOOD || request.verdict == HTTP_STREAM_DOUBTED);
        fuzz_check(is_account(&seen->accounts[index], &expected, request.is_body_known));
        must_be_served = must_be_served && request.is_kept;
        index++;
    }
    fuzz_check(index >= seen->count);
    return request.is_body_known;
}

static bool is_same(const struct served *a, const struct served *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        if (!str_equal(buf_view(&a->accounts[i]), buf_view(&b->accounts[i]))) {
            return false;
        }
    }
    return a->count == b->count;
}

static void begin(struct served *accounts)
{
    accounts->count = 0;
    for (size_t i = 0; i < ACCOUNTS_MAXIMUM; i++) {
        buf_init(&accounts->accounts[i], ACCOUNT_BYTES);
    }
    served = accounts;
}

static void end(struct served *accounts)
{
    for (size_t i = 0; i < ACCOUNTS_MAXIMUM; i++) {
        buf_clear(&accounts->accounts[i]);
    }
}

/* Anywhere, and for the same bytes always in the same place. */
static size_t cut_of(struct str bytes)
{
    size_t sum = 0;

    for (size_t i = 0; i < bytes.length; i++) {
        sum = sum * 31 + (unsigned char)bytes.base[i];
    }
    return bytes.length > 0 ? sum % bytes.length : 0;
}

void fuzz_one(struct str input)
{
    struct served whole;
    struct served in_pieces;
    /* So many requests fit into the accounts. */
    struct str bytes = { input.base, input.length < 1024 ? input.length : 1024 };

    if (server == NULL) {
        open_server();
    }
    begin(&whole);
    serve(bytes, 0);
    begin(&in_pieces);
    serve(bytes, cut_of(bytes));
    bool is_clear = check(bytes, &whole);
    is_clear = check(bytes, &in_pieces) && is_clear;
    /* How microhttpd 0.9 reads what follows the last chunk does depend on the pieces. */
    fuzz_check(!is_clear || is_same(&whole, &in_pieces));
    end(&whole);
    end(&in_pieces);
}
