/* SPDX-License-Identifier: MIT */
/*
 * fetch - a small page of one of our own programs, such as its admin listener's, while others are served.
 *
 * HTTP/1.0: the answer ends with the connection.
 *
 * Threads: none shared.
 */
#ifndef LAB_FETCH_H
#define LAB_FETCH_H

#include "common/buf.h"
#include "common/compiler.h"
#include "common/url.h"
#include "lab/company.h"

/* Gets `target` ("/requests?limit=2") from where `url` says, by `due_us` (monotonic clock), serving `company` (may be
 * NULL); fills `body` with what a 200 brought. 0; -ETIMEDOUT; -ECANCELED: the company gave up; -ENOBUFS: more than
 * `body` may hold; -EPROTO: another status, or no answer that could be understood; other -errno. */
int fetch_page(const struct url *url, const char *target, struct company *company, uint64_t due_us,
               struct buf *body) must_check;

#endif
