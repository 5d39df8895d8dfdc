/* SPDX-License-Identifier: MIT */
#include "gateway/wire_dial.h"

#include <curl/curl.h>
#include <errno.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "gateway/curl_handle.h"
#include "gateway/curl_tls.h"
#include "gateway/dial_group.h"
#include "gateway/wire_secured.h"

/* A handle is several KiB: after a rush only so many are kept for the next. */
enum { FREE_DIALS_KEPT = 64 };

struct wire_dial {
    struct dial_member member;
    struct curl_tls tls;
    struct wire_dialer *dialer;
    struct attempt *attempt; /* NULL: nothing is being dialled */
    wire_dialled_fn *on_dialled;
    void *context;
    int taken_descriptor; /* stays open when libcurl lets go of it; -1: none */
    bool is_out_of_descriptors;
    struct buf resolved; /* what libcurl is told of the name */
    struct curl_slist resolved_line;
    struct wire_dial *next_free;
};

struct wire_dialer {
    struct loop *loop;
    struct dial_groups groups;
    struct wire_dial *free_dials;
    size_t free_count;
};

/* ---- sockets ---- */

static curl_socket_t on_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct wire_dial *dial = context;

    (void)purpose;
    int descriptor = socket(address->family, address->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->protocol);
    if (descriptor < 0) {
        dial->is_out_of_descriptors = errno == EMFILE || errno == ENFILE;
        return CURL_SOCKET_BAD;
    }
    if (dial_member_watch_socket(&dial->member, descriptor) < 0) {
        (void)close(descriptor);
        return CURL_SOCKET_BAD;
    }
    if (dial->attempt->addresses == NULL) {
        dial->attempt->resolved_us = clock_monotonic_us();
    }
    return descriptor;
}

static int on_close_socket(void *context, curl_socket_t descriptor)
{
    struct wire_dial *dial = context;

    if (descriptor == dial->taken_descriptor) {
        return 0;
    }
    if (dial->member.group != NULL) {
        dial_member_unwatch(&dial->member, descriptor);
    }
    return close(descriptor);
}

/* ---- dials ---- */

static struct wire_dial *new_dial(struct wire_dialer *dialer)
{
    struct wire_dial *dial = calloc(1, sizeof *dial);
    CURL *easy = curl_easy_init();

    if (dial == NULL || easy == NULL) {
        free(dial);
        curl_easy_cleanup(easy);
        return NULL;
    }
    dial->member.easy = easy;
    dial->dialer = dialer;
    dial->taken_descriptor = -1;
    buf_init(&dial->resolved, CURL_HANDLE_RESOLVED_BYTES);
    curl_handle_set_constants(easy);
    dial_groups_prepare(&dialer->groups, &dial->member);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, dial);
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, dial);
    return dial;
}

static void free_dial(struct wire_dial *dial)
{
    curl_easy_cleanup(dial->member.easy);
    buf_clear(&dial->resolved);
    free(dial);
}

static struct wire_dial *take_dial(struct wire_dialer *dialer)
{
    struct wire_dial *dial = dialer->free_dials;

    if (dial == NULL) {
        return new_dial(dialer);
    }
    dialer->free_dials = dial->next_free;
    dialer->free_count--;
    return dial;
}

static void give_back(struct wire_dial *dial)
{
    struct wire_dialer *dialer = dial->dialer;

    if (dialer->free_count == FREE_DIALS_KEPT) {
        free_dial(dial);
        return;
    }
    dial->taken_descriptor = -1;
    dial->is_out_of_descriptors = false;
    dial->attempt = NULL;
    dial->next_free = dialer->free_dials;
    dialer->free_dials = dial;
    dialer->free_count++;
}

/* libcurl closes what it still has. */
static void let_go(struct wire_dial *dial)
{
    dial_group_leave(&dial->member);
    give_back(dial);
}

/* ---- what came of it ---- */

static struct wire_connection *take_plain(struct wire_dial *dial, curl_socket_t descriptor)
{
    struct loop *loop = dial->dialer->loop;

    dial->taken_descriptor = descriptor;
    let_go(dial);
    struct wire_connection *connection = wire_connection_new(loop, descriptor, &wire_plain_transport, NULL);
    if (connection == NULL) {
        (void)close(descriptor);
    }
    return connection;
}

static void close_secured(void *context)
{
    let_go(context);
}

static struct wire_connection *take_secured(struct wire_dial *dial, curl_socket_t descriptor)
{
    struct wire_connection *connection =
        wire_secured_new(dial->dialer->loop, descriptor, dial->member.easy, close_secured, dial);

    if (connection == NULL) {
        let_go(dial);
    }
    return connection;
}

static struct wire_connection *take_connection(struct wire_dial *dial)
{
    const struct attempt *attempt = dial->attempt;
    curl_socket_t descriptor = CURL_SOCKET_BAD;

    (void)curl_easy_getinfo(dial->member.easy, CURLINFO_ACTIVESOCKET, &descriptor);
    if (descriptor == CURL_SOCKET_BAD) {
        let_go(dial);
        return NULL;
    }
    dial_member_unwatch(&dial->member, descriptor);
    dial->attempt = NULL;
    return attempt->server->is_tls ? take_secured(dial, descriptor) : take_plain(dial, descriptor);
}

static enum call_error error_of(const struct wire_dial *dial, int code)
{
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return attempt_timeout_error(dial->attempt);
    }
    if (dial->is_out_of_descriptors) {
        return CALL_CONNECTION_LIMIT_REACHED;
    }
    enum call_error error = curl_handle_connect_error(dial->member.easy, code, false);
    if (error != CALL_OK) {
        return error;
    }
    bool is_lost = code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR;
    return is_lost ? CALL_CONNECTION_TERMINATED : CALL_PROXY_INTERNAL_ERROR;
}

static void on_done(struct dial_member *member, int code)
{
    struct wire_dial *dial = container_of(member, struct wire_dial, member);
    wire_dialled_fn *on_dialled = dial->on_dialled;
    void *context = dial->context;

    if (code != CURLE_OK) {
        enum call_error error = error_of(dial, code);
        let_go(dial);
        on_dialled(context, NULL, error);
        return;
    }
    dial->attempt->connected_us = clock_monotonic_us();
    struct wire_connection *connection = take_connection(dial);
    on_dialled(context, connection, connection != NULL ? CALL_OK : CALL_PROXY_INTERNAL_ERROR);
}

/* ---- starting and cancelling ---- */

static int set_addresses(struct wire_dial *dial, const struct attempt *attempt)
{
    if (attempt->addresses == NULL) {
        return 0;
    }
    buf_reset(&dial->resolved);
    if (curl_handle_resolved_line(&dial->resolved, attempt->server, attempt->addresses) < 0) {
        return -ENOMEM;
    }
    dial->resolved_line = (struct curl_slist){ .data = dial->resolved.base };
    return curl_easy_setopt(dial->member.easy, CURLOPT_RESOLVE, &dial->resolved_line) == CURLE_OK ? 0 : -ENOMEM;
}

/* libcurl copies it. */
static int set_destination(struct wire_dial *dial, const struct attempt *attempt)
{
    CURL *easy = dial->member.easy;
    char url[CURL_TLS_URL_BYTES];

    curl_tls_write_url(attempt->server, attempt->tls, url, sizeof url);
    if (curl_tls_set(&dial->tls, easy, attempt->server, attempt->tls) < 0) {
        return -ENOMEM;
    }
    (void)curl_easy_setopt(
        easy, CURLOPT_CONNECTTIMEOUT_MS,
        curl_handle_milliseconds(clock_monotonic_us(), attempt->deadline_us, attempt->connect_timeout_us));
    if (curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK) {
        return -ENOMEM;
    }
    return set_addresses(dial, attempt);
}

struct wire_dial *wire_dial_start(struct wire_dialer *dialer, struct attempt *attempt, wire_dialled_fn *on_dialled,
                                  void *context)
{
    struct wire_dial *dial = take_dial(dialer);

    if (dial == NULL) {
        return NULL;
    }
    dial->attempt = attempt;
    dial->on_dialled = on_dialled;
    dial->context = context;
    if (set_destination(dial, attempt) < 0 || dial_groups_join(&dialer->groups, &dial->member) < 0) {
        give_back(dial);
        return NULL;
    }
    return dial;
}

void wire_dial_cancel(struct wire_dial *dial)
{
    let_go(dial);
}

/* ---- life ---- */

struct wire_dialer *wire_dialer_new(struct loop *loop)
{
    struct wire_dialer *dialer = calloc(1, sizeof *dialer);

    if (dialer == NULL || dial_groups_init(&dialer->groups, loop, on_done) < 0) {
        free(dialer);
        return NULL;
    }
    dialer->loop = loop;
    return dialer;
}

void wire_dialer_free(struct wire_dialer *dialer)
{
    if (dialer == NULL) {
        return;
    }
    while (dialer->free_dials != NULL) {
        struct wire_dial *next = dialer->free_dials->next_free;
        free_dial(dialer->free_dials);
        dialer->free_dials = next;
    }
    dial_groups_clear(&dialer->groups);
    free(dialer);
}
