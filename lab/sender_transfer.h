/* SPDX-License-Identifier: MIT */
/*
 * sender_transfer - one request of the sender and its answer: an easy handle on a socket that is connected already.
 *
 * Memory: begins zeroed; what belongs to libcurl is freed when it fails or finishes.   Threads: none shared.
 */
#ifndef LAB_SENDER_TRANSFER_H
#define LAB_SENDER_TRANSFER_H

#include "common/buf.h"
#include "common/log.h"
#include "lab/dial.h"
#include "lab/sender.h"

struct curl_slist;

struct sender_transfer {
    const struct sender_task *task;
    struct sender_result *result;
    struct dial *dial;
    struct log *log;
    void *multi;        /* CURLM *, the sender's */
    size_t *open_count; /* the sender's: transfers that are under way */
    uint64_t answer_timeout_us;

    void *easy; /* CURL *; NULL: not begun, or done with */
    struct curl_slist *resolved;
    struct buf body; /* its first SENDER_SHOWN_BYTES */
    size_t body_bytes;
    size_t header_bytes;
    enum call_error excess; /* a limit that the answer broke; CALL_OK: none */
};

/* Takes the dial's socket over and adds the handle to the multi. 0 or -ENOMEM. */
int sender_transfer_begin(struct sender_transfer *transfer) must_check;
/* Over, with libcurl's `code`: fills the result, and logs it. */
void sender_transfer_finish(struct sender_transfer *transfer, int code);
/* Over, because of `error`; logged unless that is CALL_CANCELLED. */
void sender_transfer_fail(struct sender_transfer *transfer, enum call_error error);
/* "--- NAME", `separator`, and `text` in printable form. */
void sender_transfer_log(const struct sender_transfer *transfer, enum log_level level, struct str separator,
                         struct str text);

#endif
