/* SPDX-License-Identifier: MIT */
#include "common/descriptors.h"

#include <sys/resource.h>

/* For log, loops, the listeners, and what the libraries open: 64, and less where the limit is very low. */
enum { RESERVE = 64, SMALLEST_RESERVE = 24, ASSUMED_LIMIT = 256 };

size_t descriptors_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        return ASSUMED_LIMIT;
    }
    rlim_t soft = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return (size_t)(setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : soft);
}

size_t descriptors_allow_connections(size_t limit, size_t per_connection)
{
    size_t reserve = limit / 4;

    reserve = reserve > RESERVE ? RESERVE : reserve < SMALLEST_RESERVE ? SMALLEST_RESERVE : reserve;
    if (limit <= reserve || per_connection == 0) {
        return 1;
    }
    size_t count = (limit - reserve) / per_connection;
    return count > 0 ? count : 1;
}
