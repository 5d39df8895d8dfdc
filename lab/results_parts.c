/* SPDX-License-Identifier: MIT */
#include "lab/results_parts.h"

enum {
    STAMP_ERROR_US = 2000,      /* stamps of log lines are cut to milliseconds, at both ends of a stretch */
    HANDOVER_US = 200,          /* a call that is begun within that did not wait for a thread */
    STANDSTILL_LEAST_US = 1000, /* an answer on its way to us as the next call begins has not waited for it */
};

const char *const part_names[PART_KIND_COUNT] = {
    [PART_WAITING] = "waiting", [PART_CONNECTING] = "connecting", [PART_BACKEND] = "backend",
    [PART_GATEWAY] = "gateway", [PART_UNKNOWN] = "unknown",
};

const char *const part_meanings[PART_KIND_COUNT] = {
    [PART_WAITING] = "waiting for the gateway",
    [PART_CONNECTING] = "connecting to the backend",
    [PART_BACKEND] = "the backend's call",
    [PART_GATEWAY] = "the gateway's own work",
    [PART_UNKNOWN] = "sent to answered, seen from outside",
};

/* A task being cut, from its sending on. */
struct cut {
    const struct mode_result *mode;
    struct task_result *task;
    uint64_t at_us; /* what lies before has been cut */
};

/* The part up to `end_us` is of that kind. Times that are not known, or that lie before what has been cut, cut nothing:
 * clocks are set, stamps are rounded. */
static void cut_to(struct cut *cut, enum part_kind kind, uint64_t end_us)
{
    struct task_result *task = cut->task;
    uint64_t until_us = end_us < task->ended_us ? end_us : task->ended_us;

    if (end_us == RESULTS_UNKNOWN_US || until_us <= cut->at_us) {
        return;
    }
    struct part *last = task->part_count > 0 ? &task->parts[task->part_count - 1] : NULL;
    if (last != NULL && (last->kind == kind || task->part_count == PARTS_MOST)) {
        last->end_us = until_us;
    } else {
        task->parts[task->part_count++] = (struct part){ kind, cut->at_us, until_us };
    }
    cut->at_us = until_us;
}

/* From when to when other tasks' calls kept the loop from the task, between now and `end_us`; empty: they did not. */
static struct part find_standstill(const struct cut *cut, uint64_t end_us)
{
    struct part found = { PART_WAITING, RESULTS_UNKNOWN_US, 0 };

    for (size_t i = 0; i < cut->mode->task_count; i++) {
        const struct task_result *other = &cut->mode->tasks[i];
        const struct record_times *record = &other->record;
        bool blocks = other != cut->task && other->is_blocking && record->is_known && record->has_call &&
                      record->worker == cut->task->record.worker && record->started_us != RESULTS_UNKNOWN_US &&
                      record->done_us != RESULTS_UNKNOWN_US;
        if (!blocks) {
            continue;
        }
        uint64_t from_us = record->started_us > cut->at_us ? record->started_us : cut->at_us;
        uint64_t until_us = record->done_us < end_us ? record->done_us : end_us;
        if (until_us > from_us && until_us - from_us >= STANDSTILL_LEAST_US) {
            found.start_us = from_us < found.start_us ? from_us : found.start_us;
            found.end_us = until_us > found.end_us ? until_us : found.end_us;
        }
    }
    return found;
}

/* As cut_to(), for what goes on in the loop: where the loop stood still, the task waited. */
static void cut_in_loop(struct cut *cut, enum part_kind kind, uint64_t end_us)
{
    if (end_us == RESULTS_UNKNOWN_US) {
        return;
    }
    struct part standstill = find_standstill(cut, end_us < cut->task->ended_us ? end_us : cut->task->ended_us);
    if (standstill.end_us > 0) {
        cut_to(cut, kind, standstill.start_us);
        cut_to(cut, PART_WAITING, standstill.end_us);
    }
    cut_to(cut, kind, end_us);
}

/* The backend's time up to `end_us`; once it has answered, the task waits to be called back. */
static void cut_backend(struct cut *cut, uint64_t end_us)
{
    uint64_t answered_us = cut->task->call_answered_us;

    if (answered_us != RESULTS_UNKNOWN_US && end_us > answered_us && end_us - answered_us > STAMP_ERROR_US) {
        cut_to(cut, PART_BACKEND, answered_us);
        cut_to(cut, PART_WAITING, end_us);
    }
    cut_to(cut, PART_BACKEND, end_us);
}

static void cut_call(struct cut *cut, const struct record_times *record)
{
    uint64_t end_us = record->done_us < cut->task->ended_us ? record->done_us : cut->task->ended_us;

    cut_in_loop(cut, PART_GATEWAY, record->queued_us);
    if (record->started_us == RESULTS_UNKNOWN_US) {
        cut_to(cut, PART_WAITING, end_us);
        return;
    }
    bool is_at_once = record->started_us <= cut->at_us + HANDOVER_US;
    cut_to(cut, is_at_once ? PART_GATEWAY : PART_WAITING, record->started_us);
    if (record->connected_us == RESULTS_UNKNOWN_US && record->sent_us == RESULTS_UNKNOWN_US) {
        cut_in_loop(cut, PART_CONNECTING, end_us);
        return;
    }
    cut_in_loop(cut, PART_CONNECTING, record->connected_us);
    cut_in_loop(cut, PART_GATEWAY, record->sent_us);
    cut_backend(cut, end_us);
}

static void cut_by_record(struct cut *cut)
{
    const struct record_times *record = &cut->task->record;

    cut_to(cut, PART_WAITING, record->read_us);
    if (record->has_call) {
        cut_call(cut, record);
    }
    cut_in_loop(cut, PART_GATEWAY, cut->task->ended_us);
}

/* By the stamps of log lines. Waits that are shorter than those can tell are left out. */
static void cut_by_logs(struct cut *cut)
{
    const struct task_result *task = cut->task;
    bool is_call_known = task->call_received_us != RESULTS_UNKNOWN_US;
    uint64_t started_us = is_call_known ? task->call_received_us : task->received_us;
    uint64_t answered_us = task->call_answered_us;

    if (started_us > task->sent_us + STAMP_ERROR_US) {
        cut_to(cut, PART_WAITING, started_us);
    }
    if (answered_us < task->ended_us && task->ended_us - answered_us > STAMP_ERROR_US) {
        cut_to(cut, PART_BACKEND, answered_us);
        cut_to(cut, PART_WAITING, task->ended_us);
    }
    cut_to(cut, PART_BACKEND, task->ended_us);
}

static void cut_task(const struct mode_result *mode, struct task_result *task)
{
    struct cut cut = { .mode = mode, .task = task, .at_us = task->sent_us };
    bool is_logged = task->received_us != RESULTS_UNKNOWN_US || task->call_received_us != RESULTS_UNKNOWN_US;

    task->part_count = 0;
    if (task->sent_us == RESULTS_UNKNOWN_US) {
        return;
    }
    if (task->status != 0 && task->record.is_known) {
        cut_by_record(&cut);
    } else if (task->status != 0 && is_logged) {
        cut_by_logs(&cut);
    } else {
        cut_to(&cut, PART_UNKNOWN, task->ended_us);
    }
}

void results_cut(struct mode_result *mode)
{
    for (size_t i = 0; i < mode->task_count; i++) {
        cut_task(mode, &mode->tasks[i]);
    }
}

void results_find_kinds(const struct mode_result *mode, uint64_t least_us, bool is_used[PART_KIND_COUNT])
{
    for (size_t i = 0; i < mode->task_count; i++) {
        const struct task_result *task = &mode->tasks[i];
        for (size_t k = 0; k < task->part_count; k++) {
            const struct part *part = &task->parts[k];
            is_used[part->kind] = is_used[part->kind] || part->end_us - part->start_us >= least_us;
        }
    }
}
