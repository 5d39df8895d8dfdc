/* SPDX-License-Identifier: MIT */
#include "lab/sender.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "common/clock.h"
#include "lab/printable.h"

enum {
    CONNECT_TIMEOUT_MS = 10 * 1000,              /* what is left of connecting once the socket is: TLS */
    WRITE_TIMEOUT_US = 10 * CLOCK_US_PER_SECOND, /* after that the next request is written all the same */
    RECEIVE_BUFFER_BYTES = 16 * 1024,
    URL_BYTES = 1400, /* the longest parts of a struct url, put together */
    LINE_BYTES = 4 * SENDER_SHOWN_BYTES + 1024,
};

struct sender;

/* One request and its answer. */
struct transfer {
    struct sender *sender;
    const struct sender_task *task;
    struct sender_result *result;
    struct dial *dial;
    CURL *easy; /* NULL: not begun, or done with */
    struct curl_slist *resolved;
    struct buf body; /* its first SENDER_SHOWN_BYTES */
    size_t body_bytes;
    size_t header_bytes;
    enum call_error excess; /* a limit that the answer broke; CALL_OK: none */
};

struct sender {
    const struct sender_config *config;
    CURLM *multi;
    struct transfer *transfers;
    size_t count;
    size_t open_count; /* transfers that are under way */
};

void sender_library_version(char *text, size_t size)
{
    (void)snprintf(text, size, "libcurl %s", curl_version_info(CURLVERSION_NOW)->version);
}

/* ---- lines ---- */

static void log_task(const struct transfer *transfer, enum log_level level, struct str separator, struct str text)
{
    cleanup_buf struct buf line = { .base = NULL };

    if (!log_wants(transfer->sender->config->log, level)) {
        return;
    }
    buf_init(&line, LINE_BYTES);
    (void)printable_add(&line, str_of(transfer->task->name));
    (void)buf_add_str(&line, separator);
    (void)printable_add(&line, text);
    log_line(transfer->sender->config->log, level, "--- %.*s", STR_ARGUMENTS(buf_view(&line)));
}

static void log_answer(const struct transfer *transfer)
{
    char status[16];

    (void)snprintf(status, sizeof status, "%d", transfer->result->status);
    log_task(transfer, LOG_INFO, STR(" status = "), str_of(status));
    log_task(transfer, LOG_INFO, STR(""), buf_view(&transfer->body));
    if (transfer->body_bytes > transfer->body.length) {
        log_line(transfer->sender->config->log, LOG_INFO, "(the first %zu of %zu bytes)", transfer->body.length,
                 transfer->body_bytes);
    }
}

/* ---- what libcurl asks and tells; context is the transfer ---- */

static curl_socket_t on_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = context;
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
    struct transfer *transfer = context;

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
    struct transfer *transfer = context;

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
    struct transfer *transfer = context;
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

static enum call_error error_of_code(const struct transfer *transfer, CURLcode code, long status)
{
    if (transfer->excess != CALL_OK) {
        return transfer->excess;
    }
    switch ((int)code) {
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
static void hang_up(struct transfer *transfer)
{
    if (transfer->easy == NULL) {
        return;
    }
    (void)curl_multi_remove_handle(transfer->sender->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->resolved);
    transfer->easy = NULL;
    transfer->resolved = NULL;
    transfer->sender->open_count--;
}

static void fail(struct transfer *transfer, enum call_error error)
{
    transfer->result->ended_us = clock_monotonic_us();
    transfer->result->error = error;
    hang_up(transfer);
    if (error != CALL_CANCELLED) {
        log_task(transfer, LOG_ERROR, STR(" error = "), str_of(call_error_name(error)));
    }
}

static void finish(struct transfer *transfer, CURLcode code)
{
    long status = 0;

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
        fail(transfer, error_of_code(transfer, code, status));
        return;
    }
    transfer->result->ended_us = clock_monotonic_us();
    transfer->result->status = (int)status;
    hang_up(transfer);
    log_answer(transfer);
}

static void set_callbacks(struct transfer *transfer)
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

static void set_limits(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    uint64_t timeout_us = transfer->sender->config->answer_timeout_us;
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
static int set_target(struct transfer *transfer)
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

/* ---- all of them ---- */

static void collect(struct sender *sender)
{
    CURLMsg *message;
    int left = 0;

    while ((message = curl_multi_info_read(sender->multi, &left)) != NULL) {
        struct transfer *transfer = NULL;
        CURLcode code = message->data.result; /* the message is gone once the handle is removed */
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        if (transfer != NULL) {
            finish(transfer, code);
        }
    }
    log_flush(sender->config->log);
}

static int perform(struct sender *sender)
{
    int running = 0;

    if (curl_multi_perform(sender->multi, &running) != CURLM_OK) {
        return -ENOMEM;
    }
    collect(sender);
    return 0;
}

/* Waits for sockets, serving the company, until there is something to do or `due_us`. */
static int wait_turn(struct sender *sender, uint64_t due_us)
{
    struct company *company = sender->config->dial.company;
    struct curl_waitfd others[COMPANY_DESCRIPTORS_MOST];
    unsigned count = 0;
    uint64_t turn_us = CLOCK_NEVER_US;

    if (company != NULL && !company->on_turn(company, &turn_us)) {
        return -ECANCELED;
    }
    for (size_t i = 0; company != NULL && i < company->count; i++) {
        if (company->descriptors[i].fd >= 0) {
            others[count++] = (struct curl_waitfd){ .fd = company->descriptors[i].fd, .events = CURL_WAIT_POLLIN };
        }
    }
    int timeout_ms = company_poll_timeout_ms(turn_us < due_us ? turn_us : due_us);
    if (curl_multi_poll(sender->multi, others, count, timeout_ms < 0 ? INT_MAX : timeout_ms, NULL) != CURLM_OK) {
        return -ENOMEM;
    }
    return 0;
}

/* Drives everything until this request has been written, or its transfer has failed. */
static int write_request(struct sender *sender, struct transfer *transfer)
{
    uint64_t give_up_us = clock_monotonic_us() + WRITE_TIMEOUT_US;

    for (;;) {
        int status = perform(sender);
        if (status < 0) {
            return status;
        }
        bool is_over = transfer->easy == NULL || transfer->result->sent_us != CLOCK_NEVER_US;
        if (is_over || clock_monotonic_us() >= give_up_us) {
            return 0;
        }
        status = wait_turn(sender, give_up_us);
        if (status < 0) {
            return status;
        }
    }
}

static int send_one(struct sender *sender, struct transfer *transfer)
{
    log_task(transfer, LOG_INFO, STR(" -----"), STR(""));
    if (transfer->dial->descriptor < 0) {
        fail(transfer, transfer->dial->error);
        log_flush(sender->config->log);
        return transfer->dial->error == CALL_CANCELLED ? -ECANCELED : 0;
    }
    log_task(transfer, LOG_INFO, STR(" Send!!"), STR(""));
    log_flush(sender->config->log);

    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL) {
        return -ENOMEM;
    }
    sender->open_count++;
    set_callbacks(transfer);
    set_limits(transfer);
    if (set_target(transfer) < 0 || curl_multi_add_handle(sender->multi, transfer->easy) != CURLM_OK) {
        return -ENOMEM;
    }
    return write_request(sender, transfer);
}

static int send_all(struct sender *sender)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < sender->count; i++) {
        status = send_one(sender, &sender->transfers[i]);
    }
    while (status == 0 && sender->open_count > 0) {
        status = wait_turn(sender, CLOCK_NEVER_US);
        if (status == 0) {
            status = perform(sender);
        }
    }
    return status;
}

static void clear(struct sender *sender, struct dial *dials)
{
    for (size_t i = 0; i < sender->count; i++) {
        struct transfer *transfer = &sender->transfers[i];
        if (transfer->result->ended_us == CLOCK_NEVER_US) {
            fail(transfer, CALL_CANCELLED);
        }
        buf_clear(&transfer->body);
        if (dials[i].descriptor >= 0) {
            (void)close(dials[i].descriptor);
        }
    }
    (void)curl_multi_cleanup(sender->multi);
}

static void prepare(struct sender *sender, const struct sender_task *tasks, struct sender_result *results,
                    struct dial *dials)
{
    for (size_t i = 0; i < sender->count; i++) {
        results[i] = (struct sender_result){ .sent_us = CLOCK_NEVER_US, .ended_us = CLOCK_NEVER_US };
        dials[i].target = &tasks[i].url;
        sender->transfers[i] =
            (struct transfer){ .sender = sender, .task = &tasks[i], .result = &results[i], .dial = &dials[i] };
        buf_init(&sender->transfers[i].body, SENDER_SHOWN_BYTES);
    }
    dial_all(&sender->config->dial, dials, sender->count);
}

int sender_run(const struct sender_config *config, const struct sender_task *tasks, struct sender_result *results,
               size_t count)
{
    cleanup_free struct dial *dials = calloc(count, sizeof *dials);
    cleanup_free struct transfer *transfers = calloc(count, sizeof *transfers);

    if (dials == NULL || transfers == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return -ENOMEM;
    }
    struct sender sender = { .config = config, .transfers = transfers, .count = count, .multi = curl_multi_init() };
    int status = -ENOMEM;
    if (sender.multi != NULL) {
        (void)curl_multi_setopt(sender.multi, CURLMOPT_MAXCONNECTS, (long)count);
        prepare(&sender, tasks, results, dials);
        status = send_all(&sender);
        clear(&sender, dials);
    }
    curl_global_cleanup();
    return status;
}
