/* SPDX-License-Identifier: MIT */
/*
 * account_scene - accounts made of arrays of calls, for the tests of account.
 */
#ifndef TESTS_UNIT_GATEWAY_ACCOUNT_SCENE_H
#define TESTS_UNIT_GATEWAY_ACCOUNT_SCENE_H

#include "gateway/account.h"
#include "tests/support/unit.h"

enum { CALLS_MAXIMUM = 300, LIMIT = 256 * 1024, HEAD_READ_US = 1000 };

/* An account over the calls of one array. */
struct fixture {
    const struct call_account *pointers[CALLS_MAXIMUM];
    struct account account;
};

static inline const struct account *account_of(struct fixture *fixture, const struct call_account *calls, size_t count,
                                               uint64_t done_us)
{
    for (size_t i = 0; i < count; i++) {
        fixture->pointers[i] = &calls[i];
    }
    fixture->account = (struct account){
        .head_read_us = HEAD_READ_US, .done_us = done_us, .calls = fixture->pointers, .call_count = count
    };
    return &fixture->account;
}

/* What `each` makes of a call `items`, and others beside it. */
static const struct call_account elements[] = {
    { .name = STR_STATIC("user"), .queued_us = 1000, .started_us = 1000, .done_us = 2000 },
    { .name = STR_STATIC("items"), .element_number = 1, .queued_us = 2000, .started_us = 2000, .done_us = 3000 },
    { .name = STR_STATIC("items"),
      .element_number = 4,
      .error = CALL_DEPENDENCY_FAILED,
      .detail = STR_STATIC("{user.\"x\"} is\nmissing"),
      .queued_us = 2000,
      .done_us = 4000 },
    { .name = STR_STATIC("items.3"), .queued_us = 2000, .started_us = 2000, .done_us = 2500 },
};

#endif
