/* SPDX-License-Identifier: MIT */
/*
 * listener_process - which process on this machine listens where a URL points to.
 *
 * Linux: /proc/net/tcp and tcp6 tell the listening socket, /proc/PID/fd who holds it. Only processes that this user may
 * look into are seen, and nothing is told where several hold the socket: nobody knows which of them answers.
 *
 * Memory: none.   Threads: any.
 */
#ifndef LAB_LISTENER_PROCESS_H
#define LAB_LISTENER_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "common/str.h"
#include "common/url.h"

/* 0: not on this machine's loopback, nobody, several, or not ours to see. */
pid_t listener_process_find(const struct url *url);

/* The inode of the socket that listens on that port, from the text of /proc/net/tcp or tcp6; 0: none, or several. */
uint64_t listener_process_inode(struct str table, uint16_t port);

#endif
