/* SPDX-License-Identifier: MIT */
/*
 * hello_rows - which servers are measured, in which order they stand in the table, and what they are called. Pure.
 */
#ifndef LAB_HELLO_ROWS_H
#define LAB_HELLO_ROWS_H

#include "common/compiler.h"
#include "lab/hello.h"

/* Published, three of ours, and the targets; all but the first with two kinds of clients. */
enum { HELLO_ROWS_MOST = 1 + 2 * (3 + HELLO_TARGETS_MOST) };

/* Where our own servers listen. */
struct hello_own {
    struct url sync, async;
};

/* Allocates and names the rows of `result`: the published one, ours unless the configuration says otherwise, the
 * targets; each with the light client, and behind it with the other, if there is one. 0 or -ENOMEM. */
int hello_rows_make(const struct hello_config *config, const struct hello_own *own,
                    struct hello_result *result) must_check;

/* What the client of a command is called: the last part of its last word, without what follows a dot. */
void hello_rows_client_label(const char *command, char *label, size_t size);

#endif
