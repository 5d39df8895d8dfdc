/* SPDX-License-Identifier: MIT */
#include "gateway/transfer_outcome.h"

#include <curl/curl.h>

#include "gateway/curl_handle.h"

/* CURLE_TOO_LARGE, which libcurl has since 8.6; before, a header line without end is CURLE_OUT_OF_MEMORY. */
enum { CODE_TOO_LARGE = 100 };

static enum call_error abort_error(const struct transfer *transfer)
{
    if (atomic_load(&transfer->is_aborted)) {
        return CALL_CANCELLED;
    }
    return transfer->requests_sent > 1 || transfer->is_poisoned ? CALL_CONNECTION_TERMINATED
                                                                : CALL_PROXY_INTERNAL_ERROR;
}

/* Closed or reset before the status line, or after it. */
static enum call_error lost_error(const struct transfer *transfer)
{
    return transfer->framing.status != 0 ? CALL_HTTP_RESPONSE_INCOMPLETE : CALL_CONNECTION_TERMINATED;
}

/* libcurl has one code for a broken connection and for chunks that are none; only the first comes with an errno. */
static enum call_error receive_error(const struct transfer *transfer)
{
    long code = 0;

    if (transfer->is_out_of_descriptors) {
        return CALL_CONNECTION_LIMIT_REACHED;
    }
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &code);
    return code == 0 && transfer->framing.has_transfer_encoding ? CALL_HTTP_RESPONSE_TRANSFER_CODING
                                                                : lost_error(transfer);
}

/* With a request sent: it was on a kept connection that ended, and libcurl tried by itself to open another. */
static enum call_error connect_error(const struct transfer *transfer, int code)
{
    enum call_error error = curl_handle_connect_error(transfer->easy, code, transfer->is_out_of_descriptors);

    return code == CURLE_COULDNT_CONNECT && transfer->requests_sent > 0 ? CALL_CONNECTION_TERMINATED : error;
}

static enum call_error error_of_code(const struct transfer *transfer, int code)
{
    switch (code) {
    case CURLE_OK:
        return CALL_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return attempt_timeout_error(transfer->attempt);
    case CURLE_ABORTED_BY_CALLBACK:
        return abort_error(transfer);
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        return lost_error(transfer);
    case CURLE_RECV_ERROR:
        return receive_error(transfer);
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, which is what no HTTP at all looks like */
    case CURLE_WEIRD_SERVER_REPLY:
        return CALL_HTTP_PROTOCOL_ERROR;
    case CODE_TOO_LARGE:
    case CURLE_OUT_OF_MEMORY:
        return transfer->attempt->first_byte_us != 0 ? CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE
                                                     : CALL_PROXY_INTERNAL_ERROR;
    case CURLE_BAD_CONTENT_ENCODING: /* a transfer coding: content is never decoded, as we ask for none */
        return CALL_HTTP_RESPONSE_TRANSFER_CODING;
    default:
        return CALL_PROXY_INTERNAL_ERROR;
    }
}

/* Faults that our own callbacks found come first: libcurl only knows that they refused. */
enum call_error transfer_outcome(const struct transfer *transfer, int code)
{
    if (transfer->framing.error != CALL_OK) {
        return transfer->framing.error;
    }
    if (transfer->is_body_too_long) {
        return CALL_HTTP_RESPONSE_BODY_SIZE;
    }
    enum call_error error = connect_error(transfer, code);
    if (error == CALL_OK) {
        error = error_of_code(transfer, code);
    }
    if (error == CALL_OK && transfer->framing.status < 200) {
        return CALL_HTTP_PROTOCOL_ERROR;
    }
    /* libcurl calls it a success when the connection ends among the header fields. */
    if (error == CALL_OK && !transfer->framing.is_complete) {
        return CALL_HTTP_RESPONSE_INCOMPLETE;
    }
    return error;
}
