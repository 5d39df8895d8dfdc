/* SPDX-License-Identifier: MIT */
/*
 * name_addresses - the addresses that a name was found to have: a set that never changes, shared by the calls that are
 * made to them and the connections that were opened to them.
 *
 * When the name is found to have others, the set is outdated: whoever holds a connection that was opened to it sees so,
 * and uses it for no new call.
 *
 * Memory: counted; freed with the last reference.   Threads: any; the count and is_outdated are atomic.
 */
#ifndef GATEWAY_NAME_ADDRESSES_H
#define GATEWAY_NAME_ADDRESSES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/compiler.h"

/* Of one name; those behind are left out. An address as text, in brackets, with a comma. */
enum { NAME_ADDRESSES_AT_MOST = 16, NAME_ADDRESS_TEXT_BYTES = 49 };

struct name_address {
    bool is_ipv6;
    unsigned char bytes[16]; /* the first four of IPv4; the others are zero */
};

struct name_addresses {
    atomic_size_t references;
    atomic_bool is_outdated;
    size_t count;
    struct name_address items[NAME_ADDRESSES_AT_MOST];
    char text[NAME_ADDRESSES_AT_MOST * NAME_ADDRESS_TEXT_BYTES]; /* "192.0.2.1,[2001:db8::1]" */
};

/* One reference. `count` is 1 and up. NULL: no memory. */
struct name_addresses *name_addresses_new(const struct name_address *items, size_t count) must_check;
/* NULL is fine for both. */
struct name_addresses *name_addresses_hold(struct name_addresses *addresses);
void name_addresses_release(struct name_addresses *addresses);

/* The same addresses, in whatever order. */
bool name_addresses_are(const struct name_addresses *addresses, const struct name_address *items, size_t count);
/* NULL, no name, is never outdated. */
bool name_addresses_are_outdated(const struct name_addresses *addresses);

#endif
