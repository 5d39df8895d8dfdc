/* SPDX-License-Identifier: MIT */
/*
 * admin_guard - may this Host header ask for an admin page? Pure.
 *
 * A page of anybody's, open in a browser on this machine, can have its own name resolve to 127.0.0.1 and read what it
 * finds there, as its own ("DNS rebinding"). What tells such a request is the name in its Host header. So clients on
 * this machine are answered under an address, `localhost`, or a name without dots, which nobody can own on the
 * internet.
 *
 * Clients from elsewhere may use any name: the listener was opened to them on purpose, and they may know it by many.
 */
#ifndef GATEWAY_ADMIN_GUARD_H
#define GATEWAY_ADMIN_GUARD_H

#include <stdbool.h>

#include "common/str.h"

/* `host`: the header's value; without a base there is none, which no browser does. `client`: "127.0.0.1:52673". */
bool admin_guard_allows(struct str host, struct str client);

#endif
