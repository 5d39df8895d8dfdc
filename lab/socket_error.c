/* SPDX-License-Identifier: MIT */
#include "lab/socket_error.h"

#include <errno.h>

enum call_error socket_error_of_errno(int number)
{
    switch (number) {
    case ECONNREFUSED:
        return CALL_CONNECTION_REFUSED;
    case ETIMEDOUT:
        return CALL_CONNECTION_TIMEOUT;
    case ECONNRESET:
        return CALL_CONNECTION_TERMINATED;
    case ECANCELED:
        return CALL_CANCELLED;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
        return CALL_DESTINATION_UNAVAILABLE;
    default:
        return CALL_PROXY_INTERNAL_ERROR;
    }
}
