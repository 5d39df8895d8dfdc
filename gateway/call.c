/* SPDX-License-Identifier: MIT */
#include "gateway/call.h"

const struct config_backend *call_backend(const struct call *call)
{
    return &call->scope->worker_config->config->backends[call->planned->backend];
}

struct str call_body(const struct call *call)
{
    return call->account.error == CALL_OK ? buf_view(&call->attempt.response) : (struct str){ "", 0 };
}

void call_clear(struct call *call)
{
    if (call->attempt.room != NULL) {
        (void)atomic_fetch_add_explicit(call->attempt.room, call->attempt.response.length, memory_order_relaxed);
    }
    buf_clear(&call->attempt.response);
    buf_clear(&call->attempt.response_head);
}
