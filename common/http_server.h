/* SPDX-License-Identifier: MIT */
/*
 * http_server - HTTP/1.1 towards clients, on connections that somebody else accepted, inside a loop.
 *
 * The only part that knows libmicrohttpd. A connection is handed in with http_server_add(); every request on it becomes
 * a `struct http_exchange`, which is shown to the owner when head and body are complete (`on_request`). The owner
 * answers in one of three ways, then or later:
 *
 *   bytes    http_exchange_answer()
 *   stream   http_exchange_stream(): a reader that is asked for more, and may say "nothing yet"
 *   raw      http_exchange_raw_send() and _close(), _reset(): any bytes at all, for a backend that misbehaves
 *
 * If on_request() returns without an answer the connection is suspended until there is one. An owner that blocks inside
 * on_request() and then answers has its answer sent before the next connection is even read.
 *
 * An exchange ends exactly once with `on_finished`; after it, the exchange is gone. `on_client_gone` may come before:
 * the client closed (or half-closed, as with nginx) while it waited for its answer; no answer is possible any more, and
 * on_finished follows in the next turn.
 *
 * Requests that no handler should see (http_guard, a body over the limit) come to `on_refused` instead, which must
 * answer at once, by bytes; the connection closes after it. After a request with a body in chunks it closes, too:
 * microhttpd 0.9 reads chunks more laxly than others, and what it left of them must not become a request. Those that
 * end before even that is possible (microhttpd refused them by itself, a deadline was over, the client left) are told
 * to `on_unheard` afterwards.
 *
 * Slow clients are ended when their time is up, however steadily they send or take single bytes:
 *
 *   header   a new connection has header_timeout_us from http_server_add() for its first request head; on a kept one
 *            that counts from the request line, and the head is complete idle_timeout_us + header_timeout_us after the
 *            last answer's end in any case
 *   body     has body_timeout_us from the head
 *   answer   has send_timeout_us from http_exchange_answer() or _stream() until the kernel has all of it; a stream
 *            without a length has no such limit
 *   idle     a kept connection is closed after idle_timeout_us without a byte; so is one in any of the states above
 *            whose own timeout is 0, and one that takes nothing of a stream without a length
 *
 * No time counts while the owner works on a request. A request that was begun, if only by a byte, gets a bare 408 past
 * microhttpd, and the connection ends; `on_unheard` says so. A connection that said nothing just ends. An answer that
 * is not taken ends by a reset; its owner hears on_finished() with is_complete false. What a client sent (or made room
 * for) while a call blocked the loop is looked at first.
 *
 * With a certificate it speaks TLS, 1.2 at least; a handshake has header_timeout_us like a first head.
 *
 * Memory: an exchange and all views from it live until on_finished() returns.
 * Threads: everything on the loop's thread.
 */
#ifndef COMMON_HTTP_SERVER_H
#define COMMON_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "common/compiler.h"
#include "common/http_field.h"
#include "common/loop.h"
#include "common/str.h"

struct http_server;
struct http_exchange;

/* Heads of requests and answers share header_bytes + response_header_bytes of memory for each connection; up to 32 KiB
 * together it comes from malloc, above that from mmap. Beside its text, a request takes an entry of it for each header,
 * cookie and query parameter, and the text of its cookies once more. A request that takes more than header_bytes and
 * the margin gets 431, so what is left for an answer's head is always response_header_bytes less the margin: status
 * line, Date, Connection and framing (200 bytes are enough), and for each field name, value and 4 bytes. One that does
 * not fit is not sent: the connection ends; ask http_exchange_answer_room() first where it may be so long. Requests
 * that a client sent ahead take from it, too, up to half of all. */
enum {
    HTTP_SERVER_ENTRY_BYTES = 64,
    HTTP_SERVER_HEAD_MARGIN_BYTES = 2048,
    HTTP_SERVER_HEAD_LINES_BYTES = 200,
};

/* PEM; the certificate of the server first, then those that lead up to its authority. */
struct http_server_tls {
    const char *certificate;
    const char *key;
};

struct http_server_config {
    const struct http_server_tls *tls; /* HTTPS with it, TLS 1.2 or 1.3; NULL: plain HTTP. It is copied */
    size_t connection_limit;           /* connections at once; http_server_is_full() from then on */
    size_t header_bytes;               /* the longest request head; longer: 431 or 414 */
    size_t response_header_bytes;      /* for an answer's head, see above; 0: 8192; at least 4096 */
    size_t body_bytes;                 /* the longest request body; longer: 413 */
    struct str host; /* what it listens on, as configured: a target in absolute form may name it; copied */
    /* See above; 0: none. */
    uint64_t idle_timeout_us;
    uint64_t header_timeout_us;
    uint64_t body_timeout_us;
    uint64_t send_timeout_us;
};

/* A request that ended before an owner could hear of it. The views are valid during the call. */
struct http_refusal {
    int status; /* what the client was told: 400, 408, 413, 414, 431, 505 …; 499: nothing, it left */
    struct str client;
    struct str method;   /* empty: the head was not complete */
    struct str target;   /* raw; empty: not even the request line was understood */
    struct str protocol; /* empty: as for the method */
    uint64_t begun_us;   /* when its first line was read, or could not be; monotonic clock */
};

struct http_server_events {
    void (*on_request)(void *context, struct http_exchange *exchange);
    /* `status` and `reason` (a constant sentence) are the server's; the owner writes the answer and the log line. */
    void (*on_refused)(void *context, struct http_exchange *exchange, int status, const char *reason);
    /* Once for each request that neither of the two saw. Half a request line whose client leaves is none. May be NULL.
     */
    void (*on_unheard)(void *context, const struct http_refusal *refusal);
    /* A TLS connection ended before its handshake was complete; `why` is a constant half-sentence. Not of one that said
     * nothing. May be NULL. */
    void (*on_handshake_failed)(void *context, struct str client, const char *why);
    /* A connection closed: there is room under the limit again. May be NULL. */
    void (*on_room)(void *context);
};

/* NULL: no memory or no descriptor. `events` must outlive the server. */
struct http_server *http_server_new(struct loop *loop, const struct http_server_config *config,
                                    const struct http_server_events *events, void *context) must_check;
/* Closes every connection; owners hear on_finished() for each exchange. */
void http_server_free(struct http_server *server);

/* Takes body_bytes and the timeouts over, the rest stays. A body that is being read keeps its limit; the timeouts hold
 * at once, on all connections. */
void http_server_set_limits(struct http_server *server, const struct http_server_config *config);

/* Another certificate, of a server that has one: for connections that come from now on; those that are open go on with
 * theirs. -errno: all stays as it was. */
int http_server_set_tls(struct http_server *server, const struct http_server_tls *tls) must_check;
/* It speaks TLS. */
bool http_server_is_secured(const struct http_server *server);

/* Takes over the connected socket. -errno: refused, and the socket is closed. */
int http_server_add(struct http_server *server, int descriptor, const struct sockaddr *peer, socklen_t peer_length);
bool http_server_is_full(const struct http_server *server);
size_t http_server_connection_count(const struct http_server *server);
/* From now on every answer says `Connection: close`, and connections that have been idle for a second are closed;
 * behind a part of a request line with a 408. */
void http_server_drain(struct http_server *server);

/* Of libmicrohttpd, as it runs: "0.9.75". */
const char *http_server_library_version(void);

/* ---- the request: raw bytes as the client sent them ---- */

struct str http_exchange_method(const struct http_exchange *exchange);
/* Path and query as they came, nothing decoded; of a target in absolute form, too. */
struct str http_exchange_target(const struct http_exchange *exchange);
/* The target as it came, in whatever form: for a log. */
struct str http_exchange_sent_target(const struct http_exchange *exchange);
struct str http_exchange_protocol(const struct http_exchange *exchange); /* "HTTP/1.1" */
struct str http_exchange_client(const struct http_exchange *exchange);   /* "127.0.0.1:52673" */
struct str http_exchange_body(const struct http_exchange *exchange);
/* When the head had been read, monotonic clock. */
uint64_t http_exchange_head_read_us(const struct http_exchange *exchange);
/* The first header of that name, without blanks around its value (RFC 9110 §5.5); base is NULL if there is none. */
struct str http_exchange_header(const struct http_exchange *exchange, const char *name);
typedef void http_header_fn(void *context, struct str name, struct str value);
void http_exchange_each_header(const struct http_exchange *exchange, http_header_fn *on_header, void *context);

/* ---- the owner ---- */

struct http_exchange_events {
    void (*on_client_gone)(void *context); /* may be NULL */
    /* `is_complete`: the answer was written in full. */
    void (*on_finished)(void *context, bool is_complete); /* may be NULL */
};

void http_exchange_set_owner(struct http_exchange *exchange, const struct http_exchange_events *events, void *context);

/* Something of the owner's that stays with the connection, for the exchanges that follow on it; NULL at first. */
void http_exchange_set_note(struct http_exchange *exchange, const void *note);
const void *http_exchange_note(const struct http_exchange *exchange);

/* ---- the answer ---- */

enum http_body_memory {
    HTTP_BODY_CONSTANT, /* lives until on_finished() was called, at least */
    HTTP_BODY_COPIED,   /* is copied now */
    HTTP_BODY_OWNED,    /* from malloc; freed by the server, also when this call fails */
};

/* Names, values and 4 bytes for each field: so much fits into this answer's head, if the client sent nothing ahead. At
 * least response_header_bytes less the margin and the lines of the server's own, see above; after a short request
 * nearly all of the memory. */
size_t http_exchange_answer_room(const struct http_exchange *exchange);

enum { HTTP_SERVER_PIECES_MOST = 32 };

struct http_answer {
    int status; /* 200 to 599 */
    /* Copied, in this order, the same name as often as it comes; an empty value goes out as a blank, which means the
     * same. The server adds a Date if there is none (of several the last one counts). -EINVAL: Connection,
     * Content-Length, Transfer-Encoding, which are the server's own; a name with a colon; a line break or tab in a
     * name, a line break in a value. Other control bytes are the owner's to keep out. */
    const struct http_field *fields;
    size_t field_count;
    struct str body; /* is dropped for 204, 205 and 304, which have none */
    enum http_body_memory memory;
    /* A body that does not lie in one place: these, one behind the other, are what is sent, and `body` is but memory in
     * which some of them lie, owned or constant; the others live until on_finished() was called. Each takes 16 bytes
     * of the memory for heads; at most HTTP_SERVER_PIECES_MOST. 0: none, `body` it is. Not for an answer to
     * on_refused(). */
    const struct str *pieces;
    size_t piece_count;
    bool close; /* the connection ends after this answer */
};

/* 0 or -errno; on failure the connection is closed without an answer. */
int http_exchange_answer(struct http_exchange *exchange, const struct http_answer *answer);

/* Bytes written into `buffer`; or HTTP_STREAM_WAIT (call http_exchange_wake() when there is more), _END, _ABORT. */
typedef ssize_t http_stream_fn(void *context, uint64_t offset, char *buffer, size_t capacity);
enum { HTTP_STREAM_WAIT = 0, HTTP_STREAM_END = -1, HTTP_STREAM_ABORT = -2 };
#define HTTP_LENGTH_UNKNOWN UINT64_MAX

/* `answer->body` is not used. `length`: what Content-Length says, or HTTP_LENGTH_UNKNOWN for chunks. Nothing is read
 * for HEAD, 204, 205 and 304. For HEAD and 304, which have no body, `length` is what a GET would have had; where it is
 * not known none is said, which with microhttpd 0.9 ends the connection (so does a 304 by http_exchange_answer()). */
int http_exchange_stream(struct http_exchange *exchange, const struct http_answer *answer, uint64_t length,
                         http_stream_fn *read_more, void *context);
void http_exchange_wake(struct http_exchange *exchange);

/* Bytes straight to the socket, past all HTTP; what was accepted, or -errno. From then on the exchange can only be
 * held, closed or reset. */
ssize_t http_exchange_raw_send(struct http_exchange *exchange, const void *bytes, size_t count);
/* End of the connection: an orderly one (FIN), or a reset (RST). */
void http_exchange_raw_close(struct http_exchange *exchange);
void http_exchange_raw_reset(struct http_exchange *exchange);

#endif
