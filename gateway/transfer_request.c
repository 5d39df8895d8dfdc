/* SPDX-License-Identifier: MIT */
#include "gateway/transfer_request.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>

#include "common/clock.h"
#include "gateway/curl_handle.h"

static int add_field(struct transfer *transfer, const char *line)
{
    struct curl_slist *longer = curl_slist_append(transfer->fields, line);

    if (longer == NULL) {
        return -ENOMEM;
    }
    transfer->fields = longer;
    return 0;
}

/* Here and not earlier: the attempt may have waited for its thread. */
static int add_deadline_field(struct transfer *transfer, const struct attempt *attempt)
{
    uint64_t now_us = clock_monotonic_us();
    uint64_t left_us = attempt->deadline_us > now_us ? attempt->deadline_us - now_us : 0;
    char line[96];

    if (attempt->deadline_field == NULL) {
        return 0;
    }
    (void)snprintf(line, sizeof line, "%s: %" PRIu64, attempt->deadline_field, left_us / CLOCK_US_PER_MS);
    return add_field(transfer, line);
}

static bool has_field(const struct attempt *attempt, struct str name)
{
    for (const char *const *line = attempt->fields; *line != NULL; line++) {
        struct str text = str_of(*line);
        if (text.length > name.length && str_equal_ignoring_case((struct str){ text.base, name.length }, name)) {
            return true;
        }
    }
    return false;
}

/* libcurl would wait for a 100 before a longer body, and call any body a form. */
static int suppress_fields(struct transfer *transfer, const struct attempt *attempt)
{
    if (!attempt_has_length(attempt)) {
        return 0;
    }
    if (!has_field(attempt, STR("Content-Type:")) && add_field(transfer, "Content-Type:") < 0) {
        return -ENOMEM;
    }
    return add_field(transfer, "Expect:");
}

static int build_fields(struct transfer *transfer, const struct attempt *attempt)
{
    for (const char *const *line = attempt->fields; *line != NULL; line++) {
        if (add_field(transfer, *line) < 0) {
            return -ENOMEM;
        }
    }
    return add_deadline_field(transfer, attempt) < 0 ? -ENOMEM : suppress_fields(transfer, attempt);
}

static void set_method(CURL *easy, const struct attempt *attempt)
{
    /* Setting CUSTOMREQUEST to NULL and HTTPGET first undoes what an earlier attempt on this handle had. */
    (void)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_NOBODY, 0L);
    if (attempt_has_length(attempt)) {
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)attempt->body.length);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, attempt->body.base != NULL ? attempt->body.base : "");
    }
    (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, attempt->method);
}

/* libcurl copies it. */
static int set_url(struct transfer *transfer, const struct attempt *attempt)
{
    const struct url *server = attempt->server;
    struct buf *text = &transfer->url;

    buf_reset(text);
    (void)buf_add_text(text, server->is_tls ? "https://" : "http://");
    (void)buf_add_text(text, server->authority);
    (void)buf_add_text(text, server->path);
    (void)buf_add_str(text, attempt->target);
    if (buf_add_byte(text, '\0') < 0) {
        return -ENOMEM;
    }
    return curl_easy_setopt(transfer->easy, CURLOPT_URL, text->base) == CURLE_OK ? 0 : -ENOMEM;
}

int transfer_request_set(struct transfer *transfer, const struct attempt *attempt)
{
    CURL *easy = transfer->easy;

    if (build_fields(transfer, attempt) < 0 || set_url(transfer, attempt) < 0) {
        curl_slist_free_all(take_pointer(transfer->fields));
        return -ENOMEM;
    }
    set_method(easy, attempt);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->fields);
    (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, attempt->wants_fresh_connection ? 1L : 0L);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, curl_handle_milliseconds_until(attempt->deadline_us, UINT64_MAX));
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                           curl_handle_milliseconds_until(attempt->deadline_us, attempt->connect_timeout_us));
    return 0;
}

void transfer_request_unset(struct transfer *transfer)
{
    (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, NULL);
    (void)curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, NULL);
    curl_slist_free_all(take_pointer(transfer->fields));
}
