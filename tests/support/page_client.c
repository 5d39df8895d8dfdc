/* SPDX-License-Identifier: MIT */
#include "tests/support/page_client.h"

#include <poll.h>
#include <stdio.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { REQUEST_BYTES = 256 * 1024 };

static void send_request(struct client *client, uint16_t port, const char *head, const char *fields, const char *body)
{
    cleanup_buf struct buf request;

    buf_init(&request, REQUEST_BYTES);
    client_open(client, port);
    (void)buf_add_format(&request, "%s HTTP/1.1\r\n", head);
    if (strstr(fields, "Host:") == NULL) {
        (void)buf_add_format(&request, "Host: 127.0.0.1:%u\r\n", (unsigned)port);
    }
    (void)buf_add_text(&request, fields);
    if (body != NULL) {
        (void)buf_add_format(&request, "Content-Length: %zu\r\n", strlen(body));
    }
    (void)buf_add_text(&request, "\r\n");
    (void)buf_add_text(&request, body != NULL ? body : "");
    assert_false(request.failed);
    client_send_bytes(client, request.base, request.length);
}

void page_request(uint16_t port, const char *method, const char *target, const char *fields, const char *body,
                  struct answer *answer)
{
    struct client client;
    char head[1024];

    assert_true(snprintf(head, sizeof head, "%s %s", method, target) < (int)sizeof head);
    send_request(&client, port, head, fields, body);
    client.expects_no_body = strcmp(method, "HEAD") == 0;
    client_read(&client, answer);
    client_close(&client);
}

void page_get(uint16_t port, const char *target, struct answer *answer)
{
    page_request(port, "GET", target, "", NULL, answer);
}

void page_post(uint16_t port, const char *target, const char *body, struct answer *answer)
{
    page_request(port, "POST", target, "Content-Type: application/json\r\n", body, answer);
}

/* ---- streams ---- */

void page_stream_open(struct page_stream *stream, uint16_t port, const char *target, const char *fields)
{
    char head[1024];

    assert_true(snprintf(head, sizeof head, "GET %s", target) < (int)sizeof head);
    answer_init(&stream->answer);
    send_request(&stream->client, port, head, fields, NULL);
}

struct str page_stream_from(const struct page_stream *stream, const char *part)
{
    struct str body = answer_body(&stream->answer);
    const char *place = body.length > 0 ? memmem(body.base, body.length, part, strlen(part)) : NULL;

    return place == NULL ? (struct str){ NULL, 0 } : str_from(body, (size_t)(place - body.base));
}

size_t page_stream_count(const struct page_stream *stream, const char *part)
{
    struct str rest = page_stream_from(stream, part);
    size_t count = 0;

    while (rest.base != NULL) {
        count++;
        rest = str_from(rest, strlen(part));
        const char *place = rest.length > 0 ? memmem(rest.base, rest.length, part, strlen(part)) : NULL;
        rest = place == NULL ? (struct str){ NULL, 0 } : str_from(rest, (size_t)(place - rest.base));
    }
    return count;
}

/* All that is there: taking a stream apart costs as much as all of it is long. False: it takes too long. */
static bool read_more(struct page_stream *stream, uint64_t start_us)
{
    struct pollfd entry = { .fd = stream->client.descriptor, .events = POLLIN };
    bool is_ready = poll(&entry, 1, gate_milliseconds_left(start_us, TEST_PATIENCE_MS)) > 0;

    do {
        client_gather(&stream->client);
    } while (!stream->client.is_at_end && poll(&entry, 1, 1) > 0);
    (void)client_poll(&stream->client, &stream->answer);
    return is_ready;
}

void page_stream_wait_count(struct page_stream *stream, const char *part, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    (void)client_poll(&stream->client, &stream->answer);
    while (page_stream_count(stream, part) < count) {
        if (stream->client.is_at_end || !read_more(stream, start_us)) {
            print_error("%.*s\n", STR_ARGUMENTS(answer_body(&stream->answer)));
            fail_msg("\"%s\" does not come %zu times", part, count);
        }
    }
}

void page_stream_wait(struct page_stream *stream, const char *part)
{
    page_stream_wait_count(stream, part, 1);
}

void page_stream_wait_end(struct page_stream *stream)
{
    uint64_t start_us = clock_monotonic_us();

    while (!stream->client.is_at_end) {
        if (!read_more(stream, start_us)) {
            fail_msg("the stream does not end");
        }
    }
}

void page_stream_close(struct page_stream *stream)
{
    answer_clear(&stream->answer);
    client_close(&stream->client);
}
