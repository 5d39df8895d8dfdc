/* SPDX-License-Identifier: MIT */
/*
 * config_check - what a configuration amounts to, for a person: each route's plan as a tree. Pure.
 *
 *     /dashboard/{id}  GET         3 calls; deadline 1s; longest 1s (the deadline; its calls alone could take 4s)
 *     ├─ user          at once     GET users /users/{id}             2s, required
 *     │  └─ advice     after user  GET users /advice/{user.segment}  2s, optional: null
 *     └─ orders        at once     GET orders /orders?user={id}      300ms, optional: []
 *
 * What starts when, on which backend, with which timeout, what its failure means, and the longest a request can take.
 * A call stands under the input that can end last. What differs from the level above is shown. Bytes of the file are
 * escaped, secrets are covered (config_text.h). The same configuration always gives the same text; neither its width
 * nor the stack grows with the depth of a plan.
 *
 * Memory: for the time of the call, in proportion to the plan.   Text: UTF-8, lines that end with a line break.
 */
#ifndef GATEWAY_CONFIG_CHECK_H
#define GATEWAY_CONFIG_CHECK_H

#include "common/buf.h"
#include "common/compiler.h"
#include "gateway/config.h"

/* 0; -ENOBUFS: more than the text may have; -ENOMEM. */
int config_check_render(const struct config *config, struct buf *text) must_check;

#endif
