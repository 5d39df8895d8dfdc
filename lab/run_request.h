/* SPDX-License-Identifier: MIT */
/*
 * run_request - what a page asks to be run, checked, as the command line of the child that runs it. Pure.
 *
 *     {"kind":"experiment","tasks":["task1","task2"],"delay":"2s","modes":["sync","async"],"threads":16,
 *      "blocking":["task1"]}
 *     {"kind":"sweep","modes":["sync","async"],"clients":[1,2,4],"delay":"50ms","fan_out":[1,10],"rate":null,
 *      "duration":"1s","repeats":3}
 *     {"kind":"sweep","case":"one-client"}
 *
 * Every member but `kind` may be left out. Unknown members, members that stand twice, and values outside of run_limits
 * are refused with a sentence that names the member and what is allowed.
 *
 * No byte of the request reaches the command line: each argument is printed anew, as --name=value, from values that
 * were checked. No shell is involved.
 *
 * Memory: the request owns its arguments until run_request_clear().   Threads: none shared.
 */
#ifndef LAB_RUN_REQUEST_H
#define LAB_RUN_REQUEST_H

#include "common/arena.h"
#include "common/compiler.h"
#include "common/str.h"
#include "lab/run_settings.h"

enum { RUN_ARGUMENTS_MOST = 16 };

struct run_request {
    enum run_kind kind;
    struct arena memory;
    char *arguments[RUN_ARGUMENTS_MOST]; /* from the command's name on, NULL at the end */
    size_t argument_count;
};

/* 0, or -1 and why it is refused. */
int run_request_read(struct run_request *request, struct str body, struct run_refusal *refusal) must_check;
/* Also of one that was refused, or is all zero. */
void run_request_clear(struct run_request *request);

#endif
