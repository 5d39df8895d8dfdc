/* SPDX-License-Identifier: MIT */
/*
 * strict_reader - reads what the programs write for others as strictly as its form allows, and ends the running test
 * where it is not kept: log lines, metrics, JSON, server-sent events, heads of answers.
 *
 *     strict_read_json_log(str_of(output));
 *
 * Nothing of it may hold what a terminal would obey (str_printable_length()); heads and text logs are ASCII.
 */
#ifndef TESTS_SUPPORT_STRICT_READER_H
#define TESTS_SUPPORT_STRICT_READER_H

#include <stddef.h>

#include "common/str.h"

/* One line or none at all: no control bytes, no broken UTF-8, nothing that a terminal obeys. */
void strict_read_line(struct str line);
/* Whole lines, at least `at_least` of them; how many. */
size_t strict_read_lines(struct str text, size_t at_least);
/* One value, as RFC 8259 says, and harmless. */
void strict_read_json(struct str json);
/* Each line has one of the forms that docs/gateway.md knows. Returns how many requests ended. */
size_t strict_read_text_log(struct str text);
/* The same for one object a line, with "ts" and an "event" that is known. */
size_t strict_read_json_log(struct str text);
/* The Prometheus text format, version 0.0.4. */
void strict_read_metrics(struct str text);
/* Server-sent events whose data are JSON. Returns how many. */
size_t strict_read_events(struct str text);
/* Status line and fields of an answer: `allows_obs_text` bytes from 0x80 on, which a backend may send in a field. */
void strict_read_head(struct str head, bool allows_obs_text);

#endif
