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

/* A reset: that is never how an answer ends. That there was no descriptor for another of the name's addresses says
 * nothing any more of a request that was sent, and must not have it sent again. */
static enum call_error broken_error(struct transfer *transfer)
{
    return transfer->is_out_of_descriptors && transfer->requests_sent == 0
               ? CALL_CONNECTION_LIMIT_REACHED
               : http_response_parser_break(&transfer->parser);
}

/* What libcurl itself did not like, without a code of its own for it. */
static enum call_error other_error(const struct transfer *transfer)
{
    return transfer->attempt->first_byte_us != 0 ? CALL_HTTP_PROTOCOL_ERROR : CALL_PROXY_INTERNAL_ERROR;
}

/* With a request sent: it was on a kept connection that ended, and libcurl tried by itself to open another. */
static enum call_error connect_error(const struct transfer *transfer, int code)
{
    enum call_error error = curl_handle_connect_error(transfer->easy, code, transfer->is_out_of_descriptors);

    return code == CURLE_COULDNT_CONNECT && transfer->requests_sent > 0 ? CALL_CONNECTION_TERMINATED : error;
}

static enum call_error error_of_code(struct transfer *transfer, int code)
{
    switch (code) {
    case CURLE_OK:
    case CURLE_PARTIAL_FILE:
        return transfer->awaits_farewell && !transfer->has_farewell ? http_response_parser_break(&transfer->parser)
                                                                    : http_response_parser_end(&transfer->parser);
    case CURLE_OPERATION_TIMEDOUT:
        return attempt_timeout_error(transfer->attempt);
    case CURLE_ABORTED_BY_CALLBACK:
        return abort_error(transfer);
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        return broken_error(transfer);
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
        return other_error(transfer);
    }
}

/* What was read of the answer comes first: libcurl only knows that its end, or a fault in it, was found. */
enum call_error transfer_outcome(struct transfer *transfer, int code)
{
    if (transfer->parser.error != CALL_OK || transfer->parser.is_complete) {
        return transfer->parser.error;
    }
    enum call_error error = connect_error(transfer, code);
    return error != CALL_OK ? error : error_of_code(transfer, code);
}
