/* SPDX-License-Identifier: MIT */
/*
 * record_line - the last line of a request in the log, in either form: with its status, and as JSON with all of its
 * record.
 *
 * Threads: the log's.
 */
#ifndef GATEWAY_RECORD_LINE_H
#define GATEWAY_RECORD_LINE_H

#include "common/log.h"
#include "gateway/record.h"

/* `protocol`: "HTTP/1.1", which a record does not have. */
void record_line_write(struct log *log, const struct record *record, struct str protocol);

#endif
