/* SPDX-License-Identifier: MIT */
#include "lab/sender_transfer.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "lab/printable.h"

enum {
    CONNECT_TIMEOUT_MS = 10 * 1000, /* what is left of connecting once the socket is: TLS */
    RECEIVE_BUFFER_BYTES = 16 * 1024,
    URL_BYTES = 1400, /* the longest parts of a struct url, put together */
    LINE_BYTES = 4 * SENDER_SHOWN_BYTES + 1024,
};

/* ---- lines ---- */

void sender_transfer_log(const struct sender_transfer *transfer, enum log_level level, struct str separator,
                         struct str text)
{
    cleanup_buf struct buf line = { .base = NULL };

    if (!log_wants(transfer->log, level)) {
        return;
    }
    buf_init(&line, LINE_BYTES);
    (void)printable_add(&line, str_of(transfer->task->name));
    (void)buf_add_str(&line, separator);
    (void)printable_add(&line, text);
    log_line(transfer->log, level, "--- %.*s", STR_ARGUMENTS(buf_view(&line)));
}

static void log_answer(const struct sender_transfer *transfer)
{
    char status[16];

    (void)snprintf(status, sizeof status, "%d", transfer->result->status);
    sender_transfer_log(transfer, LOG_INFO, STR(" status = "), str_of(status));
    sender_transfer_log(transfer, LOG_INFO, STR(""), buf_view(&transfer->body));
    if (transfer->body_bytes > transfer->body.length) {
        log_line(transfer->log, LOG_INFO, "(the first %zu of %zu bytes)", transfer->body.length, transfer->body_bytes);
    }
}

/* ---- what libcurl asks and tells; context is the transfer ---- */

static curl_socket_t on_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct sender_transfer *transfer = context;
    int descriptor = transfer->dial->descriptor;

    (void)purpose;
    (void)address;
    transfer->dial->descriptor = -1; /* libcurl closes it from now on */
    return descriptor >= 0 ? descriptor : CURL_SOCKET_BAD;
}

/* libcurl 7.88 calls connect() on the socket all the same. Linux answers that with success, once, on a socket whose
 * connecting was not waited for; so nobody else may call it a second time. */
static int on_socket_options(void *context, curl_socket_t descriptor, curlsocktype purpose)
{
    (void)context;
    (void)descriptor;
    (void)purpose;
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

/* The one sure sign that a request has left: libcurl shows its head after writing it to the socket. */
static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t count, void *context)
{
    struct sender_transfer *transfer = context;

    (void)easy;
    (void)bytes;
    (void)count;
    if (type == CURLINFO_HEADER_OUT && transfer->result->sent_us == CLOCK_NEVER_US) {
        transfer->result->sent_us = clock_monotonic_us();
    }
    return 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    struct sender_transfer *transfer = context;

    (void)bytes;
    transfer->header_bytes += size * count;
    if (transfer->header_bytes > SENDER_HEADER_BYTES) {
        transfer->excess = CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE;
        return 0;
    }
    return size * count;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct sender_transfer *transfer = context;
    size_t arrived = size * count;
    size_t room = SENDER_SHOWN_BYTES - transfer->body.length;

    if (transfer->body_bytes + arrived > SENDER_BODY_BYTES) {
        transfer->excess = CALL_HTTP_RESPONSE_BODY_SIZE;
        return 0;
    }
    transfer->body_bytes += arrived;
    return buf_add(&transfer->body, bytes, arrived < room ? arrived : room) == 0 ? arrived : 0;
}

/* ---- one transfer ---- */

static enum call_error error_of_code(const struct sender_transfer *transfer, int code, long status)
{
    if (transfer->excess != CALL_OK) {
        return transfer->excess;
    }
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        return CALL_DESTINATION_UNAVAILABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return transfer->result->sent_us != CLOCK_NEVER_US ? CALL_HTTP_RESPONSE_TIMEOUT : CALL_CONNECTION_TIMEOUT;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return status == 0 ? CALL_CONNECTION_TERMINATED : CALL_HTTP_RESPONSE_INCOMPLETE;
    case CURLE_PARTIAL_FILE:
        return CALL_HTTP_RESPONSE_INCOMPLETE;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2:
        return CALL_HTTP_PROTOCOL_ERROR;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return CALL_TLS_CERTIFICATE_ERROR;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
        return CALL_TLS_PROTOCOL_ERROR;
    default:
        return CALL_PROXY_INTERNAL_ERROR;
    }
}

/* Frees what belongs to libcurl, and closes the connection. */
static void hang_up(struct sender_transfer *transfer)
{
    if (transfer->easy == NULL) {
        return;
    }
    (void)curl_multi_remove_handle(transfer->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->resolved);
    transfer->easy = NULL;
    transfer->resolved = NULL;
    (*transfer->open_count)--;
}

void sender_transfer_fail(struct sender_transfer *transfer, enum call_error error)
{
    transfer->result->ended_us = clock_monotonic_us();
    transfer->result->error = error;
    hang_up(transfer);
    if (error != CALL_CANCELLED) {
        sender_transfer_log(transfer, LOG_ERROR, STR(" error = "), str_of(call_error_name(error)));
    }
}

void sender_transfer_finish(struct sender_transfer *transfer, int code)
{
    long status = 0;

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
        sender_transfer_fail(transfer, error_of_code(transfer, code, status));
        return;
    }
    transfer->result->ended_us = clock_monotonic_us();
    transfer->result->status = (int)status;
    hang_up(transfer);
    log_answer(transfer);
}

static void set_callbacks(struct sender_transfer *transfer)
{
    CURL *easy = transfer->easy;

    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket_options);
    (void)curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    (void)curl_easy_setopt(easy, CURLOPT_DEBUGDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
}

static void set_limits(struct sender_transfer *transfer)
{
    CURL *easy = transfer->easy;
    uint64_t timeout_us = transfer->answer_timeout_us;
    uint64_t timeout_ms = (timeout_us + CLOCK_US_PER_MS - 1) / CLOCK_US_PER_MS;

    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER_BYTES);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "fanlight-lab/" FANLIGHT_VERSION);
    if (timeout_us != CLOCK_NEVER_US) {
        (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms < INT_MAX ? (long)timeout_ms : (long)INT_MAX);
    }
}

/* libcurl takes the target's name and the address that dial found for it: it looks nothing up. */
static int set_target(struct sender_transfer *transfer)
{
    const struct url *url = &transfer->task->url;
    bool is_ipv6_address = strchr(transfer->dial->address, ':') != NULL;
    char text[URL_BYTES];

    (void)snprintf(text, sizeof text, "%s://%s%s", url->is_tls ? "https" : "http", url->authority, url->path);
    if (curl_easy_setopt(transfer->easy, CURLOPT_URL, text) != CURLE_OK) {
        return -ENOMEM;
    }
    if (url->is_ipv6) {
        return 0;
    }
    (void)snprintf(text, sizeof text, is_ipv6_address ? "%s:%u:[%s]" : "%s:%u:%s", url->host, url->port,
                   transfer->dial->address);
    transfer->resolved = curl_slist_append(NULL, text);
    if (transfer->resolved == NULL) {
        return -ENOMEM;
    }
    return curl_easy_setopt(transfer->easy, CURLOPT_RESOLVE, transfer->resolved) == CURLE_OK ? 0 : -ENOMEM;
}

/* The port of our end; 0: it cannot be told. */
static uint16_t own_port(int descriptor)
{
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } address = { .any = { .sa_family = AF_UNSPEC } };
    socklen_t length = sizeof address;

    if (getsockname(descriptor, &address.any, &length) < 0) {
        return 0;
    }
    return ntohs(address.any.sa_family == AF_INET6 ? address.ipv6.sin6_port : address.ipv4.sin_port);
}

int sender_transfer_begin(struct sender_transfer *transfer)
{
    transfer->result->port = own_port(transfer->dial->descriptor);
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL) {
        return -ENOMEM;
    }
    (*transfer->open_count)++;
    set_callbacks(transfer);
    set_limits(transfer);
    return set_target(transfer) == 0 && curl_multi_add_handle(transfer->multi, transfer->easy) == CURLM_OK ? 0
                                                                                                           : -ENOMEM;
}
