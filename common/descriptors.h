/* SPDX-License-Identifier: MIT */
/*
 * descriptors - how many descriptors the process may open, and how many connections that allows.
 */
#ifndef COMMON_DESCRIPTORS_H
#define COMMON_DESCRIPTORS_H

#include <stddef.h>

/* Raises the soft limit to the hard one (RLIMIT_NOFILE) and returns what is in force afterwards. */
size_t descriptors_raise_limit(void);
/* Connections that fit under `limit`, each of which costs `per_connection` descriptors, with a reserve kept for log,
 * loops and the admin listener; at least 1. */
size_t descriptors_allow_connections(size_t limit, size_t per_connection);

#endif
