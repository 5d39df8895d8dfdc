/* SPDX-License-Identifier: MIT */
/*
 * child_fixture - a shell as a child, and what is heard of it.
 */
#ifndef TESTS_UNIT_LAB_CHILD_FIXTURE_H
#define TESTS_UNIT_LAB_CHILD_FIXTURE_H

#include "common/clock.h"
#include "lab/child.h"

enum { LONG_US = 20 * CLOCK_US_PER_SECOND, SHORT_US = 100 * CLOCK_US_PER_MS };

extern char *const no_environment[];

/* A shell that runs `script`. */
void start_shell(struct child *child, const char *script, char *const *environment);
/* … and waits for what it is told. */
void start_shell_with_input(struct child *child, const char *script);
/* Its lines are gathered, each with a '|' behind it; to be cleared. */
void listen_to(struct child *child, struct buf *heard);
/* Reads until the child's output ends. */
void read_to_end(struct child *child);
/* Reads until something was heard. */
void read_until_heard(struct child *child, const struct buf *heard);

#endif
