/* SPDX-License-Identifier: MIT */
#include "gateway/wire_pool.h"

#include <string.h>

#include "common/clock.h"

enum { SERVER_BUCKETS = 256 };

const struct wire_pool_limits wire_pool_usual_limits = {
    .idle_most = 1024,
    .idle_us = 60 * (uint64_t)CLOCK_US_PER_SECOND,
};

struct wire_server {
    struct wire_pool *pool;
    bool is_tls;
    struct tls_identity tls;
    char authority[sizeof((struct url *)NULL)->authority];
    struct wire_connection *newest;
    struct wire_connection *oldest;
    size_t idle_count;
    struct wire_server *next;
};

struct wire_pool {
    struct loop *loop;
    struct wire_pool_limits limits;
    struct loop_timer timer; /* armed while anything is idle */
    struct wire_server *servers[SERVER_BUCKETS];
};

/* ---- servers ---- */

/* FNV-1a. */
static size_t bucket_of(const struct url *url)
{
    uint32_t hash = 2166136261U ^ (url->is_tls ? 1U : 0U);

    for (const char *at = url->authority; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * 16777619U;
    }
    return hash % SERVER_BUCKETS;
}

static bool is_server(const struct wire_server *server, const struct url *url, const struct tls_settings *tls)
{
    return server->is_tls == url->is_tls && strcmp(server->authority, url->authority) == 0 &&
           (!url->is_tls || tls_identity_is(&server->tls, tls));
}

struct wire_server *wire_pool_server(struct wire_pool *pool, const struct url *url, const struct tls_settings *tls)
{
    struct wire_server **link = &pool->servers[bucket_of(url)];

    while (*link != NULL && !is_server(*link, url, tls)) {
        link = &(*link)->next;
    }
    if (*link == NULL) {
        struct wire_server *server = calloc(1, sizeof *server);
        if (server == NULL) {
            return NULL;
        }
        server->pool = pool;
        server->is_tls = url->is_tls;
        server->tls = tls_identity_of(tls);
        (void)memcpy(server->authority, url->authority, sizeof server->authority);
        *link = server;
    }
    return *link;
}

size_t wire_pool_idle_count(const struct wire_server *server)
{
    return server->idle_count;
}

/* ---- a server's idle connections ---- */

static void push_newest(struct wire_server *server, struct wire_connection *connection)
{
    connection->newer = NULL;
    connection->older = server->newest;
    if (server->newest != NULL) {
        server->newest->newer = connection;
    } else {
        server->oldest = connection;
    }
    server->newest = connection;
    server->idle_count++;
}

static void unlink_idle(struct wire_server *server, struct wire_connection *connection)
{
    if (connection->newer != NULL) {
        connection->newer->older = connection->older;
    } else {
        server->newest = connection->older;
    }
    if (connection->older != NULL) {
        connection->older->newer = connection->newer;
    } else {
        server->oldest = connection->newer;
    }
    server->idle_count--;
}

static void end_idle(struct wire_connection *connection)
{
    unlink_idle(connection->server, connection);
    wire_connection_close(connection);
}

static void on_idle_event(void *context, uint32_t events)
{
    (void)events;
    end_idle(context);
}

/* ---- age ---- */

/* How many of them are left. */
static size_t end_aged(struct wire_server *server, uint64_t now_us)
{
    uint64_t idle_us = server->pool->limits.idle_us;

    while (server->oldest != NULL && now_us - server->oldest->idle_since_us >= idle_us) {
        end_idle(server->oldest);
    }
    return server->idle_count;
}

/* Without memory for the timer, connections stay until the backend closes them. */
static void arm(struct wire_pool *pool)
{
    if (pool->timer.heap_index == 0) {
        (void)!loop_arm(pool->loop, &pool->timer, loop_now_us(pool->loop) + pool->limits.idle_us / 2);
    }
}

static void on_age(void *context)
{
    struct wire_pool *pool = context;
    size_t left = 0;

    for (size_t i = 0; i < array_length(pool->servers); i++) {
        for (struct wire_server *server = pool->servers[i]; server != NULL; server = server->next) {
            left += end_aged(server, loop_now_us(pool->loop));
        }
    }
    if (left > 0) {
        arm(pool);
    }
}

/* ---- taking and putting ---- */

struct wire_connection *wire_pool_take(struct wire_server *server)
{
    while (server->newest != NULL) {
        struct wire_connection *connection = server->newest;
        if (!name_addresses_are_outdated(connection->addresses) && wire_connection_is_quiet(connection)) {
            unlink_idle(server, connection);
            return connection;
        }
        end_idle(connection);
    }
    return NULL;
}

void wire_pool_put(struct wire_pool *pool, struct wire_server *server, struct wire_connection *connection)
{
    if (name_addresses_are_outdated(connection->addresses)) {
        wire_connection_close(connection);
        return;
    }
    connection->server = server;
    connection->idle_since_us = loop_now_us(pool->loop);
    wire_connection_give(connection, on_idle_event, connection);
    push_newest(server, connection);
    if (server->idle_count > pool->limits.idle_most) {
        end_idle(server->oldest);
    }
    arm(pool);
}

/* ---- for want of descriptors ---- */

static void close_half(struct wire_server *server)
{
    for (size_t count = (server->idle_count + 1) / 2; count > 0; count--) {
        end_idle(server->oldest);
    }
}

void wire_pool_close_half(struct wire_pool *pool)
{
    for (size_t i = 0; i < array_length(pool->servers); i++) {
        for (struct wire_server *server = pool->servers[i]; server != NULL; server = server->next) {
            close_half(server);
        }
    }
}

/* ---- life ---- */

struct wire_pool *wire_pool_new(struct loop *loop, const struct wire_pool_limits *limits)
{
    struct wire_pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL) {
        return NULL;
    }
    pool->loop = loop;
    pool->limits = *limits;
    pool->timer = (struct loop_timer){ .on_due = on_age, .context = pool };
    return pool;
}

static void free_server(struct wire_server *server)
{
    while (server->oldest != NULL) {
        end_idle(server->oldest);
    }
    free(server);
}

void wire_pool_free(struct wire_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    loop_disarm(pool->loop, &pool->timer);
    for (size_t i = 0; i < array_length(pool->servers); i++) {
        while (pool->servers[i] != NULL) {
            struct wire_server *next = pool->servers[i]->next;
            free_server(pool->servers[i]);
            pool->servers[i] = next;
        }
    }
    free(pool);
}
