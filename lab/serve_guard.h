/* SPDX-License-Identifier: MIT */
/*
 * serve_guard - is this request meant for us, and does it come from our own page? Pure.
 *
 * A server on loopback is in reach of every page that the user's browser shows. What keeps them out:
 *
 *   Host             must be our own address. A name that its owner lets point to 127.0.0.1 (DNS rebinding) is not:
 * 421. Origin           if there is one it must be that of our page, http://HOST: 403. Sec-Fetch-Site   if there is one
 * it must be same-origin or none (the address bar): 403. Only the page itself may be opened from elsewhere, by a link.
 *   Content-Type     of a POST must be application/json, which no form and no simple request of another site can send,
 *                    and for which a browser asks us first (we never say yes): 415.
 *
 * Whoever is no browser (curl) sends Host alone and may do everything: it runs on this machine already.
 *
 * What is "our own address": the one to listen on; on loopback also localhost, 127.0.0.1 and [::1]; on all addresses of
 * the machine any that is written as numbers (a rebinding needs a name), and localhost. The port is always ours.
 *
 * Source: Fetch Metadata Request Headers (W3C), RFC 9110 §15.5.20.
 */
#ifndef LAB_SERVE_GUARD_H
#define LAB_SERVE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"
#include "common/url.h"

struct serve_guard {
    struct address own; /* with the port that was bound */
    bool is_loopback;
    bool is_any; /* 0.0.0.0, [::] */
};

/* `port`: the one that was bound, where `listen` says 0. */
void serve_guard_init(struct serve_guard *guard, const struct address *listen, uint16_t port);

/* A request as the guard sees it: filled in header by header. Begins zeroed. */
struct serve_guard_request {
    struct str method;
    struct str path; /* without the query */
    struct str host;
    struct str origin;
    struct str fetch_site;
    struct str fetch_mode;
    struct str fetch_destination;
    struct str content_type;
    bool is_ambiguous; /* one of these came twice */
};

void serve_guard_header(struct serve_guard_request *request, struct str name, struct str value);

/* 0: answer it; else the status to refuse it with, and *ret_reason, a constant sentence. */
int serve_guard_judge(const struct serve_guard *guard, const struct serve_guard_request *request,
                      const char **ret_reason);

#endif
