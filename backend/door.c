/* SPDX-License-Identifier: MIT */
#include "backend/door.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"

enum { RETRY_US = 100 * CLOCK_US_PER_MS };

/* ---- sockets ---- */

/* Bound to where the door was, and not listening: whoever connects is refused. */
static int bind_again(const struct door *door)
{
    int one = 1;
    int descriptor = socket(door->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (descriptor < 0) {
        return -errno;
    }
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(descriptor, (const struct sockaddr *)&door->address, door->address_length) < 0) {
        int code = errno;
        (void)close(descriptor);
        return -code;
    }
    return descriptor;
}

static void close_socket(struct door *door)
{
    if (door->descriptor >= 0) {
        (void)close(door->descriptor);
    }
    door->descriptor = -1;
}

static int start_accepting(struct door *door)
{
    int result =
        listener_start(&door->listener, door->loop, door->descriptor, door->events->on_accepted, door->context);

    if (result < 0) {
        return result;
    }
    door->state = DOOR_OPEN;
    if (door->is_held) {
        listener_hold(&door->listener);
    }
    return 0;
}

/* ---- closed for a while ---- */

static int listen_again(struct door *door)
{
    if (door->descriptor < 0) {
        int descriptor = bind_again(door);
        if (descriptor < 0) {
            return descriptor;
        }
        door->descriptor = descriptor;
    }
    if (listen(door->descriptor, SOMAXCONN) < 0) {
        return -errno;
    }
    return start_accepting(door);
}

static void on_time_over(void *context)
{
    struct door *door = context;
    int result = listen_again(door);
    bool is_news = result == 0 || !door->has_failed;

    door->has_failed = result < 0;
    if (result < 0) {
        close_socket(door);
        /* This timer has just left the loop's heap, so there is room for it. */
        (void)!loop_arm(door->loop, &door->timer, clock_monotonic_us() + RETRY_US);
    }
    if (is_news) {
        door->events->on_reopened(door->context, result);
    }
}

int door_close_for(struct door *door, uint64_t duration_us)
{
    uint64_t until_us = clock_monotonic_us() + duration_us;

    if (door->state == DOOR_GONE || (door->state == DOOR_CLOSED && until_us <= door->until_us)) {
        return 0;
    }
    if (loop_arm(door->loop, &door->timer, until_us) < 0) {
        return -ENOMEM;
    }
    door->until_us = until_us;
    if (door->state == DOOR_OPEN) {
        door->state = DOOR_CLOSED;
        (void)listener_drain(&door->listener);
        close_socket(door);
        /* If that fails (somebody was quicker), it is tried again when the time is over. */
        door->descriptor = bind_again(door);
    }
    return 0;
}

/* ---- life ---- */

void door_init(struct door *door, struct loop *loop, const struct door_events *events, void *context)
{
    *door = (struct door){ .loop = loop, .events = events, .context = context, .descriptor = -1 };
    door->timer = (struct loop_timer){ .on_due = on_time_over, .context = door };
}

int door_open(struct door *door, const struct address *address, struct error *error)
{
    door->descriptor = listener_open(address, error);
    if (door->descriptor < 0) {
        return -1;
    }
    door->address_length = sizeof door->address;
    if (getsockname(door->descriptor, (struct sockaddr *)&door->address, &door->address_length) < 0) {
        close_socket(door);
        return error_set(error, "cannot find out where it listens: %s", strerror(errno));
    }
    int result = start_accepting(door);
    if (result < 0) {
        close_socket(door);
        return error_set(error, "cannot wait for connections: %s", strerror(-result));
    }
    return 0;
}

void door_format_address(const struct door *door, char *text, size_t size)
{
    listener_format_address((const struct sockaddr *)&door->address, text, size);
}

void door_hold(struct door *door)
{
    door->is_held = true;
    if (door->state == DOOR_OPEN) {
        listener_hold(&door->listener);
    }
}

void door_release(struct door *door)
{
    door->is_held = false;
    if (door->state == DOOR_OPEN) {
        listener_release(&door->listener);
    }
}

void door_drain(struct door *door)
{
    if (door->state == DOOR_OPEN) {
        door->state = DOOR_GONE;
        (void)listener_shut(&door->listener);
        (void)listener_drain(&door->listener);
    }
    door_close(door);
}

void door_close(struct door *door)
{
    if (door->state == DOOR_OPEN) {
        listener_stop(&door->listener);
    }
    door->state = DOOR_GONE;
    loop_disarm(door->loop, &door->timer);
    close_socket(door);
}
