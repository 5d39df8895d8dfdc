/* SPDX-License-Identifier: MIT */
/*
 * task - what a task is called and where it is asked for. Pure.
 */
#ifndef LAB_TASK_H
#define LAB_TASK_H

#include "common/compiler.h"
#include "common/error.h"
#include "common/str.h"
#include "common/url.h"

enum { TASK_NAME_BYTES = 64 };

#define TASK_NAME_ALLOWED "1 to 64 of A-Z a-z 0-9 . _ - that do not begin with _"

/* A name as the gateway takes it: see TASK_NAME_ALLOWED. */
bool task_is_name(struct str text);

/* The URL of `task` on a gateway: the gateway's path, a slash, the task, which may bring a query. 0, or -1 and what is
 * allowed, to be read after "expected". */
int task_url(const struct url *gateway, struct str task, struct url *ret_url, struct error *allowed) must_check;

#endif
