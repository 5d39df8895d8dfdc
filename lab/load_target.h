/* SPDX-License-Identifier: MIT */
/*
 * load_target - where a load goes: the address behind a URL, looked up once, and the bytes of the request.
 *
 * Memory: fixed; nothing to free.   Threads: constant once it is found.
 */
#ifndef LAB_LOAD_TARGET_H
#define LAB_LOAD_TARGET_H

#include <stddef.h>
#include <sys/socket.h>

#include "common/error.h"
#include "common/url.h"

enum { LOAD_REQUEST_BYTES = 2048 };

struct load_target {
    struct sockaddr_storage address;
    socklen_t address_length;
    char request[LOAD_REQUEST_BYTES];
    size_t request_length;
};

/* Of several addresses of a name, the first that can be connected to within a second; if none can, the first. Gives the
 * search up once `wake` can be read from. The name is looked up with getaddrinfo(), which waits as long as the system's
 * resolver does. 0, or -1 and a sentence. */
int load_target_find(struct load_target *target, const struct url *url, int wake, struct error *error) must_check;

#endif
