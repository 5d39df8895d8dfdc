/* SPDX-License-Identifier: MIT */
/*
 * fan_out - the calls of one request while they are made: which run, which wait for which, what became of them.
 *
 * Walks the plan's graph: a call starts the moment all it needs is there. A call with `each` becomes a call for each
 * element. A failed call that is optional leaves a hole in the answer, and those that need its body fail with
 * dependency_failed; one that is required ends it all, and the others are cancelled.
 *
 *     fan_out_init(&fan_out, plan, &events, context);  … fan_out.scope = …
 *     int status = fan_out_start(&fan_out, &match, &error);
 *
 * Memory: the request's arena; fan_out_clear() frees what the calls received.   Threads: the worker's.
 */
#ifndef GATEWAY_FAN_OUT_H
#define GATEWAY_FAN_OUT_H

#include <stdbool.h>

#include "common/json_fields.h"
#include "common/json_view.h"
#include "gateway/account.h"
#include "gateway/call.h"
#include "gateway/route_table.h"

enum step_state {
    STEP_WAITING, /* for the bodies of others */
    STEP_READY,   /* to be started */
    STEP_RUNNING,
    STEP_DONE,
    STEP_FAILED,
};

/* One call of the plan: one call, or one for each element. */
struct step {
    const struct plan_call *planned;
    enum step_state state;
    struct call *calls;
    size_t call_count;
    size_t element_count;      /* with `each`: of the answer's array; a call more stands for those that were refused */
    struct json_walk elements; /* those that were not started yet */
    struct json_field *fields; /* of its body, as planned; NULL: nobody has asked for one yet */
    size_t started_count;
    size_t missing_count;   /* inputs that are not done yet */
    size_t unsettled_count; /* calls */
    struct step *next_work;
};

struct fan_out_events {
    /* No call is to be waited for any more: see fan_out.failed. */
    void (*on_over)(void *context);
    /* After it was over: no strategy works for any call any more. */
    void (*on_idle)(void *context);
};

struct fan_out {
    struct call_scope scope;
    struct call_message_lines lines; /* the scope's */
    const struct plan *plan;
    const struct route_match *match;
    const struct fan_out_events *events;
    void *context;

    struct step *steps; /* in the plan's order */
    struct step *work;  /* ready, done or failed; not looked at yet */
    struct step **last_work;
    bool is_working;
    uint64_t now_us;            /* of calls that start one behind the other; 0: to be read again */
    bool is_over;               /* nothing starts any more */
    bool is_late;               /* the request's deadline ended a call: the same */
    size_t unsettled_count;     /* steps */
    size_t running_count;       /* calls that were started and are not done */
    const struct call *unheard; /* ended while it was started, and on_done is still to come: nothing starts before */
    _Atomic size_t answer_room; /* for bodies, those that are under way included */

    const struct call *failed; /* the required call whose failure ended it; NULL: none */
    bool is_incomplete;        /* some call failed */
    const char *refusal;       /* the request itself is to blame: a sentence, for 400; NULL: it is not */
};

/* `scope` is copied, but for on_done, context and lines, which are the fan-out's. 0 or -ENOMEM. */
int fan_out_init(struct fan_out *fan_out, const struct plan *plan, const struct call_scope *scope,
                 const struct fan_out_events *events, void *context) must_check;
/* Starts all that waits for nothing; may be over before this returns. `match` stays as long as it is not over. */
void fan_out_start(struct fan_out *fan_out, const struct route_match *match);
/* Ends every call with `error`; on_over does not come. */
void fan_out_cancel(struct fan_out *fan_out, enum call_error error);
/* At the request's deadline: what is not there by now has timed out. on_over follows. */
void fan_out_expire(struct fan_out *fan_out);
void fan_out_clear(struct fan_out *fan_out);

/* The account of every call, in the plan's order; the chain of calls that the end waited for, first to last. Of the
 * arena; empty when that is full. */
void fan_out_account(const struct fan_out *fan_out, struct account *account);

#endif
