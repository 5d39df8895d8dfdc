/* SPDX-License-Identifier: MIT */
/*
 * listener - one listening socket, opened once per process, and the watch with which each loop accepts from it.
 *
 * Opened without SO_REUSEPORT: a second program on the same port is refused, a blocked worker is handed no connection
 * while another idles, and closing loses nothing that waits in the queue. Each loop watches it with EPOLLEXCLUSIVE and
 * accepts a bounded batch a turn. The kernel wakes the first in line that waits, so where several loops share a socket
 * each takes one connection and stands back in line: else the first of them gets nearly all. Out of descriptors
 * (EMFILE), it pauses for a moment instead of spinning.
 *
 * Memory: `struct listener` is embedded in its owner.   Threads: a listener belongs to its loop; the socket is shared.
 */
#ifndef COMMON_LISTENER_H
#define COMMON_LISTENER_H

#include <sys/socket.h>

#include "common/error.h"
#include "common/loop.h"
#include "common/url.h"

/* A listening, non-blocking, close-on-exec socket, or -1 and a sentence ("cannot listen on …: Address already in use").
 */
int listener_open(const struct address *address, struct error *error) must_check;
/* "127.0.0.1:8080": where a socket is bound, or who its peer is. */
void listener_format_address(const struct sockaddr *address, char *text, size_t size);
void listener_bound_address(int descriptor, char *text, size_t size);

/* Takes over `descriptor`. */
typedef void listener_accepted_fn(void *context, int descriptor, const struct sockaddr *peer, socklen_t peer_length);

struct listener {
    struct loop *loop;
    int descriptor; /* shared with other loops; not owned */
    listener_accepted_fn *on_accepted;
    void *context;
    struct loop_watch watch;
    struct loop_timer pause_timer;
    bool takes_turns;     /* by listener_take_turns() */
    bool is_held;         /* by listener_hold() */
    uint64_t pause_count; /* how often descriptors ran out */
};

int listener_start(struct listener *listener, struct loop *loop, int descriptor, listener_accepted_fn *on_accepted,
                   void *context) must_check;
/* Other loops accept from this socket, too. */
void listener_take_turns(struct listener *listener);
/* Stop accepting for now (a limit is reached), and go on. */
void listener_hold(struct listener *listener);
void listener_release(struct listener *listener);
/* Before a socket is closed for good: the kernel lets no further attempt to connect through, so that nobody gets into
 * the queue behind the last accept and is lost with it. Who tries it meanwhile is refused once the socket is closed.
 * 0 or -errno: some kernels want privileges for it (EPERM); then those who connect in the last microseconds are lost.
 */
int listener_shut(struct listener *listener);
/* Accepts all that waits in the queue, then stops for good. The socket stays open: its owner closes it. 0; -errno: some
 * may still wait there, because descriptors ran out; to be called again when there are some. */
int listener_drain(struct listener *listener);
void listener_stop(struct listener *listener);

#endif
