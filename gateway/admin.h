/* SPDX-License-Identifier: MIT */
/*
 * admin - the admin listener: a thread, a loop and a port of its own, so that it answers while every worker is blocked.
 *
 *     GET /healthz    200: the process is up
 *     GET /readyz     200, or 503 while it drains
 *
 * Asks the workers nothing. Never logged among the request lines.
 */
#ifndef GATEWAY_ADMIN_H
#define GATEWAY_ADMIN_H

#include <stdatomic.h>

#include "common/error.h"

struct admin;

/* Starts the thread on a listening socket, which it takes over. `is_draining` is looked at for /readyz. */
struct admin *admin_start(int listening_descriptor, const atomic_bool *is_draining, struct error *error) must_check;
/* Ends the thread and frees; NULL is fine. */
void admin_stop(struct admin *admin);

#endif
