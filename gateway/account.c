/* SPDX-License-Identifier: MIT */
#include "gateway/account.h"

#include <errno.h>

#include "gateway/span_union.h"

/* ---- shares ---- */

static struct span clip(const struct account *account, uint64_t start_us, uint64_t end_us)
{
    return (struct span){
        .start_us = start_us < account->head_read_us ? account->head_read_us : start_us,
        .end_us = end_us > account->done_us ? account->done_us : end_us,
    };
}

/* A call that is still on its way counts up to the request's end. */
static uint64_t call_end_us(const struct account *account, const struct call_account *call)
{
    return call->done_us != 0 ? call->done_us : account->done_us;
}

struct account_busy {
    uint64_t calls_us; /* some call was with a backend */
    uint64_t any_us;   /* or waited to be */
};

/* False: it neither overlaps nor touches what is there. An empty span adds nothing. */
static bool melt(struct span *whole, struct span added)
{
    bool is_first = whole->start_us >= whole->end_us;

    if (added.start_us >= added.end_us) {
        return true;
    }
    if (!is_first && (added.start_us > whole->end_us || added.end_us < whole->start_us)) {
        return false;
    }
    whole->start_us = is_first || added.start_us < whole->start_us ? added.start_us : whole->start_us;
    whole->end_us = is_first || added.end_us > whole->end_us ? added.end_us : whole->end_us;
    return true;
}

/* One call, or calls at the same time: all of it is one span. False: it is not so simple. */
static bool measure_one_span(const struct account *account, struct account_busy *busy)
{
    struct span calling = { .start_us = 0 };
    struct span any = { .start_us = 0 };
    bool is_one = true;

    for (size_t i = 0; i < account->call_count && is_one; i++) {
        const struct call_account *call = account->calls[i];
        uint64_t end_us = call_end_us(account, call);
        if (call->started_us != 0) {
            struct span span = clip(account, call->started_us, end_us);
            is_one = melt(&calling, span) && melt(&any, span);
        }
        if (call->queued_us != 0) {
            is_one = is_one && melt(&any, clip(account, call->queued_us, end_us));
        }
    }
    *busy = (struct account_busy){ calling.end_us - calling.start_us, any.end_us - any.start_us };
    return is_one;
}

static void measure_spans(const struct account *account, struct account_busy *busy)
{
    struct span_union calling;
    struct span_union any;

    span_union_init(&calling);
    span_union_init(&any);
    for (size_t i = 0; i < account->call_count; i++) {
        const struct call_account *call = account->calls[i];
        uint64_t end_us = call_end_us(account, call);
        if (call->started_us != 0) {
            span_union_add(&calling, clip(account, call->started_us, end_us));
            span_union_add(&any, clip(account, call->started_us, end_us));
        }
        if (call->queued_us != 0) {
            span_union_add(&any, clip(account, call->queued_us, end_us));
        }
    }
    *busy = (struct account_busy){ span_union_length(&calling), span_union_length(&any) };
}

struct account_shares account_shares(const struct account *account)
{
    struct account_shares shares = { .total_us = 0 };
    struct account_busy busy;

    if (account->done_us <= account->head_read_us) {
        return shares;
    }
    if (!measure_one_span(account, &busy)) {
        measure_spans(account, &busy);
    }
    shares.total_us = account->done_us - account->head_read_us;
    shares.calls_us = busy.calls_us;
    shares.queue_us = busy.any_us > busy.calls_us ? busy.any_us - busy.calls_us : 0;
    shares.own_us = shares.total_us - shares.calls_us - shares.queue_us;
    return shares;
}

uint64_t account_elapsed_us(const struct account *account, const struct call_account *call)
{
    uint64_t end_us = call_end_us(account, call);
    uint64_t start_us = call->queued_us != 0 ? call->queued_us : call->started_us;

    return start_us == 0 || end_us < start_us ? 0 : end_us - start_us;
}

/* ---- JSON ---- */

static void add_text_or_null(struct buf *json, const char *text)
{
    if (text == NULL) {
        (void)buf_add_text(json, "null");
    } else {
        (void)buf_add_json_string(json, str_of(text));
    }
}

static void add_status(struct buf *json, unsigned status)
{
    if (status == 0) {
        (void)buf_add_text(json, "null");
    } else {
        (void)buf_add_number(json, status);
    }
}

/* `front` and the number: `,"bytes":21`. */
static void add_number(struct buf *json, struct str front, uint64_t number)
{
    (void)buf_add_str(json, front);
    (void)buf_add_number(json, number);
}

/* `,"name":offset`, null for what did not happen. */
static void add_offset(struct buf *json, struct str front, const struct account *account, uint64_t time_us)
{
    if (time_us == 0) {
        (void)buf_add_str(json, front);
        (void)buf_add_text(json, "null");
        return;
    }
    uint64_t offset_us = time_us > account->head_read_us ? time_us - account->head_read_us : 0;
    add_number(json, front, offset_us);
}

/* Which element, and more about the error, where there is more to say. */
static void add_element(struct buf *json, const struct call_account *call)
{
    if (call->element_number > 0) {
        add_number(json, STR(",\"index\":"), call->element_number - 1);
    }
}

static void add_error(struct buf *json, const struct call_account *call)
{
    (void)buf_add_text(json, ",\"error\":");
    add_text_or_null(json, call_error_name(call->error));
    if (call->detail.length > 0) {
        (void)buf_add_text(json, ",\"detail\":");
        (void)buf_add_json_string(json, call->detail);
    }
}

static void add_call(struct buf *json, const struct account *account, const struct call_account *call)
{
    (void)buf_add_text(json, "{\"name\":");
    (void)buf_add_json_string(json, call->name);
    add_element(json, call);
    (void)buf_add_text(json, ",\"backend\":");
    (void)buf_add_json_string(json, call->backend);
    (void)buf_add_text(json, ",\"server\":");
    (void)buf_add_json_string(json, call->server);
    (void)buf_add_text(json, ",\"status\":");
    add_status(json, call->status);
    add_error(json, call);
    add_number(json, STR(",\"attempts\":"), call->attempts);
    (void)buf_add_text(json, call->is_reused ? ",\"reused\":true" : ",\"reused\":false");
    add_number(json, STR(",\"bytes\":"), call->body_bytes);
    add_offset(json, STR(",\"queued_us\":"), account, call->queued_us);
    add_offset(json, STR(",\"started_us\":"), account, call->started_us);
    add_offset(json, STR(",\"connected_us\":"), account, call->connected_us);
    add_offset(json, STR(",\"sent_us\":"), account, call->sent_us);
    add_offset(json, STR(",\"first_byte_us\":"), account, call->first_byte_us);
    add_offset(json, STR(",\"done_us\":"), account, call->done_us);
    (void)buf_add_byte(json, '}');
}

/* "items.3" for an element's call. */
static void add_call_name(struct buf *text, const struct call_account *call)
{
    (void)buf_add_str(text, call->name);
    if (call->element_number > 0) {
        (void)buf_add_format(text, ".%zu", call->element_number - 1);
    }
}

/* Names need no escaping. */
static void add_critical_path(struct buf *json, const struct account *account)
{
    (void)buf_add_text(json, ",\"critical_path\":[");
    for (size_t i = 0; i < account->critical_count; i++) {
        (void)buf_add_text(json, i > 0 ? ",\"" : "\"");
        add_call_name(json, account->critical_path[i]);
        (void)buf_add_byte(json, '"');
    }
    (void)buf_add_byte(json, ']');
}

int account_render_json(const struct account *account, struct buf *json)
{
    struct account_shares shares = account_shares(account);

    add_number(json, STR(",\"total_us\":"), shares.total_us);
    add_number(json, STR(",\"queue_us\":"), shares.queue_us);
    add_number(json, STR(",\"own_us\":"), shares.own_us);
    (void)buf_add_text(json, ",\"calls\":[");
    for (size_t i = 0; i < account->call_count; i++) {
        if (i > 0) {
            (void)buf_add_byte(json, ',');
        }
        add_call(json, account, account->calls[i]);
    }
    (void)buf_add_byte(json, ']');
    add_critical_path(json, account);
    return json->failed ? -ENOBUFS : 0;
}

static void add_outcome(struct buf *json, const struct account *account, const struct call_account *call)
{
    (void)buf_add_text(json, "{\"call\":");
    (void)buf_add_json_string(json, call->name);
    add_element(json, call);
    add_error(json, call);
    (void)buf_add_text(json, ",\"status\":");
    add_status(json, call->status);
    add_number(json, STR(",\"elapsed_ms\":"), (account_elapsed_us(account, call) + 500) / 1000);
    (void)buf_add_byte(json, '}');
}

int account_render_outcomes(const struct account *account, bool failed_only, struct buf *json)
{
    bool is_first = true;

    (void)buf_add_byte(json, '[');
    for (size_t i = 0; i < account->call_count; i++) {
        if (failed_only && account->calls[i]->error == CALL_OK) {
            continue;
        }
        if (!is_first) {
            (void)buf_add_byte(json, ',');
        }
        is_first = false;
        add_outcome(json, account, account->calls[i]);
    }
    (void)buf_add_byte(json, ']');
    return json->failed ? -ENOBUFS : 0;
}
