/* SPDX-License-Identifier: MIT */
/*
 * curl_server - the groups of one server, and which of them takes the next transfer: the first one with room and a
 * kept connection, else the first with room. So the load gathers in the first groups, and the others fall idle when it
 * goes down.
 *
 * Choosing looks at a few words: each stands for 64 groups.
 *
 * Memory: owns its groups.   Threads: the loop's.
 */
#ifndef GATEWAY_CURL_SERVER_H
#define GATEWAY_CURL_SERVER_H

#include "common/url.h"
#include "gateway/curl_group.h"
#include "gateway/tls_settings.h"

struct group_block;

struct curl_server {
    void *owner;
    struct curl_server *next; /* the owner's */
    bool is_tls;
    struct tls_identity tls;
    char *authority;
    size_t answer_bytes; /* of late, for its groups' transfers */
    size_t group_count;
    size_t block_count;
    struct group_block *blocks;
};

/* NULL: no memory. */
struct curl_server *curl_server_new(void *owner, const struct url *url, const struct tls_settings *tls) must_check;
/* No transfer may be under way. */
void curl_server_free(struct curl_server *server);
bool curl_server_is(const struct curl_server *server, const struct url *url, const struct tls_settings *tls);

/* NULL: none has room. */
struct curl_group *curl_server_choose(const struct curl_server *server);
/* Another one, in the first free place. NULL: no memory. */
struct curl_group *curl_server_add(struct curl_server *server, struct curl_groups *groups) must_check;
/* Frees it. */
void curl_server_drop(struct curl_server *server, struct curl_group *group);
/* Its room or its connections may have changed. */
void curl_server_note(struct curl_server *server, const struct curl_group *group);

#endif
