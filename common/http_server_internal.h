/* SPDX-License-Identifier: MIT */
/*
 * http_server_internal - what http_server.c (loop, draining), http_server_daemon.c, http_server_connection.c,
 * http_server_rest.c, http_server_stuck.c, http_server_deadline.c, http_server_unheard.c, http_server_tls.c,
 * http_server_calls.c (requests being read), http_server_target.c, http_server_exchange.c, http_server_answer.c and
 * http_server_early.c know of each other. Nobody else includes this.
 */
#ifndef COMMON_HTTP_SERVER_INTERNAL_H
#define COMMON_HTTP_SERVER_INTERNAL_H

#include <microhttpd.h>
#include <stdarg.h>

#include "common/buf.h"
#include "common/http_head.h"
#include "common/http_server.h"

/* Refusals of microhttpd's own that are not told of yet; more than a daemon has connections there cannot be. */
enum { UNHEARD_AT_MOST = 32 };

/* One microhttpd daemon: it walks all of its suspended connections whenever it is run with a resumed one, so each has a
 * bounded share of them. */
struct http_daemon {
    struct http_server *server;
    struct MHD_Daemon *mhd;
    struct loop_watch watch; /* microhttpd's own epoll */
    size_t connection_count; /* handed in and not closed */
    size_t arriving_count;   /* handed in; microhttpd 1.0 takes them up only when it is run, 0.9 at once */
    bool has_room;           /* it is on the server's list of those */
    bool is_due;             /* it is in line to be run */
    struct http_connection *connections;
    unsigned unheard_count;
    unsigned unheard_statuses[UNHEARD_AT_MOST]; /* in the order in which they were given */
    bool has_stuck_line; /* microhttpd refused a body, and will not end it: http_server_stuck.c */
    bool is_retired;     /* it has a certificate of before: no connection is added, and it goes with its last */
    struct http_connection *handshakes; /* that are under way, of TLS */
    struct http_daemon *next;
    struct http_daemon *next_with_room;
    struct http_daemon *next_due;
};

/* A certificate and its key, PEM; NULL: plain HTTP. */
struct http_tls {
    char *certificate;
    char *key;
};

struct http_connection {
    struct http_server *server;
    struct http_daemon *daemon;
    struct MHD_Connection *mhd;
    int descriptor;
    /* The client's socket: microhttpd looks at nothing while a connection is suspended. */
    struct loop_watch watch;
    bool is_client_gone;
    struct http_connection *next_of_daemon;
    struct http_connection **daemon_link;  /* what points to it in its daemon's list */
    struct http_connection *next_leaving;  /* its client's end came with half a request, perhaps */
    struct http_connection **leaving_link; /* what points to it in that list; NULL: it is not there */
    bool is_resting;                       /* suspended between two requests: http_server_rest.c */
    bool is_next_there;                    /* … and the next one came meanwhile */
    uint64_t request_bytes;  /* of all requests until now; HTTP_LENGTH_UNKNOWN: not known, and will not be */
    bool is_kept;            /* it had a request already */
    int line_status;         /* a request line was answered with this, past microhttpd; 0: none was */
    uint64_t idle_since_us;  /* opened, or its last answer's end */
    uint64_t idle_since_run; /* of microhttpd, in which that was; 0: opened */
    struct loop_timer timer;
    uint64_t moved_us;    /* when bytes were last seen to move; http_server_deadline.c looks only when it must */
    uint64_t excused_us;  /* the deadline that was put off because of us */
    bool is_ended;        /* its time was up */
    unsigned head_status; /* what microhttpd itself said of a complete head; 0: nothing */
    /* Of TLS: http_server_tls.c. */
    void *tls_session;              /* microhttpd's; NULL: plain */
    bool is_secured;                /* the handshake is complete */
    bool has_found_nothing;         /* when GnuTLS last looked into the socket */
    uint64_t pulled_bytes;          /* read by GnuTLS */
    uint64_t handshake_bytes;       /* of these, until it was complete */
    uint64_t requests_pulled_bytes; /* … until the last request was over */
    struct http_connection *next_handshake;
    const void *note;               /* of the owner's: http_exchange_set_note() */
    struct http_exchange *exchange; /* the request being read or answered; NULL: idle */
    struct http_connection *previous, *next;
    char client[64]; /* "127.0.0.1:52673" */
};

struct http_server {
    struct loop *loop;
    char host[256];     /* of the configuration */
    bool cuts_in_place; /* the microhttpd that runs leaves a head where it lies: http_head_layout */
    struct http_daemon *daemons;
    struct http_daemon *daemons_with_room;
    struct http_daemon *due_first; /* those that may have work, in the order in which it came */
    struct http_daemon **due_last;
    struct http_server_config config;
    struct http_tls tls;
    bool has_retired;             /* daemons */
    uint64_t shortest_timeout_us; /* of the configured ones */
    const struct http_server_events *events;
    void *context;

    struct http_connection *connections;
    size_t connection_count;
    size_t arriving_count;              /* of all daemons */
    struct http_exchange *resume_first; /* answered while suspended, in this turn */
    struct http_exchange **resume_last;

    struct http_exchange *spare_exchanges; /* ended, for the next ones */
    size_t spare_count;

    struct http_connection *leaving; /* see there */
    bool is_ending;                  /* inside http_server_free() */
    bool may_rest;                   /* kept connections may: http_server_rest.c */
    struct loop_hook hook;
    struct loop_timer drain_timer;
    uint64_t run_count; /* of microhttpd, until now */
    uint64_t now_us;    /* by the clock, at most one callback of the owner's or one run of microhttpd old */
    bool is_draining;
    bool is_stopping; /* nothing may be suspended any more */
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
    bool has_waited;          /* its connection was suspended until the answer */
    bool is_closing;          /* the answer says that the connection ends with it */
    bool is_refused_early;    /* its body is not read to the end: http_server_early.c answers */
    bool is_answered_early;   /* … has answered; what still comes is dropped */
    bool is_absolute;         /* its target is in absolute form */
    uint64_t request_bytes;   /* head and body as they came; HTTP_LENGTH_UNKNOWN: chunks */
    uint64_t content_length;  /* announced; 0: none */
    bool closes_after_answer; /* see http_guard: what follows on the connection may be this request's body */
    struct str method;
    struct str protocol;
    uint64_t begun_us; /* the request line was read */
    uint64_t head_read_us;
    uint64_t answered_us; /* the answer was given */
    struct buf body;
    size_t dropped_bytes; /* of the body, behind an early answer */
    unsigned vain_runs;   /* of microhttpd since a piece of the body came: http_server_stuck.c */
    uint64_t taken_bytes; /* when that last looked */

    const struct http_exchange_events *owner_events;
    void *owner;

    struct MHD_Response *response;
    unsigned status;
    http_stream_fn *read_more;
    void *stream_context;
    bool is_endless; /* a stream without a length */

    struct http_exchange *next_resume;
    bool is_resuming;

    size_t head_bytes; /* what the request's head takes of the pool */

    struct http_exchange *next_spare;
    char *target; /* raw; short_target, or from malloc */
    size_t target_length;
    struct str path; /* of the target, with the query; what the owner sees */
    char *own_path;  /* where no part of the target says it; else NULL */
    struct http_head head;
    char short_target[128];
};

/* Reads the clock. */
uint64_t http_server_update_now(struct http_server *server);
/* The exchange's connection is resumed before the loop waits again. */
void http_server_resume_later(struct http_server *server, struct http_exchange *exchange);
/* The pool in which microhttpd keeps a request's head and builds its answer's. */
size_t http_server_pool_bytes(const struct http_server *server);
size_t http_server_response_header_bytes(const struct http_server *server);

/* Another one for the server's list; NULL: no memory or no descriptor. */
struct http_daemon *http_daemon_new(struct http_server *server);
/* Of all; none may have a suspended connection. */
void http_daemon_free_all(struct http_server *server);
/* Where the next connection goes; NULL: see http_daemon_new(). */
struct http_daemon *http_daemon_for_next(struct http_server *server);
/* A connection is handed in; microhttpd has taken it up; it is gone, or was never taken up. */
void http_daemon_add(struct http_daemon *daemon);
void http_daemon_note_started(struct http_daemon *daemon);
void http_daemon_remove(struct http_daemon *daemon);
/* It may have work: it is run before the loop waits again. */
void http_daemon_run_later(struct http_daemon *daemon);
/* Runs each that is in line, once. */
void http_daemon_run_due(struct http_server *server);
/* Connections that come from now on are for new ones, which have the server's certificate of now. 0 or -errno: all
 * stays as it was. */
int http_daemon_retire_all(struct http_server *server) must_check;
/* Frees those that are retired and have no connection. Not within microhttpd. */
void http_daemon_free_retired(struct http_server *server);

/* Comes after accept and before close(), so that the watch never outlives the descriptor. */
void http_connection_on_change(void *daemon, struct MHD_Connection *mhd, void **socket_context,
                               enum MHD_ConnectionNotificationCode code);
struct http_connection *http_connection_of(struct MHD_Connection *mhd);
/* Behind a run of microhttpd: ends those of which only half a request came, and never more will. */
void http_connection_end_leaving(struct http_server *server);
/* RST */
void http_connection_reset(struct http_connection *connection);
/* Past microhttpd, which must not be sending; through TLS where it is spoken. Was all of it taken? Never within a
 * handshake. */
bool http_connection_send(struct http_connection *connection, struct str bytes);
/* No more will be sent; what comes is still read. */
void http_connection_end_sending(struct http_connection *connection);

/* The microhttpd that runs is one whose way with heads http_head_layout knows. */
bool http_server_cuts_in_place(void);
/* Once the method is known: sets its path. -1: no memory. */
int http_server_find_path(struct http_exchange *exchange);
/* Does a target in absolute form mean this server? 0, or the status to refuse it with. `host`: the Host header's value;
 * without a base there is none. */
int http_server_check_authority(const struct http_exchange *exchange, struct str host,
                                const char **ret_reason) must_check;

/* The microhttpd that runs is one whose connections may rest. */
bool http_server_may_rest(void);
/* Once for each request that is over: counts it, too. */
bool http_connection_can_rest(struct http_connection *connection, const struct http_exchange *exchange);
/* Inside microhttpd's call for a completed request. */
void http_connection_rest(struct http_connection *connection);
/* If it rests. */
void http_connection_wake(struct http_connection *connection);
/* Of all that has come, the client's end counts as one; UINT64_MAX: not known. */
uint64_t http_connection_bytes_received(const struct http_connection *connection);

/* Does a line of microhttpd's log say that it refuses one that it will forget to end? */
bool http_stuck_is_told(const char *text);
/* Behind a run of the daemon after which it wants another one, or whose log told so. */
void http_stuck_end(struct http_daemon *daemon);

/* ---- http_server_unheard.c ---- */

/* microhttpd's log: what it refuses by itself. */
void http_unheard_on_log(void *http_daemon, const char *format, va_list arguments);
/* Of the response that microhttpd has for the connection's request, its own or ours; 0: it has none. */
unsigned http_unheard_answered_status(const struct http_connection *connection);
/* A request whose line was read is over, and no owner heard of it. */
void http_unheard_exchange(struct http_connection *connection, const struct http_exchange *exchange);
/* The connection is closed: was it because of what came instead of a request line? */
void http_unheard_closed(struct http_connection *connection);
/* A 408 for what is no request line yet. */
void http_unheard_timeout(const struct http_connection *connection);
/* ---- http_server_tls.c ---- */

enum { HTTP_TLS_OPTIONS = 4 };

/* 0 or -ENOMEM. */
int http_tls_copy(struct http_tls *tls, const struct http_server_tls *from) must_check;
void http_tls_clear(struct http_tls *tls);
bool http_tls_is(const struct http_tls *tls, const struct http_server_tls *other);
/* For MHD_OPTION_ARRAY; what they need of flags. */
unsigned http_tls_options(const struct http_server *server, struct MHD_OptionItem *items);
/* Of a new connection; before it is freed. Nothing of a plain one. */
void http_tls_begin(struct http_connection *connection);
void http_tls_end(struct http_connection *connection);
/* After the daemon was run: handshakes that wait for their clients wait for our watch. */
void http_tls_rest_handshakes(struct http_daemon *daemon);
/* Something came behind the handshake. */
bool http_tls_has_request_bytes(const struct http_connection *connection);
/* More than a farewell since its last request was over. */
bool http_tls_has_sent_more(const struct http_connection *connection);
/* Decrypted and not yet read. */
size_t http_tls_pending_bytes(const struct http_connection *connection);
bool http_tls_send(struct http_connection *connection, struct str bytes);
void http_tls_say_goodbye(struct http_connection *connection);

uint64_t http_deadline_shortest_us(const struct http_server_config *config);
/* Of a new connection; when the limits changed; before the connection is freed. */
void http_deadline_start(struct http_connection *connection);
void http_deadline_review(struct http_connection *connection);
void http_deadline_stop(struct http_connection *connection);
/* Nothing came for so long. */
bool http_deadline_has_been_quiet(const struct http_connection *connection, uint64_t duration_us);
/* Now, as if its time was up. */
void http_deadline_end(struct http_connection *connection);

/* Of a request whose target was read; NULL: no memory. */
struct http_exchange *http_exchange_new(struct http_connection *connection, struct str target);
void http_exchange_free(struct http_exchange *exchange);
/* For one that is_refused_early: 0 or -errno, and nothing was sent. Leaves the body to its owner. */
int http_exchange_answer_early(struct http_exchange *exchange, const struct http_answer *answer);
void http_exchange_free_spare(struct http_server *server);
/* Of one that is being read: its owner answers past microhttpd, see http_server_early.c. */
void http_exchange_refuse_early(struct http_exchange *exchange, int status, const char *reason);

/* The callbacks that http_server_daemon.c hands to microhttpd: http_server_calls.c. */
void *http_exchange_on_target(void *server, const char *target, struct MHD_Connection *mhd);
enum MHD_Result http_exchange_on_call(void *server, struct MHD_Connection *mhd, const char *url, const char *method,
                                      const char *version, const char *upload, size_t *upload_size, void **context);
void http_exchange_on_completed(void *server, struct MHD_Connection *mhd, void **context,
                                enum MHD_RequestTerminationCode code);
/* Of a connection that is closed. */
void http_exchange_end_forgotten(struct http_connection *connection);
/* The client left, or the server stops: ends the exchange if it is suspended. */
void http_exchange_abandon(struct http_exchange *exchange);

#endif
