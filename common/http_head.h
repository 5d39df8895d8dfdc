/* SPDX-License-Identifier: MIT */
/*
 * http_head - where the fields of a request's head are, so that they need not be looked for again. Pure.
 *
 * The first HTTP_HEAD_FIELDS of them: more than most requests have. `is_whole` says whether those are all.
 *
 * Memory: views of the bytes that it was given; nothing to free.
 */
#ifndef COMMON_HTTP_HEAD_H
#define COMMON_HTTP_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

enum { HTTP_HEAD_FIELDS = 16 };

struct http_head {
    uint64_t name_lengths; /* a bit for each length of a name there is, modulo 64 */
    unsigned count;
    bool is_whole;
    struct {
        struct str name;
        struct str value;
    } fields[HTTP_HEAD_FIELDS];
};

void http_head_init(struct http_head *head);
/* `value` has a base, also where it is empty. */
void http_head_add(struct http_head *head, struct str name, struct str value);
/* The first of that name, whatever its case; base is NULL if there is none among those that are known. */
struct str http_head_find(const struct http_head *head, struct str name);

#endif
