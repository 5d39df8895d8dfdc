/* SPDX-License-Identifier: MIT */
/*
 * log_line - reads what a line of a program's log says, in either of its forms (see common/access_log.h). Pure.
 *
 *     2024-04-20 07:59:04,572 - Received task1 Request!!
 *     2024-04-20 07:59:14,604 - Send task1 response
 *     INFO:     127.0.0.1:52673 - "GET /task1 HTTP/1.1" 200 OK
 *     {"ts":"2026-01-02T03:04:05.123456+00:00","event":"received",…,"target":"/task1",…}
 *
 * and of the sender's (see lab/sender.h), of which only those with a name and a keyword can be told for sure: a body
 * may be any bytes.
 */
#ifndef LAB_LOG_LINE_H
#define LAB_LOG_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

enum log_line_event {
    LOG_LINE_OTHER,
    /* of gateway and backend */
    LOG_LINE_RECEIVED,
    LOG_LINE_SEND,
    LOG_LINE_DONE,
    /* of the sender: "--- task1 -----", "--- task1 Send!!", "--- task1 status = 200", "--- task1 error = …" */
    LOG_LINE_BEGUN,
    LOG_LINE_SENT,
    LOG_LINE_ANSWERED,
    LOG_LINE_FAILED,
};

enum { LOG_LINE_NAME_BYTES = 256 };

/* Stamps are times of a day: the two forms differ in zone, so only stamps of one form can be compared. */
#define LOG_LINE_DAY_US (UINT64_C(24) * 3600 * 1000000)

struct log_line {
    enum log_line_event event;
    /* The task: of gateway and backend the path without first slash and query. Cut to fit; empty: there is none. */
    char name[LOG_LINE_NAME_BYTES];
    bool has_stamp;
    uint64_t day_us; /* microseconds since midnight */
};

void log_line_read(struct str line, struct log_line *ret_line);

/* From `earlier` to `later`, across midnight too; 0 where `later` is the earlier one (clocks are set back, stamps are
 * rounded). */
uint64_t log_line_elapsed_us(uint64_t earlier_day_us, uint64_t later_day_us);

#endif
