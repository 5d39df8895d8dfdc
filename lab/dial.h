/* SPDX-License-Identifier: MIT */
/*
 * dial - connects many sockets, so that they are all there before the first request is written.
 *
 * The first socket to a target finds out how it is reached: it looks the name up, tries one address after the other
 * and, where the target refuses or cannot be found, keeps trying for a while. The others then connect to the address
 * that answered, all at once.
 *
 * Where several go to one target, a last one says goodbye at once, and is closed by a server that has accepted all of
 * them: from then on it reads requests in the order they come. Who does not close it is waited for half a second.
 *
 * The name is looked up with getaddrinfo(), which waits as long as the system's resolver does.
 */
#ifndef LAB_DIAL_H
#define LAB_DIAL_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "common/url.h"
#include "gateway/call_error.h"
#include "lab/company.h"

struct dial {
    const struct url *target;
    int descriptor;                 /* connected and non-blocking, the caller's to close; -1: there is none */
    enum call_error error;          /* why not; CALL_CANCELLED: the company gave up */
    char address[INET6_ADDRSTRLEN]; /* the numeric address it is connected to */
};

struct dial_config {
    uint64_t wait_us;        /* how long to keep trying a target that refuses or cannot be found */
    struct company *company; /* served meanwhile; NULL: none */
    /* Once for each target that is tried again; may be NULL. */
    void (*on_waiting)(void *context, const struct url *target, enum call_error error);
    void *context;
};

/* Fills everything but `target`. */
void dial_all(const struct dial_config *config, struct dial *dials, size_t count);

#endif
