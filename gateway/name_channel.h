/* SPDX-License-Identifier: MIT */
/*
 * name_channel - asks name servers from within a loop: the only place that knows c-ares. No thread, no waiting.
 *
 * The hosts file first, then the name servers, as the system's resolv.conf and nsswitch.conf say; the resolv.conf is
 * read with the first question, and again with one before which it was changed: what is being asked then is
 * NAME_SILENT. Addresses of both families are asked for. Nothing is kept here: name_resolver does that.
 *
 * HOSTALIASES, LOCALDOMAIN, RES_OPTIONS and CARES_HOSTS are of no effect: name_channel_global_init() takes them out of
 * the environment.
 *
 * Memory: what is being asked.   Threads: the loop's.   Errors: where c-ares cannot be had, names are NAME_FAILED.
 */
#ifndef GATEWAY_NAME_CHANNEL_H
#define GATEWAY_NAME_CHANNEL_H

#include <stdint.h>

#include "common/loop.h"
#include "gateway/name_addresses.h"

enum {
    /* The next server, or the same once more, is asked after as long, then twice, then four times. */
    NAME_CHANNEL_PATIENCE_MS = 1000,
    NAME_CHANNEL_TRIES = 3,
};

enum name_outcome {
    NAME_FOUND,
    NAME_ABSENT, /* a name server says so: there is none, or none with an address */
    NAME_FAILED, /* nobody could be asked, or could tell */
    NAME_SILENT, /* nobody answered, as yet */
};

struct name_finding {
    enum name_outcome outcome;
    size_t count;
    struct name_address items[NAME_ADDRESSES_AT_MOST];
    uint32_t ttl_s; /* the smallest; 0 of the hosts file */
};

typedef void name_found_fn(void *context, const struct name_finding *finding);

struct name_channel;

struct name_channel_settings {
    const char *servers;     /* "192.0.2.53,192.0.2.54:5353,[2001:db8::53]:53"; NULL: the system's */
    const char *resolv_conf; /* NULL: /etc/resolv.conf */
};

/* Once per process, before any thread starts. 0 or -1. */
int name_channel_global_init(void) must_check;
void name_channel_global_clear(void);
/* "c-ares 1.18.1" */
void name_channel_library_version(char *text, size_t size);

/* The settings' texts are copied. NULL: no memory. */
struct name_channel *name_channel_new(struct loop *loop, const struct name_channel_settings *settings) must_check;
/* What is being asked ends without a word. */
void name_channel_free(struct name_channel *channel);

/* on_found comes once, from the loop, from name_channel_block(), or from within. */
void name_channel_ask(struct name_channel *channel, const char *host, name_found_fn *on_found, void *context);
/* Outside the loop: waits until something of what is being asked happened, at most until then. */
void name_channel_block(struct name_channel *channel, uint64_t until_us);

#endif
