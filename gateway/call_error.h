/* SPDX-License-Identifier: MIT */
/*
 * call_error - why a call failed: one set of names for body, log, metric and Proxy-Status. Pure.
 *
 * The names are RFC 9209's where it has one. What went wrong upstream is data and travels as this enum.
 */
#ifndef GATEWAY_CALL_ERROR_H
#define GATEWAY_CALL_ERROR_H

enum call_error {
    CALL_OK,
    CALL_CONNECTION_REFUSED,
    CALL_CONNECTION_TIMEOUT,
    CALL_CONNECTION_TERMINATED, /* closed or reset before the status line */
    CALL_CONNECTION_LIMIT_REACHED,
    CALL_DNS_ERROR,
    CALL_DNS_TIMEOUT,
    CALL_DESTINATION_UNAVAILABLE,
    CALL_TLS_PROTOCOL_ERROR,
    CALL_TLS_CERTIFICATE_ERROR,
    CALL_HTTP_RESPONSE_TIMEOUT,
    CALL_HTTP_RESPONSE_INCOMPLETE, /* closed or reset after the status line */
    CALL_HTTP_PROTOCOL_ERROR,
    CALL_HTTP_RESPONSE_BODY_SIZE,
    CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE,
    CALL_HTTP_RESPONSE_TRANSFER_CODING,
    CALL_HTTP_RESPONSE_CONTENT_CODING,
    CALL_HTTP_RESPONSE_STATUS, /* any but 2xx */
    CALL_INVALID_JSON,
    CALL_CANCELLED,
    CALL_DEPENDENCY_FAILED,
    CALL_PROXY_LOOP_DETECTED,
    CALL_PROXY_INTERNAL_ERROR,
    CALL_ERROR_COUNT,
};

/* "connection_refused"; NULL for CALL_OK. */
const char *call_error_name(enum call_error error);
/* A few words for a person, without any address: "the connection was refused". */
const char *call_error_description(enum call_error error);
/* What a client is answered when a required call failed so: 502, 503 or 504. */
int call_error_status(enum call_error error);

#endif
