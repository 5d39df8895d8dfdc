/* SPDX-License-Identifier: MIT */
#include "lab/fetch.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/dial.h"

enum { READ_BYTES = 16 * 1024, REQUEST_BYTES = 1024 };

static int wait_for(struct company *company, int descriptor, short events, uint64_t due_us)
{
    int waited = company_wait(company, descriptor, events, due_us);

    return waited == 0 ? -ETIMEDOUT : waited;
}

static int send_request(int descriptor, const struct url *url, const char *target)
{
    char request[REQUEST_BYTES];
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", target, url->authority);

    if (length < 0 || (size_t)length >= sizeof request) {
        return -ENAMETOOLONG;
    }
    /* A fresh socket has room for a kilobyte. */
    ssize_t count = send(descriptor, request, (size_t)length, MSG_NOSIGNAL);
    return count == length ? 0 : count < 0 ? -errno : -EPROTO;
}

/* All bytes up to the connection's end. */
static int read_answer(int descriptor, struct company *company, uint64_t due_us, struct buf *answer)
{
    for (;;) {
        char *room = buf_reserve(answer, READ_BYTES);
        if (room == NULL) {
            return -ENOBUFS;
        }
        ssize_t count = recv(descriptor, room, READ_BYTES, 0);
        if (count == 0) {
            return 0;
        }
        if (count > 0) {
            answer->length += (size_t)count;
            continue;
        }
        int status = errno == EAGAIN ? wait_for(company, descriptor, POLLIN, due_us) : errno == EINTR ? 0 : -errno;
        if (status < 0) {
            return status;
        }
    }
}

/* Leaves the body alone of a 200. */
static int cut_head(struct buf *answer)
{
    struct str text = buf_view(answer);
    const char *end = text.length > 0 ? memmem(text.base, text.length, "\r\n\r\n", 4) : NULL;
    struct str version = str_split(&text, ' ');

    if (end == NULL || !str_starts_with(version, STR("HTTP/1.")) || !str_starts_with(text, STR("200 "))) {
        return -EPROTO;
    }
    buf_consume(answer, (size_t)(end - answer->base) + 4);
    return 0;
}

int fetch_page(const struct url *url, const char *target, struct company *company, uint64_t due_us, struct buf *body)
{
    const struct dial_config config = { .company = company };
    struct dial dial = { .target = url };

    buf_reset(body);
    dial_all(&config, &dial, 1);
    if (dial.descriptor < 0) {
        return dial.error == CALL_CANCELLED ? -ECANCELED : -ECONNREFUSED;
    }
    int status = send_request(dial.descriptor, url, target);
    if (status == 0) {
        status = read_answer(dial.descriptor, company, due_us, body);
    }
    (void)close(dial.descriptor);
    return status == 0 ? cut_head(body) : status;
}
