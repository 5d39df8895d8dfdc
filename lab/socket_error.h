/* SPDX-License-Identifier: MIT */
/*
 * socket_error - what a failed socket call means, in the words for what goes wrong with a call. Pure.
 */
#ifndef LAB_SOCKET_ERROR_H
#define LAB_SOCKET_ERROR_H

#include "gateway/call_error.h"

/* `number`: errno, or what SO_ERROR says. ECANCELED is CALL_CANCELLED; what is our own system's fault (no descriptor,
 * no memory) is CALL_PROXY_INTERNAL_ERROR. */
enum call_error socket_error_of_errno(int number);

#endif
