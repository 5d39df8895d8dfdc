/* SPDX-License-Identifier: MIT */
#include "gateway/name_addresses.h"

#include <arpa/inet.h>
#include <string.h>

/* ---- the text ---- */

static void write_text(struct name_addresses *addresses)
{
    char *end = addresses->text;

    for (size_t i = 0; i < addresses->count; i++) {
        const struct name_address *item = &addresses->items[i];
        char text[INET6_ADDRSTRLEN] = "";
        (void)inet_ntop(item->is_ipv6 ? AF_INET6 : AF_INET, item->bytes, text, sizeof text);
        int length = snprintf(end, NAME_ADDRESS_TEXT_BYTES, item->is_ipv6 ? "%s[%s]" : "%s%s", i > 0 ? "," : "", text);
        end += length > 0 ? length : 0;
    }
}

/* ---- life ---- */

struct name_addresses *name_addresses_new(const struct name_address *items, size_t count)
{
    struct name_addresses *addresses = calloc(1, sizeof *addresses);

    if (addresses == NULL) {
        return NULL;
    }
    atomic_init(&addresses->references, 1);
    atomic_init(&addresses->is_outdated, false);
    addresses->count = count < NAME_ADDRESSES_AT_MOST ? count : NAME_ADDRESSES_AT_MOST;
    memcpy(addresses->items, items, addresses->count * sizeof items[0]);
    write_text(addresses);
    return addresses;
}

struct name_addresses *name_addresses_hold(struct name_addresses *addresses)
{
    if (addresses != NULL) {
        (void)atomic_fetch_add(&addresses->references, 1);
    }
    return addresses;
}

void name_addresses_release(struct name_addresses *addresses)
{
    if (addresses != NULL && atomic_fetch_sub(&addresses->references, 1) == 1) {
        free(addresses);
    }
}

/* ---- comparing ---- */

static bool has(const struct name_address *items, size_t count, const struct name_address *wanted)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].is_ipv6 == wanted->is_ipv6 && memcmp(items[i].bytes, wanted->bytes, sizeof wanted->bytes) == 0) {
            return true;
        }
    }
    return false;
}

/* Each has all of the other: an answer may have one twice. */
bool name_addresses_are(const struct name_addresses *addresses, const struct name_address *items, size_t count)
{
    for (size_t i = 0; i < addresses->count; i++) {
        if (!has(items, count, &addresses->items[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!has(addresses->items, addresses->count, &items[i])) {
            return false;
        }
    }
    return true;
}

bool name_addresses_are_outdated(const struct name_addresses *addresses)
{
    return addresses != NULL && atomic_load(&addresses->is_outdated);
}
