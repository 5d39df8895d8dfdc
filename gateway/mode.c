/* SPDX-License-Identifier: MIT */
#include "gateway/mode.h"

#include <stddef.h>

const char *const mode_names[] = {
    [MODE_SYNC] = "sync",   [MODE_THREADS] = "threads", [MODE_ASYNC] = "async",
    [MODE_MIXED] = "mixed", [MODE_WIRE] = "wire",       [MODE_COUNT] = NULL,
};

static bool list_has(struct str list, struct str name)
{
    while (list.length > 0) {
        if (str_equal(str_trim(str_split(&list, ',')), name)) {
            return true;
        }
    }
    return false;
}

enum strategy mode_strategy(enum mode mode, struct str call_name, struct str blocking)
{
    switch (mode) {
    case MODE_SYNC:
        return STRATEGY_SYNC;
    case MODE_THREADS:
        return STRATEGY_THREADS;
    case MODE_MIXED:
        return list_has(blocking, call_name) ? STRATEGY_SYNC : STRATEGY_ASYNC;
    case MODE_WIRE:
        return STRATEGY_WIRE;
    case MODE_ASYNC:
    case MODE_COUNT:
        break;
    }
    return STRATEGY_ASYNC;
}
