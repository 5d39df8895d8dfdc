/* SPDX-License-Identifier: MIT */
/*
 * bare_socket - a TCP socket that listens on a port of loopback which the kernel chose, and nothing else.
 */
#ifndef TESTS_SUPPORT_BARE_SOCKET_H
#define TESTS_SUPPORT_BARE_SOCKET_H

#include <stdint.h>

/* `flags`: 0 or SOCK_NONBLOCK. To be closed by the caller; ends the running test when there is none to be had. */
int bare_socket_listen(int flags, int backlog, uint16_t *ret_port);

#endif
