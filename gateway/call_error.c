/* SPDX-License-Identifier: MIT */
#include "gateway/call_error.h"

#include <stddef.h>

enum { OK = 200, BAD_GATEWAY = 502, SERVICE_UNAVAILABLE = 503, GATEWAY_TIMEOUT = 504 };

struct call_error_row {
    const char *name;
    const char *description;
    int status;
};

static const struct call_error_row rows[CALL_ERROR_COUNT] = {
    [CALL_OK] = { NULL, "the call succeeded", OK },
    [CALL_CONNECTION_REFUSED] = { "connection_refused", "the connection was refused", BAD_GATEWAY },
    [CALL_CONNECTION_TIMEOUT] = { "connection_timeout", "the connection took too long to open", GATEWAY_TIMEOUT },
    [CALL_CONNECTION_TERMINATED] = { "connection_terminated", "the connection was closed before an answer began",
                                     BAD_GATEWAY },
    [CALL_CONNECTION_LIMIT_REACHED] = { "connection_limit_reached", "no more connections are allowed at the moment",
                                        SERVICE_UNAVAILABLE },
    [CALL_DNS_ERROR] = { "dns_error", "the backend's name could not be resolved", BAD_GATEWAY },
    [CALL_DNS_TIMEOUT] = { "dns_timeout", "resolving the backend's name took too long", GATEWAY_TIMEOUT },
    [CALL_DESTINATION_UNAVAILABLE] = { "destination_unavailable", "the backend is not available", SERVICE_UNAVAILABLE },
    [CALL_TLS_PROTOCOL_ERROR] = { "tls_protocol_error", "the TLS handshake failed", BAD_GATEWAY },
    [CALL_TLS_CERTIFICATE_ERROR] = { "tls_certificate_error", "the backend's certificate was not accepted",
                                     BAD_GATEWAY },
    [CALL_HTTP_RESPONSE_TIMEOUT] = { "http_response_timeout", "the answer did not come in time", GATEWAY_TIMEOUT },
    [CALL_HTTP_RESPONSE_INCOMPLETE] = { "http_response_incomplete",
                                        "the connection was closed in the middle of the answer", BAD_GATEWAY },
    [CALL_HTTP_PROTOCOL_ERROR] = { "http_protocol_error", "the answer was not valid HTTP", BAD_GATEWAY },
    [CALL_HTTP_RESPONSE_BODY_SIZE] = { "http_response_body_size", "the body of the answer was too long", BAD_GATEWAY },
    [CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE] = { "http_response_header_section_size",
                                                 "the header section of the answer was too long", BAD_GATEWAY },
    [CALL_HTTP_RESPONSE_TRANSFER_CODING] = { "http_response_transfer_coding",
                                             "the answer had a transfer coding that is not understood", BAD_GATEWAY },
    [CALL_HTTP_RESPONSE_CONTENT_CODING] = { "http_response_content_coding",
                                            "the answer had a content coding that was not asked for", BAD_GATEWAY },
    [CALL_HTTP_RESPONSE_STATUS] = { "http_response_status", "the answer had a status other than 2xx", BAD_GATEWAY },
    [CALL_INVALID_JSON] = { "invalid_json", "the body of the answer was not valid JSON", BAD_GATEWAY },
    [CALL_CANCELLED] = { "cancelled", "the call was cancelled", BAD_GATEWAY },
    [CALL_DEPENDENCY_FAILED] = { "dependency_failed", "a call that this one needs failed", BAD_GATEWAY },
    [CALL_PROXY_LOOP_DETECTED] = { "proxy_loop_detected", "the request had passed this gateway before", BAD_GATEWAY },
    [CALL_PROXY_INTERNAL_ERROR] = { "proxy_internal_error", "the gateway could not make the call", BAD_GATEWAY },
};

/* A value from outside the enum is a fault of our own. */
static const struct call_error_row *find_row(enum call_error error)
{
    return (unsigned)error < CALL_ERROR_COUNT ? &rows[error] : &rows[CALL_PROXY_INTERNAL_ERROR];
}

const char *call_error_name(enum call_error error)
{
    return find_row(error)->name;
}

const char *call_error_description(enum call_error error)
{
    return find_row(error)->description;
}

int call_error_status(enum call_error error)
{
    return find_row(error)->status;
}
