/* SPDX-License-Identifier: MIT */
/*
 * wire_pool - connections to backends that nobody uses just now, each server's own, the last used first.
 *
 * An idle connection is never spoken to, so whatever is heard of it (a goodbye, a reset, bytes that nobody asked for)
 * is its end: it is closed at once. What came since the loop's last look would be taken for the answer to the next
 * request, so wire_pool_take() looks once more; that is one system call.
 *
 * One that was opened to an address that its server's name has no more (name_addresses.h) is closed when it is put
 * back, or would be taken.
 *
 * Bounded for each server: the one that was idle longest goes. One that nobody used for a while is closed, too, before
 * the backend does so, which might cross a request on its way.
 *
 * Memory: a server's entry stays as long as the pool: as many as the configurations ever named, some 400 bytes each.
 * Threads: the loop's.
 */
#ifndef GATEWAY_WIRE_POOL_H
#define GATEWAY_WIRE_POOL_H

#include "common/url.h"
#include "gateway/tls_settings.h"
#include "gateway/wire_connection.h"

struct wire_pool;

struct wire_pool_limits {
    size_t idle_most; /* for each server */
    uint64_t idle_us; /* and so long; closed at the latest half as long again after that */
};

extern const struct wire_pool_limits wire_pool_usual_limits;

/* NULL: no memory. */
struct wire_pool *wire_pool_new(struct loop *loop, const struct wire_pool_limits *limits) must_check;
/* Closes what is idle. Connections that are in use must not come back. */
void wire_pool_free(struct wire_pool *pool);

/* The entry of that scheme, host and port, and of https also of what it is secured with (NULL: the system's
 * authorities, and nothing else); the same for equal ones of any configuration. NULL: no memory. */
struct wire_server *wire_pool_server(struct wire_pool *pool, const struct url *url,
                                     const struct tls_settings *tls) must_check;
/* One that was used before and is quiet; NULL: none. The caller gives its events to itself. */
struct wire_connection *wire_pool_take(struct wire_server *server);
/* Nobody needs it now, and nothing is under way on it. The pool closes it in its time. */
void wire_pool_put(struct wire_pool *pool, struct wire_server *server, struct wire_connection *connection);
/* Closes the half of each server's that was idle longest, rounded up. */
void wire_pool_close_half(struct wire_pool *pool);
/* How many are idle. */
size_t wire_pool_idle_count(const struct wire_server *server);

#endif
