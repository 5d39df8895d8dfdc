/* SPDX-License-Identifier: MIT */
/*
 * attempt - one try of one call on one server: what to send, by when, and what came of it.
 *
 * All that an upstream strategy sees; it knows nothing of routes, merging or answering. call_policy fills the first
 * part and starts it; the strategy fills the outcome and completes it, exactly once, also after a cancel.
 *
 * Memory: embedded in a call; strings belong to the request's arena, the server to the configuration it holds: both
 * live until the attempt is done. Threads: the worker's; a thread of the pool may touch it between start and
 * completion.
 */
#ifndef GATEWAY_ATTEMPT_H
#define GATEWAY_ATTEMPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"
#include "common/url.h"
#include "gateway/call_error.h"

struct attempt_queue;
struct tls_settings;

/* What is known of an answer's body. */
enum attempt_body {
    ATTEMPT_BODY_UNREAD,
    ATTEMPT_BODY_JSON,
    ATTEMPT_BODY_NO_JSON,
};

enum attempt_state {
    ATTEMPT_NEW,
    ATTEMPT_STARTED,
    ATTEMPT_DONE,
};

struct attempt {
    /* What to send. */
    const char *method;             /* "GET" */
    const struct url *server;       /* where to; its path goes in front of the target */
    const struct tls_settings *tls; /* of an https server; NULL: the system's authorities, and nothing else */
    struct str target;              /* "/task1?x=1" */
    const char *const *fields;      /* "Name: value" lines, NULL-terminated; Host and framing are the strategy's own */
    const char *deadline_field;     /* a field that says how many milliseconds are left when it is sent; NULL: none */
    struct str body;                /* base NULL: none */

    struct name_addresses *addresses; /* of the server's name; NULL: it needs none. A reference until it is done */

    /* Within what limits. */
    uint64_t deadline_us;         /* monotonic clock; CLOCK_NEVER_US is not allowed */
    uint64_t connect_timeout_us;  /* at most, and never past the deadline */
    size_t response_header_bytes; /* longer: http_response_header_section_size */
    _Atomic size_t *room;         /* so many more bytes of a body, its own and those of others that share it; or NULL */
    bool wants_fresh_connection;
    bool wants_response_head; /* as it came; content codings are then the reader's affair */
    bool wants_json;          /* a body that is none makes a failure of a good answer */

    /* The outcome. */
    enum call_error error;       /* CALL_OK: an answer came, whatever its status */
    struct buf response;         /* its limit is the longest body; longer: http_response_body_size */
    struct buf response_head;    /* field lines of the final response with their line breaks, where they are wanted */
    enum attempt_body body_kind; /* attempt_has_json()'s own */
    bool is_stale;               /* the kept connection ended before any byte of an answer: a fresh one may do better */
    uint64_t done_us;

    /* How far it is, readable while it runs; 0: did not happen. */
    atomic_bool is_resolving;      /* it waits for the addresses of the server's name */
    atomic_bool is_reused;         /* it runs on a kept connection */
    _Atomic uint64_t started_us;   /* somebody began to work on it */
    _Atomic uint64_t resolved_us;  /* the name was resolved; without a name, a socket was opened */
    _Atomic uint64_t connected_us; /* 0 on a kept connection */
    _Atomic uint64_t sent_us;
    _Atomic uint64_t first_byte_us;
    _Atomic unsigned status; /* of the answer; 0: none came */

    /* Between strategy and worker. */
    enum attempt_state state;
    struct attempt_queue *completions; /* where it goes when it is done */
    struct attempt *next_completed;
    void *transfer; /* the strategy's own, while it runs */
    void (*on_done)(struct attempt *attempt, void *context);
    void *context;
};

/* Attempts that are done and of which nobody has heard yet; one per worker. */
struct attempt_queue {
    struct attempt *first;
    struct attempt **last;
    bool is_draining;
};

void attempt_queue_init(struct attempt_queue *queue);
/* Tells the owners (on_done) of all that are done, also of those that get done meanwhile. Within itself it does
 * nothing: the outer call goes on. */
void attempt_queue_drain(struct attempt_queue *queue);

/* On the worker's thread: it is done with `error`. The second time it does nothing. */
void attempt_complete(struct attempt *attempt, enum call_error error);
/* Which timeout it was: of the name, of the connection, or of the answer. */
enum call_error attempt_timeout_error(const struct attempt *attempt);
/* Whether it says how long its body is: it has one, or a method that is about one (RFC 9110 §8.6). */
bool attempt_has_length(const struct attempt *attempt);
/* Of an answer that came: whether its body is JSON. It is read the first time, by whoever may touch the attempt. */
bool attempt_has_json(struct attempt *attempt);
/* Whether sending it twice does no harm (RFC 9110 §9.2.2). */
bool attempt_is_idempotent(const struct attempt *attempt);

#endif
