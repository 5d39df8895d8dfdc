/* SPDX-License-Identifier: MIT */
/*
 * curl_memory - where libcurl gets its memory from: a block_cache for each thread, in front of malloc.
 *
 * A transfer on a kept connection takes some forty blocks and gives them back; malloc was an eighth of what it cost.
 *
 *     if (curl_memory_global_init() < 0) …        instead of curl_global_init()
 *     curl_memory_global_clear();                 instead of curl_global_cleanup()
 *
 * With an address or thread sanitizer all of it goes to malloc, so that they see what libcurl, and we with it, do.
 *
 * Threads: each has a cache of its own, which goes with it; a block may be freed by another thread than took it.
 */
#ifndef GATEWAY_CURL_MEMORY_H
#define GATEWAY_CURL_MEMORY_H

#include "common/compiler.h"

/* Once per process, before any thread starts. 0 or -1. */
int curl_memory_global_init(void) must_check;
/* After all threads that used libcurl, by the one that began. */
void curl_memory_global_clear(void);

#endif
