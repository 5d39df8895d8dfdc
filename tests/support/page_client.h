/* SPDX-License-Identifier: MIT */
/*
 * page_client - asks `lab serve` as its own page or a stranger would: with the right Host and whatever else a test
 * says, and reads its streams of events while they go on.
 *
 * Functions that wait end the running test when it takes longer than TEST_PATIENCE_MS.
 */
#ifndef TESTS_SUPPORT_PAGE_CLIENT_H
#define TESTS_SUPPORT_PAGE_CLIENT_H

#include "tests/support/client.h"

/* A connection of its own: `fields` are more header lines ("Name: value\r\n…"); `body` NULL: none. */
void page_request(uint16_t port, const char *method, const char *target, const char *fields, const char *body,
                  struct answer *answer);
void page_get(uint16_t port, const char *target, struct answer *answer);
/* As application/json. */
void page_post(uint16_t port, const char *target, const char *body, struct answer *answer);

struct page_stream {
    struct client client;
    struct answer answer; /* what has come of it */
};

void page_stream_open(struct page_stream *stream, uint16_t port, const char *target, const char *fields);
/* Until that stands in what has come. */
void page_stream_wait(struct page_stream *stream, const char *part);
/* Until that stands there so many times. */
void page_stream_wait_count(struct page_stream *stream, const char *part, size_t count);
/* Until the other side ends it. */
void page_stream_wait_end(struct page_stream *stream);
/* How many times `part` stands in what has come. */
size_t page_stream_count(const struct page_stream *stream, const char *part);
/* What has come, from the first place with `part` in it on; base is NULL: it is nowhere. */
struct str page_stream_from(const struct page_stream *stream, const char *part);
void page_stream_close(struct page_stream *stream);

#endif
