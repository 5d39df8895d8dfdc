/* SPDX-License-Identifier: MIT */
#include "lab/load_tally.h"

#include "common/clock.h"

static bool is_in_window(const struct load_tally *tally, uint64_t moment_us)
{
    return moment_us >= tally->window_begin_us && moment_us < tally->window_end_us;
}

static void note(struct load_tally *tally, int status)
{
    if (status < 0 && tally->status == 0) {
        tally->status = status;
    }
}

/* Never less than nothing, should the two times come from readings of the clock in another order. */
static uint64_t since(uint64_t begin_us, uint64_t end_us)
{
    return end_us > begin_us ? end_us - begin_us : 0;
}

void load_tally_begin(struct load_tally *tally, struct load_request *request, uint64_t due_us, bool had_to_wait)
{
    *request = (struct load_request){
        .due_us = due_us,
        .sent_us = CLOCK_NEVER_US,
        .is_counted = is_in_window(tally, due_us),
    };
    if (request->is_counted) {
        tally->due_count++;
        tally->result->waited += had_to_wait ? 1 : 0;
    }
}

static void add_lateness(struct load_tally *tally, const struct load_request *request)
{
    if (tally->is_open_loop && request->sent_us != CLOCK_NEVER_US) {
        note(tally, samples_add(&tally->result->lateness, since(request->due_us, request->sent_us)));
    }
}

static void add_success(struct load_tally *tally, const struct load_request *request, uint64_t now_us)
{
    tally->result->answered++;
    note(tally, samples_add(&tally->result->latency, since(request->due_us, now_us)));
    if (tally->is_open_loop) {
        note(tally, samples_add(&tally->result->uncorrected, since(request->sent_us, now_us)));
    }
}

void load_tally_answered(struct load_tally *tally, const struct load_request *request, int status, uint64_t now_us)
{
    struct load_result *result = tally->result;
    bool is_success = status >= 200 && status < 300;

    if (is_success && is_in_window(tally, now_us)) {
        result->answered_in_window++;
    }
    if (!request->is_counted) {
        return;
    }
    add_lateness(tally, request);
    if (is_success) {
        add_success(tally, request, now_us);
        return;
    }
    result->refused++;
    if (result->first_refusal_status == 0) {
        result->first_refusal_status = status;
    }
}

void load_tally_failed(struct load_tally *tally, const struct load_request *request, enum call_error error)
{
    if (request->is_counted) {
        tally->result->failed[error]++;
        add_lateness(tally, request);
    }
}

void load_tally_unanswered(struct load_tally *tally, const struct load_request *request, uint64_t now_us)
{
    struct load_result *result = tally->result;

    if (!request->is_counted && tally->is_open_loop) {
        return;
    }
    result->unanswered++;
    note(tally, samples_add_lower_bound(&result->latency, since(request->due_us, now_us)));
    if (!tally->is_open_loop) {
        return;
    }
    if (request->sent_us == CLOCK_NEVER_US) {
        note(tally, samples_add_lower_bound(&result->lateness, since(request->due_us, now_us)));
    } else {
        add_lateness(tally, request);
        note(tally, samples_add_lower_bound(&result->uncorrected, since(request->sent_us, now_us)));
    }
}

void load_tally_window_over(const struct load_tally *tally, struct load_request *request)
{
    if (!tally->is_open_loop && tally->due_count == 0) {
        request->is_counted = true;
    }
}
