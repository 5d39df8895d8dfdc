/* SPDX-License-Identifier: MIT */
#include "lab/event_client.h"

#include <curl/curl.h>
#include <string.h>

enum { POLL_MS = 60 * 1000, LEAST_BYTES_A_SECOND = 1, STATUS_OK = 200 };

static const struct str stream_type = STR_STATIC("text/event-stream");

/* One stream while it is read. */
struct session {
    const struct event_client *client;
    CURL *easy;
    struct event_parser parser;
    bool is_connected;
    bool is_refused; /* the answer is no stream of events */
    bool is_enough;
};

/* ---- what comes ---- */

static void on_event(void *context, struct str name, struct str data)
{
    struct session *session = context;

    if (!session->is_enough) {
        session->is_enough = !session->client->on_event(session->client->context, name, data);
    }
}

static bool is_stream(const struct session *session)
{
    const char *type = NULL;
    long status = 0;

    (void)curl_easy_getinfo(session->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(session->easy, CURLINFO_CONTENT_TYPE, &type);
    struct str front = { type, type != NULL && strlen(type) >= stream_type.length ? stream_type.length : 0 };
    return status == STATUS_OK && str_equal_ignoring_case(front, stream_type);
}

/* Less than `count`: libcurl ends the transfer. */
static size_t on_bytes(char *bytes, size_t size, size_t count, void *context)
{
    struct session *session = context;

    if (!session->is_connected && !is_stream(session)) {
        session->is_refused = true;
        return 0;
    }
    if (!session->is_connected) {
        session->is_connected = true;
        session->client->on_connected(session->client->context);
    }
    event_parser_feed(&session->parser, (struct str){ bytes, size * count }, on_event, session);
    return session->is_enough ? 0 : size * count;
}

/* ---- asking ---- */

static bool set_options(struct session *session)
{
    CURLcode codes[] = {
        curl_easy_setopt(session->easy, CURLOPT_URL, session->client->url),
        curl_easy_setopt(session->easy, CURLOPT_PROTOCOLS_STR, "http"),
        curl_easy_setopt(session->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1),
        curl_easy_setopt(session->easy, CURLOPT_PROXY, ""),
        curl_easy_setopt(session->easy, CURLOPT_FOLLOWLOCATION, 0L),
        curl_easy_setopt(session->easy, CURLOPT_NOSIGNAL, 1L),
        curl_easy_setopt(session->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)EVENT_CLIENT_CONNECT_TIMEOUT_MS),
        curl_easy_setopt(session->easy, CURLOPT_LOW_SPEED_LIMIT, (long)LEAST_BYTES_A_SECOND),
        curl_easy_setopt(session->easy, CURLOPT_LOW_SPEED_TIME, (long)EVENT_CLIENT_SILENCE_S),
        curl_easy_setopt(session->easy, CURLOPT_WRITEFUNCTION, on_bytes),
        curl_easy_setopt(session->easy, CURLOPT_WRITEDATA, session),
    };

    for (size_t i = 0; i < array_length(codes); i++) {
        if (codes[i] != CURLE_OK) {
            return false;
        }
    }
    return true;
}

/* CURLE_OK: ended as it should, was interrupted, or is enough. */
static CURLcode transfer(const struct session *session, CURLM *multi)
{
    const struct event_client *client = session->client;
    int running = 1;
    int left = 0;

    while (running > 0) {
        struct curl_waitfd signals = { .fd = client->interrupt->descriptor, .events = CURL_WAIT_POLLIN };
        if (curl_multi_perform(multi, &running) != CURLM_OK ||
            (running > 0 && curl_multi_poll(multi, &signals, 1, POLL_MS, NULL) != CURLM_OK)) {
            return CURLE_FAILED_INIT;
        }
        if (interrupt_check(client->interrupt)) {
            return CURLE_OK;
        }
    }
    const CURLMsg *message = curl_multi_info_read(multi, &left);
    return message != NULL && message->msg == CURLMSG_DONE ? message->data.result : CURLE_FAILED_INIT;
}

static int judge(const struct session *session, CURLcode code, struct error *error)
{
    const struct event_client *client = session->client;
    long status = 0;

    if (session->is_enough || client->interrupt->was_seen) {
        return 0;
    }
    (void)curl_easy_getinfo(session->easy, CURLINFO_RESPONSE_CODE, &status);
    if (session->is_refused || (status != 0 && !session->is_connected)) {
        return error_set(error, "%.200s is no stream of events: it answers %ld; is it a gateway's admin address?",
                         client->url, status);
    }
    if (code == CURLE_OPERATION_TIMEDOUT && session->is_connected) {
        return error_set(error, "%.200s says nothing any more", client->url);
    }
    if (session->is_connected) {
        return error_set(error, "%.200s: the gateway has ended the stream", client->url);
    }
    long number = 0;
    (void)curl_easy_getinfo(session->easy, CURLINFO_OS_ERRNO, &number);
    return error_set(error, "%.200s cannot be watched: %s", client->url,
                     number != 0 ? strerror((int)number) : curl_easy_strerror(code));
}

static int run(struct session *session, CURLM *multi, struct error *error)
{
    if (!set_options(session) || curl_multi_add_handle(multi, session->easy) != CURLM_OK) {
        return error_set(error, "libcurl refuses its options");
    }
    CURLcode code = transfer(session, multi);
    int status = judge(session, code, error);
    (void)curl_multi_remove_handle(multi, session->easy);
    return status;
}

int event_client_run(const struct event_client *client, struct error *error)
{
    struct session session = { .client = client };
    int status = -1;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return error_set(error, "libcurl cannot be initialised");
    }
    event_parser_init(&session.parser, client->data_limit);
    CURLM *multi = curl_multi_init();
    session.easy = curl_easy_init();
    if (multi != NULL && session.easy != NULL) {
        status = run(&session, multi, error);
    } else {
        (void)error_set(error, "out of memory");
    }
    curl_easy_cleanup(session.easy);
    (void)curl_multi_cleanup(multi);
    event_parser_clear(&session.parser);
    curl_global_cleanup();
    return status;
}
