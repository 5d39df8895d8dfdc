/* SPDX-License-Identifier: MIT */
/*
 * library_versions - which libraries are loaded, for whoever reports a fault or asks whether a mend has arrived:
 * `--version` and the metric fanlight_build_info.
 *
 *     libmicrohttpd 0.9.75, GnuTLS 3.7.9, libcurl 7.88.1, OpenSSL 3.0.17, c-ares 1.18.1, http_parser 2.9.4,
 * cJSON 1.7.15
 *
 * Memory: the caller's.   Threads: any.
 */
#ifndef GATEWAY_LIBRARY_VERSIONS_H
#define GATEWAY_LIBRARY_VERSIONS_H

enum { LIBRARY_VERSIONS_BYTES = 192 };

/* Cut where it does not fit. */
void library_versions(char text[static LIBRARY_VERSIONS_BYTES]);

#endif
