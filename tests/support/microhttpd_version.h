/* SPDX-License-Identifier: MIT */
/*
 * microhttpd_version - what the libmicrohttpd that runs does otherwise than another version of it: the one place where
 * a test may ask. Known are 0.9.75 (Debian 12) and 1.0.1 (Debian 13).
 *
 * From 1.0 on the library is strict by itself where 0.9 is lax and our own checks refuse: the client gets its 400 in
 * either case, but without an owner's hearing of it (`on_unheard` instead of `on_refused`).
 */
#ifndef TESTS_SUPPORT_MICROHTTPD_VERSION_H
#define TESTS_SUPPORT_MICROHTTPD_VERSION_H

#include <stdbool.h>

#include "common/http_server.h"

static inline bool microhttpd_is_before_1_0(void)
{
    return str_starts_with(str_of(http_server_library_version()), STR("0."));
}

/* 1.0.1 leaves the line feed behind an extension where it is, takes it for the chunk's first byte, and answers 400 to
 * what then follows (process_request_body(), `chunk_size_line_len`). Nothing can be done about that from outside. */
static inline bool microhttpd_reads_chunk_extensions(void)
{
    return !str_equal(str_of(http_server_library_version()), STR("1.0.1"));
}

/* From 1.0 on one, if it is strict; RFC 9112 §2.2 asks for no more. */
static inline bool microhttpd_skips_several_empty_lines(void)
{
    return microhttpd_is_before_1_0();
}

/* From 1.0 on it says so when it closes a connection for what is no request line, and we can answer; 0.9 just closes.
 */
static inline bool microhttpd_tells_of_what_is_no_request_line(void)
{
    return !microhttpd_is_before_1_0();
}

/* From 1.0 on it takes what it can of a Cookie header and passes over the rest; 0.9 answers 431 to a lone quote. */
static inline bool microhttpd_passes_over_cookies_that_are_none(void)
{
    return !microhttpd_is_before_1_0();
}

/* From 1.0 on by itself, with a 413; with 0.9 we do, with a 400. */
static inline bool microhttpd_refuses_long_chunk_lines(void)
{
    return !microhttpd_is_before_1_0();
}

/* Of one daemon, which serves up to 32 connections: its epoll, and from 1.0 on what wakes it when one is resumed. */
static inline size_t microhttpd_descriptors_of_a_daemon(void)
{
    return microhttpd_is_before_1_0() ? 1 : 2;
}

#endif
