/* SPDX-License-Identifier: MIT */
#include "gateway/front_door.h"

#include "common/clock.h"
#include "common/http_bare_answer.h"
#include "gateway/metrics.h"

enum { DESCRIPTORS_US = 20 * CLOCK_US_PER_MS };

/* A TLS client could read no answer without a handshake, which is what there is no room for. */
static void refuse(const struct front_door *door, int descriptor)
{
    if (door->is_secured) {
        (void)close(descriptor);
    } else {
        http_bare_answer_refuse(descriptor);
    }
}

/* ---- room ---- */

/* What the server has by now. */
static void recount(struct front_door *door)
{
    size_t count = http_server_connection_count(door->server);

    if (count != door->counted) {
        (void)atomic_fetch_add_explicit(&door->room->count, count - door->counted, memory_order_relaxed);
        door->counted = count;
    }
}

/* One more, if there is room for it: two workers may ask at once. */
static bool enter(struct front_door *door)
{
    size_t before = atomic_fetch_add_explicit(&door->room->count, 1, memory_order_relaxed);

    if (before >= door->room->limit) {
        (void)atomic_fetch_sub_explicit(&door->room->count, 1, memory_order_relaxed);
        return false;
    }
    door->counted++;
    return true;
}

static bool is_full(const struct front_door *door)
{
    return door->refuses_overflow ? atomic_load_explicit(&door->room->count, memory_order_relaxed) >= door->room->limit
                                  : http_server_is_full(door->server);
}

/* ---- clients ---- */

static void on_accepted(void *context, int descriptor, const struct sockaddr *peer, socklen_t peer_length)
{
    struct front_door *door = context;

    if (door->refuses_overflow && !enter(door)) {
        metrics_add(door->metrics, METRICS_CONNECTIONS_REFUSED, 1);
        refuse(door, descriptor);
        return;
    }
    metrics_add(door->metrics, METRICS_ACCEPTED, 1);
    (void)http_server_add(door->server, descriptor, peer, peer_length);
    recount(door);
    if (is_full(door)) {
        metrics_add(door->metrics, METRICS_LIMIT_REACHED, 1);
        if (!door->refuses_overflow) {
            listener_hold(&door->listener);
        }
    }
}

static void accept_the_rest(void *context)
{
    front_door_accept_the_rest(context);
}

int front_door_open(struct front_door *door, int listening_descriptor, const struct config *config, bool takes_turns)
{
    door->timer = (struct loop_timer){ .on_due = accept_the_rest, .context = door };
    door->is_secured = config->tls != NULL;
    door->refuses_overflow = config->limits.connection_overflow == OVERFLOW_REFUSE;
    int result = listener_start(&door->listener, door->loop, listening_descriptor, on_accepted, door);
    if (takes_turns) {
        listener_take_turns(&door->listener);
    }
    return result;
}

void front_door_configure(struct front_door *door, const struct config *config)
{
    door->refuses_overflow = config->limits.connection_overflow == OVERFLOW_REFUSE;
    if (!door->is_shut && door->refuses_overflow) {
        listener_release(&door->listener); /* who waits is answered */
    } else if (!door->is_shut && http_server_is_full(door->server)) {
        listener_hold(&door->listener); /* it may have had more than its share */
    }
}

void front_door_on_room(struct front_door *door)
{
    if (!door->is_shut) {
        listener_release(&door->listener);
    }
}

void front_door_count(struct front_door *door)
{
    recount(door);
    metrics_add(door->metrics, METRICS_ACCEPT_PAUSES, door->listener.pause_count - door->pauses_counted);
    door->pauses_counted = door->listener.pause_count;
}

void front_door_shut(struct front_door *door)
{
    door->is_shut = true;
    (void)listener_shut(&door->listener); /* where it may not, the rest of a drain is the same */
}

/* Again in the next turn: handshakes that had begun when the listener was shut are over by then, those of clients
 * nearby at least. Not later, because whoever tries to connect meanwhile only tries again after a second. Where
 * descriptors have run out, some come back. */
void front_door_accept_the_rest(struct front_door *door)
{
    bool is_emptied = listener_drain(&door->listener) == 0;
    uint64_t again_us = clock_monotonic_us() + (is_emptied ? 0 : DESCRIPTORS_US);

    if (!(is_emptied && door->has_looked_again) && loop_arm(door->loop, &door->timer, again_us) == 0) {
        door->has_looked_again = is_emptied;
        return;
    }
    door->has_accepted_all = true;
    door->on_accepted_all(door->context);
}

void front_door_close(struct front_door *door)
{
    listener_stop(&door->listener);
}
