/* SPDX-License-Identifier: MIT */
#include "tests/support/scripted_connection.h"

#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buf.h"
#include "tests/support/unit.h"

enum { REQUEST_BYTES = 4 * 1024 * 1024 };

/* ---- what they share ---- */

void scripted_terms_init(struct scripted_terms *terms, const struct scripted_step *steps, size_t count)
{
    pthread_condattr_t attributes;

    terms->steps = steps;
    terms->step_count = count;
    gate_init(&terms->stopping);
    pthread_mutex_init(&terms->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&terms->has_news, &attributes);
    pthread_condattr_destroy(&attributes);
}

void scripted_terms_clear(struct scripted_terms *terms)
{
    for (size_t i = 0; i < terms->request_count; i++) {
        free(terms->requests[i]);
    }
    gate_clear(&terms->stopping);
    pthread_cond_destroy(&terms->has_news);
    pthread_mutex_destroy(&terms->lock);
}

/* ---- waiting ---- */

/* Until it can be read from; false: the server stops. */
static bool wait_readable(const struct scripted_terms *terms, int descriptor)
{
    struct pollfd entries[] = {
        { .fd = terms->stopping.descriptor, .events = POLLIN },
        { .fd = descriptor, .events = POLLIN },
    };

    return poll(entries, array_length(entries), TEST_PATIENCE_MS) > 0 && entries[0].revents == 0;
}

static bool wait_for_gate(const struct scripted_terms *terms, const struct gate *gate)
{
    return gate == NULL || wait_readable(terms, gate->descriptor);
}

static void note_end(struct scripted_terms *terms)
{
    pthread_mutex_lock(&terms->lock);
    terms->ended_count++;
    pthread_cond_broadcast(&terms->has_news);
    pthread_mutex_unlock(&terms->lock);
}

/* ---- a request ---- */

static size_t body_length(struct str head)
{
    static const char name[] = "\r\ncontent-length:";
    uint64_t length = 0;

    for (size_t i = 0; i + sizeof name - 1 < head.length; i++) {
        if (strncasecmp(head.base + i, name, sizeof name - 1) == 0) {
            struct str value = str_from(head, i + sizeof name - 1);
            value.length = str_find(value, '\r');
            return str_to_number(str_trim(value), REQUEST_BYTES, &length) == 0 ? (size_t)length : 0;
        }
    }
    return 0;
}

static bool is_whole_request(struct str bytes)
{
    const char *end = bytes.length > 0 ? memmem(bytes.base, bytes.length, "\r\n\r\n", 4) : NULL;

    if (end == NULL) {
        return false;
    }
    size_t head_length = (size_t)(end - bytes.base) + 4;
    return bytes.length >= head_length + body_length((struct str){ bytes.base, head_length });
}

static const struct scripted_step *next_step(struct scripted_terms *terms)
{
    pthread_mutex_lock(&terms->lock);
    size_t index = terms->request_count;
    pthread_mutex_unlock(&terms->lock);
    return &terms->steps[index < terms->step_count ? index : terms->step_count - 1];
}

static bool is_enough(struct scripted_terms *terms, struct str bytes)
{
    size_t request_bytes = next_step(terms)->request_bytes;

    return (request_bytes > 0 && bytes.length >= request_bytes) || is_whole_request(bytes);
}

/* False: the connection has ended, or the server stops. */
static bool read_request(struct scripted_connection *connection, struct buf *request)
{
    char bytes[4096];

    buf_reset(request);
    while (!is_enough(connection->terms, buf_view(request))) {
        if (!wait_readable(connection->terms, connection->descriptor)) {
            return false;
        }
        ssize_t count = recv(connection->descriptor, bytes, sizeof bytes, 0);
        if (count <= 0) {
            note_end(connection->terms);
            return false;
        }
        (void)buf_add(request, bytes, (size_t)count);
    }
    return true;
}

/* The step that answers it. */
static const struct scripted_step *note_request(struct scripted_terms *terms, const struct buf *request)
{
    pthread_mutex_lock(&terms->lock);
    size_t index = terms->request_count;
    if (index < SCRIPTED_REQUESTS_AT_MOST) {
        terms->requests[index] = strndup(request->base, request->length);
        terms->request_count++;
    }
    pthread_cond_broadcast(&terms->has_news);
    pthread_mutex_unlock(&terms->lock);
    return &terms->steps[index < terms->step_count ? index : terms->step_count - 1];
}

/* ---- its answer ---- */

static void send_all(int descriptor, struct str bytes)
{
    while (bytes.length > 0) {
        ssize_t count = send(descriptor, bytes.base, bytes.length, MSG_NOSIGNAL);
        if (count <= 0) {
            return;
        }
        bytes = str_from(bytes, (size_t)count);
    }
}

/* Until the client's system has all of it, or has reset the connection; it is there for the client's next look at the
 * socket. */
static void wait_until_arrived(int descriptor)
{
    struct pollfd entry = { .fd = descriptor };
    int unsent_bytes = 1;

    for (int i = 0; i < TEST_PATIENCE_MS && unsent_bytes > 0; i++) {
        if (ioctl(descriptor, SIOCOUTQ, &unsent_bytes) < 0 || poll(&entry, 1, unsent_bytes > 0 ? 1 : 0) > 0) {
            return;
        }
    }
}

static void send_answer(int descriptor, const struct scripted_step *step)
{
    cleanup_buf struct buf good;

    buf_init(&good, REQUEST_BYTES);
    if (step->json == NULL) {
        struct str bytes = { step->bytes, step->length };
        send_all(descriptor, step->length > 0 ? bytes : str_of(step->bytes));
        return;
    }
    (void)buf_add_format(&good, SCRIPTED_OK_HEAD "Content-Length: %zu\r\n\r\n%s", strlen(step->json), step->json);
    send_all(descriptor, buf_view(&good));
}

static void hold(struct scripted_connection *connection)
{
    char bytes[4096];

    while (wait_readable(connection->terms, connection->descriptor)) {
        if (recv(connection->descriptor, bytes, sizeof bytes, 0) <= 0) {
            note_end(connection->terms);
            return;
        }
    }
}

static void flood(struct scripted_connection *connection, const struct scripted_step *step)
{
    static const char stray[64 * 1024];

    if (!wait_for_gate(connection->terms, step->before_stray)) {
        return;
    }
    while (send(connection->descriptor, stray, sizeof stray, MSG_NOSIGNAL) > 0) {
    }
    note_end(connection->terms);
}

static void end_and_tell(int descriptor, struct gate *ended)
{
    (void)shutdown(descriptor, SHUT_WR);
    wait_until_arrived(descriptor);
    gate_open(ended);
}

/* False: the connection is over. */
static bool play(struct scripted_connection *connection, const struct scripted_step *step)
{
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    if (!wait_for_gate(connection->terms, step->before)) {
        return false;
    }
    send_answer(connection->descriptor, step);
    if (step->stray != NULL && wait_for_gate(connection->terms, step->before_stray)) {
        send_all(connection->descriptor, str_of(step->stray));
        wait_until_arrived(connection->descriptor);
        if (step->stray_sent != NULL) {
            gate_open(step->stray_sent);
        }
    }
    if (step->after == SCRIPTED_HOLD) {
        hold(connection);
    } else if (step->after == SCRIPTED_STALL) {
        (void)wait_for_gate(connection->terms, &connection->terms->stopping);
    } else if (step->after == SCRIPTED_FLOOD) {
        flood(connection, step);
    } else if (step->after == SCRIPTED_RESET) {
        (void)setsockopt(connection->descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    } else if (step->after == SCRIPTED_CLOSE && step->ended != NULL) {
        end_and_tell(connection->descriptor, step->ended);
    }
    return step->after == SCRIPTED_KEEP;
}

void *scripted_connection_serve(void *context)
{
    struct scripted_connection *connection = context;
    cleanup_buf struct buf request;
    bool goes_on = true;

    buf_init(&request, REQUEST_BYTES);
    while (goes_on && read_request(connection, &request)) {
        goes_on = play(connection, note_request(connection->terms, &request));
    }
    (void)close(connection->descriptor);
    return NULL;
}
