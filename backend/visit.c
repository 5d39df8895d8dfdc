/* SPDX-License-Identifier: MIT */
#include "backend/visit.h"

#include "backend/visit_answer.h"
#include "backend/visit_log.h"
#include "common/clock.h"

#define NO_ROOM "There is no memory for another waiting request."

/* ---- faults ---- */

static void link_faulty(struct visit *visit)
{
    struct service *service = visit->service;

    visit->is_faulty = true;
    visit->next = service->faulty;
    if (service->faulty != NULL) {
        service->faulty->previous = visit;
    }
    service->faulty = visit;
}

static void unlink_faulty(struct visit *visit)
{
    if (!visit->is_faulty) {
        return;
    }
    visit->is_faulty = false;
    if (visit->previous != NULL) {
        visit->previous->next = visit->next;
    } else {
        visit->service->faulty = visit->next;
    }
    if (visit->next != NULL) {
        visit->next->previous = visit->previous;
    }
}

static void begin_fault(struct visit *visit)
{
    visit->status = fault_status(visit->knobs.fault);
    visit_log_send(visit);
    link_faulty(visit);
    fault_start(&visit->fault_run, visit->knobs.fault, visit->service->loop, visit->exchange);
    if (visit->service->is_draining) {
        fault_end(&visit->fault_run);
    }
}

void visit_end_faults(struct service *service)
{
    struct visit *next = NULL;

    for (struct visit *visit = service->faulty; visit != NULL; visit = next) {
        next = visit->next;
        fault_end(&visit->fault_run);
    }
}

/* ---- the end ---- */

/* No answer is due any more. */
static void stop_waiting(struct visit *visit)
{
    loop_disarm(visit->service->loop, &visit->delay_timer);
    turnstile_leave(&visit->service->turnstile, &visit->ticket);
    fault_stop(&visit->fault_run);
    unlink_faulty(visit);
}

static void on_client_gone(void *context)
{
    struct visit *visit = context;

    visit->is_client_gone = true;
    stop_waiting(visit);
}

static void on_finished(void *context, bool is_complete)
{
    struct visit *visit = context;

    stop_waiting(visit);
    visit_log_done(visit, is_complete);
    free(visit);
}

/* ---- waiting ---- */

static void on_delay_over(void *context)
{
    struct visit *visit = context;

    turnstile_leave(&visit->service->turnstile, &visit->ticket);
    if (visit->knobs.fault != NULL && !fault_is_for_next(visit->knobs.fault)) {
        begin_fault(visit);
        return;
    }
    if (visit->knobs.fault != NULL) {
        http_exchange_set_note(visit->exchange, visit->knobs.fault);
    }
    visit_answer(visit);
}

static void on_turn(void *context)
{
    struct visit *visit = context;

    visit->turn_us = clock_monotonic_us();
    if (visit->delay_us == 0) {
        on_delay_over(visit);
    } else if (loop_arm(visit->service->loop, &visit->delay_timer, visit->turn_us + visit->delay_us) < 0) {
        visit_answer_problem(visit, 503, NO_ROOM, true);
    }
}

/* ---- what skips the wait ---- */

static bool is_for_path(const struct visit *visit, struct str path)
{
    struct str target = http_exchange_target(visit->exchange);

    return str_equal((struct str){ target.base, str_find(target, '?') }, path);
}

static bool is_get_of(const struct visit *visit, struct str path)
{
    struct str method = http_exchange_method(visit->exchange);
    bool is_get = str_equal(method, STR("GET")) || str_equal(method, STR("HEAD"));

    return is_get && is_for_path(visit, path);
}

static bool was_answered_at_once(struct visit *visit)
{
    bool is_hello = is_get_of(visit, STR("/hello"));
    bool is_health = !is_hello && is_get_of(visit, STR("/healthz"));

    if (!is_hello && !is_health) {
        return false;
    }
    visit->is_quiet = true;
    visit_log_received(visit);
    if (is_hello) {
        visit_answer_text(visit, "text/plain; charset=utf-8", "Hello world");
    } else {
        visit_answer_text(visit, "application/json", "{\"status\":\"ok\"}");
    }
    return true;
}

/* The door closes before the answer leaves: who has read it will be refused. */
static void on_refusal_due(void *context)
{
    struct visit *visit = context;

    if (service_refuse_for(visit->service, visit->knobs.refusal_us) < 0) {
        visit_answer_problem(visit, 503, "There is no memory to wait for the end of that time.", false);
    } else {
        visit_answer_text(visit, "application/json", "{\"message\":\"success\"}");
    }
}

/* In the next turn: closing takes in connections, which cannot be done from inside the server. */
static bool was_asked_to_refuse(struct visit *visit)
{
    struct error error = { { '\0' } };
    struct loop *loop = visit->service->loop;

    if (!str_equal(http_exchange_method(visit->exchange), STR("POST")) || !is_for_path(visit, STR("/_refuse"))) {
        return false;
    }
    visit_log_received(visit);
    visit->delay_timer.on_due = on_refusal_due;
    if (knobs_parse_refusal(http_exchange_target(visit->exchange), &visit->knobs, &error) < 0) {
        visit_answer_problem(visit, 400, error.text, false);
    } else if (loop_arm(loop, &visit->delay_timer, clock_monotonic_us()) < 0) {
        visit_answer_problem(visit, 503, NO_ROOM, true);
    }
    return true;
}

static bool was_hit_by_an_earlier_fault(struct visit *visit)
{
    visit->knobs.fault = http_exchange_note(visit->exchange);
    if (visit->knobs.fault == NULL) {
        return false;
    }
    visit_log_received(visit);
    begin_fault(visit);
    return true;
}

/* ---- the beginning ---- */

static const struct http_exchange_events exchange_events = {
    .on_client_gone = on_client_gone,
    .on_finished = on_finished,
};

/* NULL: no memory, and the connection is being closed. */
static struct visit *visit_new(struct service *service, struct http_exchange *exchange)
{
    struct visit *visit = calloc(1, sizeof *visit);

    if (visit == NULL) {
        http_exchange_raw_close(exchange);
        return NULL;
    }
    visit->service = service;
    visit->exchange = exchange;
    visit->read_us = clock_monotonic_us();
    visit->ticket = (struct turnstile_ticket){ .on_turn = on_turn, .context = visit };
    visit->delay_timer = (struct loop_timer){ .on_due = on_delay_over, .context = visit };
    http_exchange_set_owner(exchange, &exchange_events, visit);
    return visit;
}

void visit_begin(struct service *service, struct http_exchange *exchange)
{
    struct error error = { { '\0' } };
    struct visit *visit = visit_new(service, exchange);

    if (visit == NULL || was_hit_by_an_earlier_fault(visit) || was_answered_at_once(visit) ||
        was_asked_to_refuse(visit)) {
        return;
    }
    visit_log_received(visit);
    if (knobs_parse(http_exchange_target(exchange), &visit->knobs, &error) < 0) {
        visit_answer_problem(visit, 400, error.text, false);
        return;
    }
    const struct delay *delay = visit->knobs.has_delay ? &visit->knobs.delay : &service->config.delay;
    visit->delay_us = delay_sample(delay, &service->random);
    turnstile_enter(&service->turnstile, &visit->ticket);
}

void visit_refuse(struct service *service, struct http_exchange *exchange, int status, const char *reason)
{
    struct visit *visit = visit_new(service, exchange);

    if (visit != NULL) {
        visit_log_received(visit);
        visit_answer_problem(visit, status, reason, true);
    }
}
