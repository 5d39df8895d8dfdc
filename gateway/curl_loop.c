/* SPDX-License-Identifier: MIT */
#include "gateway/curl_loop.h"

#include <curl/curl.h>

#include "common/clock.h"
#include "gateway/curl_server.h"

/* docs/decisions/0025 has the curve that the size of a group is chosen from. */
const struct curl_loop_limits curl_loop_usual_limits = {
    .group_transfers = 32,
    .kept_connections = 1024,
    .group_idle_us = 60 * (uint64_t)CLOCK_US_PER_SECOND,
};

enum { SERVER_BUCKETS = 256 };

struct curl_loop {
    struct curl_groups groups;
    uint64_t group_idle_us;
    size_t group_count;
    struct curl_server *servers[SERVER_BUCKETS]; /* by name */
    struct curl_group *longest_idle, *last_idle; /* groups without a transfer, in the order of time */
    struct loop_timer idle_timer;
};

/* ---- servers ---- */

static struct curl_server **bucket_of(struct curl_loop *curl_loop, const char *authority)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (const char *byte = authority; *byte != '\0'; byte++) {
        hash = (hash ^ (unsigned char)*byte) * 16777619U;
    }
    return &curl_loop->servers[hash % SERVER_BUCKETS];
}

static struct curl_server *server_for(struct curl_loop *curl_loop, const struct attempt *attempt)
{
    const struct url *url = attempt->server;
    struct curl_server **bucket = bucket_of(curl_loop, url->authority);
    struct curl_server *server = *bucket;

    while (server != NULL && !curl_server_is(server, url, attempt->tls)) {
        server = server->next;
    }
    if (server == NULL) {
        server = curl_server_new(curl_loop, url, attempt->tls);
        if (server != NULL) {
            server->next = *bucket;
            *bucket = server;
        }
    }
    return server;
}

static void drop_server(struct curl_loop *curl_loop, struct curl_server *server)
{
    struct curl_server **link = bucket_of(curl_loop, server->authority);

    while (*link != server) {
        link = &(*link)->next;
    }
    *link = server->next;
    curl_server_free(server);
}

/* ---- groups ---- */

static struct curl_loop *curl_loop_of(const struct curl_group *group)
{
    const struct curl_server *server = group->owner;

    return server->owner;
}

static struct curl_group *group_for(struct curl_loop *curl_loop, const struct attempt *attempt)
{
    struct curl_server *server = server_for(curl_loop, attempt);

    if (server == NULL) {
        return NULL;
    }
    struct curl_group *group = curl_server_choose(server);
    if (group == NULL) {
        group = curl_server_add(server, &curl_loop->groups);
        curl_loop->group_count += group != NULL ? 1 : 0;
    }
    return group;
}

static void leave_idle(struct curl_loop *curl_loop, struct curl_group *group)
{
    *(group->previous_idle != NULL ? &group->previous_idle->next_idle : &curl_loop->longest_idle) = group->next_idle;
    *(group->next_idle != NULL ? &group->next_idle->previous_idle : &curl_loop->last_idle) = group->previous_idle;
    group->is_idle = false;
}

static void wait_for_longest_idle(struct curl_loop *curl_loop)
{
    if (curl_loop->longest_idle != NULL && curl_loop->idle_timer.heap_index == 0) {
        uint64_t due_us = curl_loop->longest_idle->idle_since_us + curl_loop->group_idle_us;
        /* Without memory for the timer, the next group that falls idle tries again. */
        (void)!loop_arm(curl_loop->groups.loop, &curl_loop->idle_timer, due_us);
    }
}

/* The timer stays when the longest idle one is used again: it then looks for the next. */
static void enter_idle(struct curl_loop *curl_loop, struct curl_group *group)
{
    group->is_idle = true;
    group->idle_since_us = loop_now_us(curl_loop->groups.loop);
    group->next_idle = NULL;
    group->previous_idle = curl_loop->last_idle;
    *(curl_loop->last_idle != NULL ? &curl_loop->last_idle->next_idle : &curl_loop->longest_idle) = group;
    curl_loop->last_idle = group;
    wait_for_longest_idle(curl_loop);
}

static void drop_group(struct curl_loop *curl_loop, struct curl_group *group)
{
    struct curl_server *server = group->owner;

    leave_idle(curl_loop, group);
    curl_server_drop(server, group);
    curl_loop->group_count--;
    if (server->group_count == 0) {
        drop_server(curl_loop, server);
    }
}

static void on_idle_due(void *context)
{
    struct curl_loop *curl_loop = context;
    uint64_t now_us = loop_now_us(curl_loop->groups.loop);

    while (curl_loop->longest_idle != NULL &&
           curl_loop->longest_idle->idle_since_us + curl_loop->group_idle_us <= now_us) {
        drop_group(curl_loop, curl_loop->longest_idle);
    }
    wait_for_longest_idle(curl_loop);
}

/* A group told to be thrifty still keeps its last connection. */
static void drop_surplus(struct curl_loop *curl_loop)
{
    while (curl_loop_kept_count(curl_loop) > curl_loop->groups.kept_at_most && curl_loop->longest_idle != NULL) {
        drop_group(curl_loop, curl_loop->longest_idle);
    }
}

/* The group may be gone afterwards. */
static void on_settled(struct curl_group *group)
{
    struct curl_loop *curl_loop = curl_loop_of(group);
    bool is_idle = group->under_way_count == 0;

    curl_server_note(group->owner, group);
    if (is_idle && !group->is_idle) {
        enter_idle(curl_loop, group);
    } else if (!is_idle && group->is_idle) {
        leave_idle(curl_loop, group);
    }
    drop_surplus(curl_loop);
}

/* ---- calls ---- */

void curl_loop_start(struct curl_loop *curl_loop, struct attempt *attempt)
{
    struct curl_group *group = group_for(curl_loop, attempt);

    if (group == NULL) {
        attempt_complete(attempt, CALL_PROXY_INTERNAL_ERROR);
        return;
    }
    curl_group_start(group, attempt);
}

void curl_loop_cancel(struct curl_loop *curl_loop, struct attempt *attempt, enum call_error error)
{
    (void)curl_loop;
    curl_group_cancel(curl_group_of(attempt), attempt, error);
}

void curl_loop_close_idle(struct curl_loop *curl_loop)
{
    if (curl_loop->longest_idle != NULL) {
        drop_group(curl_loop, curl_loop->longest_idle);
    }
}

size_t curl_loop_group_count(const struct curl_loop *curl_loop)
{
    return curl_loop->group_count;
}

size_t curl_loop_kept_count(const struct curl_loop *curl_loop)
{
    return curl_groups_kept_count(&curl_loop->groups);
}

/* ---- life ---- */

struct curl_loop *curl_loop_new(struct loop *loop, const struct curl_loop_limits *limits)
{
    struct curl_loop *curl_loop = calloc(1, sizeof *curl_loop);

    if (curl_loop == NULL) {
        return NULL;
    }
    curl_loop->group_idle_us = limits->group_idle_us;
    curl_loop->idle_timer = (struct loop_timer){ .on_due = on_idle_due, .context = curl_loop };
    curl_loop->groups = (struct curl_groups){
        .loop = loop,
        .share = curl_share_init(),
        .transfers_at_most = limits->group_transfers,
        .kept_at_most = limits->kept_connections,
        .on_settled = on_settled,
    };
    if (curl_loop->groups.share == NULL) {
        free(curl_loop);
        return NULL;
    }
    /* All in one thread: libcurl needs no locks, and calls none where none are set. */
    (void)curl_share_setopt(curl_loop->groups.share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    return curl_loop;
}

void curl_loop_free(struct curl_loop *curl_loop)
{
    if (curl_loop == NULL) {
        return;
    }
    for (size_t i = 0; i < SERVER_BUCKETS; i++) {
        while (curl_loop->servers[i] != NULL) {
            struct curl_server *next = curl_loop->servers[i]->next;
            curl_server_free(curl_loop->servers[i]);
            curl_loop->servers[i] = next;
        }
    }
    loop_disarm(curl_loop->groups.loop, &curl_loop->idle_timer);
    (void)curl_share_cleanup(curl_loop->groups.share);
    free(curl_loop);
}
