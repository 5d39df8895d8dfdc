/* SPDX-License-Identifier: MIT */
#include "lab/sender.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>

#include "common/clock.h"
#include "lab/sender_transfer.h"

/* After that the next request is written all the same. */
enum { WRITE_TIMEOUT_US = 10 * CLOCK_US_PER_SECOND };

struct sender {
    const struct sender_config *config;
    CURLM *multi;
    struct sender_transfer *transfers;
    size_t count;
    size_t open_count; /* transfers that are under way */
};

void sender_library_version(char *text, size_t size)
{
    (void)snprintf(text, size, "libcurl %s", curl_version_info(CURLVERSION_NOW)->version);
}

static void collect(struct sender *sender)
{
    CURLMsg *message;
    int left = 0;

    while ((message = curl_multi_info_read(sender->multi, &left)) != NULL) {
        struct sender_transfer *transfer = NULL;
        CURLcode code = message->data.result; /* the message is gone once the handle is removed */
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        if (transfer != NULL) {
            sender_transfer_finish(transfer, (int)code);
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
static int write_request(struct sender *sender, struct sender_transfer *transfer)
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

static int send_one(struct sender *sender, struct sender_transfer *transfer)
{
    sender_transfer_log(transfer, LOG_INFO, STR(" -----"), STR(""));
    if (transfer->dial->descriptor < 0) {
        sender_transfer_fail(transfer, transfer->dial->error);
        log_flush(sender->config->log);
        return transfer->dial->error == CALL_CANCELLED ? -ECANCELED : 0;
    }
    sender_transfer_log(transfer, LOG_INFO, STR(" Send!!"), STR(""));
    log_flush(sender->config->log);

    if (sender_transfer_begin(transfer) < 0) {
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
        struct sender_transfer *transfer = &sender->transfers[i];
        if (transfer->result->ended_us == CLOCK_NEVER_US) {
            sender_transfer_fail(transfer, CALL_CANCELLED);
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
        sender->transfers[i] = (struct sender_transfer){
            .task = &tasks[i],
            .result = &results[i],
            .dial = &dials[i],
            .log = sender->config->log,
            .multi = sender->multi,
            .open_count = &sender->open_count,
            .answer_timeout_us = sender->config->answer_timeout_us,
        };
        buf_init(&sender->transfers[i].body, SENDER_SHOWN_BYTES);
    }
    dial_all(&sender->config->dial, dials, sender->count);
}

int sender_run(const struct sender_config *config, const struct sender_task *tasks, struct sender_result *results,
               size_t count)
{
    cleanup_free struct dial *dials = calloc(count, sizeof *dials);
    cleanup_free struct sender_transfer *transfers = calloc(count, sizeof *transfers);

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
