/* SPDX-License-Identifier: MIT */
/*
 * http_server_internal - what http_server.c (daemon, loop, connections) and http_server_exchange.c (requests and
 * answers) know of each other. Nobody else includes this.
 */
#ifndef COMMON_HTTP_SERVER_INTERNAL_H
#define COMMON_HTTP_SERVER_INTERNAL_H

#include <microhttpd.h>

#include "common/buf.h"
#include "common/http_server.h"

struct http_connection {
    struct http_server *server;
    struct MHD_Connection *mhd;
    int descriptor;
    /* EPOLLRDHUP of the client's socket: microhttpd looks at nothing while a connection is suspended. */
    struct loop_watch gone_watch;
    bool is_client_gone;
    uint64_t idle_since_us;
    struct http_exchange *exchange; /* the request being read or answered; NULL: idle */
    struct http_connection *previous, *next;
    char client[64]; /* "127.0.0.1:52673" */
};

struct http_server {
    struct loop *loop;
    struct MHD_Daemon *daemon;
    struct http_server_config config;
    const struct http_server_events *events;
    void *context;

    struct http_connection *connections;
    size_t connection_count;
    size_t arriving_count;              /* handed in; microhttpd 1.0 takes them up only when it is run, 0.9 at once */
    struct http_exchange *resume_first; /* answered while suspended, in this turn */
    struct http_exchange **resume_last;

    struct loop_watch daemon_watch; /* microhttpd's own epoll */
    struct loop_hook hook;
    struct loop_timer drain_timer;
    bool is_run_due;
    bool is_draining;
};

enum exchange_state {
    EXCHANGE_READING,   /* head or body are not complete */
    EXCHANGE_HANDLING,  /* inside on_request() or on_refused() */
    EXCHANGE_WAITING,   /* suspended until the owner answers */
    EXCHANGE_ANSWERED,  /* the response is there; queued when microhttpd calls next */
    EXCHANGE_SENDING,   /* microhttpd has the response */
    EXCHANGE_STREAMING, /* suspended until the stream has more */
};

struct http_exchange {
    struct http_connection *connection;
    enum exchange_state state;
    bool has_head;
    bool is_aborted;          /* ends without a (further) byte of ours: the client left, a raw answer, no memory */
    bool closes_after_answer; /* see http_guard: what follows on the connection may be this request's body */
    struct str method;
    struct str protocol;
    uint64_t head_read_us;
    struct buf body;
    size_t body_excess; /* bytes over the limit that were read and dropped */

    const struct http_exchange_events *owner_events;
    void *owner;

    struct MHD_Response *response;
    unsigned status;
    http_stream_fn *read_more;
    void *stream_context;

    struct http_exchange *next_resume;
    bool is_resuming;
    char target[]; /* raw */
};

/* The callbacks that http_server.c hands to microhttpd: http_server_calls.c. */
void *http_exchange_on_target(void *server, const char *target, struct MHD_Connection *mhd);
enum MHD_Result http_exchange_on_call(void *server, struct MHD_Connection *mhd, const char *url, const char *method,
                                      const char *version, const char *upload, size_t *upload_size, void **context);
void http_exchange_on_completed(void *server, struct MHD_Connection *mhd, void **context,
                                enum MHD_RequestTerminationCode code);
/* The client left, or the server stops: ends the exchange if it is suspended. */
void http_exchange_abandon(struct http_exchange *exchange);

struct http_connection *http_connection_of(struct MHD_Connection *mhd);
/* The exchange's connection is resumed before the loop waits again. */
void http_server_resume_later(struct http_server *server, struct http_exchange *exchange);

#endif
