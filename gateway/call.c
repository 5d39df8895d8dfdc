/* SPDX-License-Identifier: MIT */
#include "gateway/call.h"

struct str call_body(const struct call *call)
{
    return buf_view(&call->attempt.response);
}

void call_clear(struct call *call)
{
    buf_clear(&call->attempt.response);
}
