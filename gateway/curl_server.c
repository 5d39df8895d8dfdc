/* SPDX-License-Identifier: MIT */
#include "gateway/curl_server.h"

#include <errno.h>
#include <string.h>

enum { BLOCK_GROUPS = 64 };

/* A bit for each group. */
struct group_block {
    uint64_t taken; /* there is one */
    uint64_t open;  /* it has room */
    uint64_t warm;  /* it has room, and a kept connection */
    struct curl_group *groups[BLOCK_GROUPS];
};

static void put_bit(uint64_t *word, size_t index, bool is_set)
{
    uint64_t bit = UINT64_C(1) << (index % BLOCK_GROUPS);

    *word = is_set ? *word | bit : *word & ~bit;
}

/* ---- choosing ---- */

struct curl_group *curl_server_choose(const struct curl_server *server)
{
    struct curl_group *first_open = NULL;

    for (size_t i = 0; i < server->block_count; i++) {
        const struct group_block *block = &server->blocks[i];
        if (block->warm != 0) {
            return block->groups[lowest_bit(block->warm)];
        }
        if (first_open == NULL && block->open != 0) {
            first_open = block->groups[lowest_bit(block->open)];
        }
    }
    return first_open;
}

void curl_server_note(struct curl_server *server, const struct curl_group *group)
{
    struct group_block *block = &server->blocks[group->index / BLOCK_GROUPS];
    bool is_open = curl_group_has_room(group);

    put_bit(&block->open, group->index, is_open);
    put_bit(&block->warm, group->index, is_open && curl_group_kept_count(group) > 0);
}

/* ---- groups ---- */

static int add_block(struct curl_server *server)
{
    struct group_block *blocks = reallocarray(server->blocks, server->block_count + 1, sizeof *blocks);

    if (blocks == NULL) {
        return -ENOMEM;
    }
    server->blocks = blocks;
    blocks[server->block_count++] = (struct group_block){ .taken = 0 };
    return 0;
}

/* The first block with a free place. */
static struct group_block *block_with_place(struct curl_server *server)
{
    for (size_t i = 0; i < server->block_count; i++) {
        if (server->blocks[i].taken != UINT64_MAX) {
            return &server->blocks[i];
        }
    }
    return add_block(server) == 0 ? &server->blocks[server->block_count - 1] : NULL;
}

struct curl_group *curl_server_add(struct curl_server *server, struct curl_groups *groups)
{
    struct group_block *block = block_with_place(server);

    if (block == NULL) {
        return NULL;
    }
    size_t place = lowest_bit(~block->taken);
    size_t index = (size_t)(block - server->blocks) * BLOCK_GROUPS + place;
    struct curl_group *group = curl_group_new(groups, server, index, &server->answer_bytes);
    if (group == NULL) {
        return NULL;
    }
    block->groups[place] = group;
    put_bit(&block->taken, place, true);
    server->group_count++;
    curl_server_note(server, group);
    return group;
}

void curl_server_drop(struct curl_server *server, struct curl_group *group)
{
    struct group_block *block = &server->blocks[group->index / BLOCK_GROUPS];

    put_bit(&block->taken, group->index, false);
    put_bit(&block->open, group->index, false);
    put_bit(&block->warm, group->index, false);
    server->group_count--;
    curl_group_free(group);
}

/* ---- life ---- */

struct curl_server *curl_server_new(void *owner, const struct url *url, const struct tls_settings *tls)
{
    struct curl_server *server = calloc(1, sizeof *server);

    if (server == NULL) {
        return NULL;
    }
    server->owner = owner;
    server->is_tls = url->is_tls;
    server->tls = tls_identity_of(tls);
    server->authority = strdup(url->authority);
    if (server->authority == NULL) {
        free(server);
        return NULL;
    }
    return server;
}

void curl_server_free(struct curl_server *server)
{
    for (size_t i = 0; i < server->block_count; i++) {
        const struct group_block *block = &server->blocks[i];
        for (uint64_t left = block->taken; left != 0; left &= left - 1) {
            curl_group_free(block->groups[lowest_bit(left)]);
        }
    }
    free(server->authority);
    free(server->blocks);
    free(server);
}

bool curl_server_is(const struct curl_server *server, const struct url *url, const struct tls_settings *tls)
{
    return server->is_tls == url->is_tls && strcmp(server->authority, url->authority) == 0 &&
           (!url->is_tls || tls_identity_is(&server->tls, tls));
}
