/* SPDX-License-Identifier: MIT */
#include "lab/load_session.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"

enum { EVENTS_A_TURN = 256, SENDS_A_TURN = 1024, REST_US = 10 * CLOCK_US_PER_MS };

/* What epoll says of the two descriptors that are no connections. */
static const uint64_t timer_key = UINT64_MAX;
static const uint64_t wake_key = UINT64_MAX - 1;

static uint64_t add_times(uint64_t a_us, uint64_t b_us)
{
    return b_us < CLOCK_NEVER_US - a_us ? a_us + b_us : CLOCK_NEVER_US;
}

static uint64_t earlier(uint64_t a_us, uint64_t b_us)
{
    return a_us < b_us ? a_us : b_us;
}

static uint64_t thread_cpu_us(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_THREAD, &usage) < 0) {
        return 0;
    }
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * CLOCK_US_PER_SECOND +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* ---- requests ---- */

/* A request has ended: its connection is free, or rests. */
static void release(struct load_session *session, struct load_connection *connection, const struct load_event *event,
                    uint64_t now_us)
{
    bool must_rest = event->kind == LOAD_FAILED && event->is_unconnected && !session->tally.is_open_loop;

    if (event->kind == LOAD_FAILED) {
        load_tally_failed(&session->tally, &connection->request, event->error);
    } else {
        load_tally_answered(&session->tally, &connection->request, connection->answer.status, now_us);
    }
    session->ended_count++;
    session->last_end_us = now_us;
    if (must_rest) {
        load_pool_rest(&session->pool, connection, now_us + REST_US);
    } else {
        load_pool_give(&session->pool, connection, now_us);
    }
}

/* Begins all requests that are due; so many at most, that what comes in is looked at, too. */
static void send_due(struct load_session *session, uint64_t now_us)
{
    for (size_t i = 0; i < SENDS_A_TURN; i++) {
        uint64_t due_us = load_schedule_next_us(&session->schedule, now_us);
        struct load_connection *connection = due_us <= now_us ? load_pool_take(&session->pool) : NULL;
        if (connection == NULL) {
            return;
        }
        session->schedule.begun_count++;
        load_tally_begin(&session->tally, &connection->request, due_us, due_us < session->pool.free_since_us);
        struct load_event event = load_connection_send(connection, &session->link);
        if (event.kind == LOAD_FAILED) {
            release(session, connection, &event, now_us);
        }
    }
}

/* ---- the window ---- */

static void end_window(struct load_session *session, uint64_t end_us)
{
    struct load_tally *tally = &session->tally;

    session->is_window_over = true;
    tally->window_end_us = end_us;
    session->schedule.end_us = end_us;
    if (session->is_window_open) {
        tally->result->elapsed_us = end_us > tally->window_begin_us ? end_us - tally->window_begin_us : 0;
        tally->result->cpu_us = thread_cpu_us() - session->cpu_begin_us;
    }
    for (size_t i = 0; i < session->pool.count; i++) {
        load_tally_window_over(tally, &session->pool.connections[i].request);
    }
}

static void pass_time(struct load_session *session, uint64_t now_us)
{
    struct load_tally *tally = &session->tally;

    if (!session->is_window_open && now_us >= tally->window_begin_us) {
        session->is_window_open = true;
        session->cpu_begin_us = thread_cpu_us();
    }
    if (!session->is_window_over && (now_us >= tally->window_end_us || tally->status == -ENOBUFS)) {
        end_window(session, earlier(now_us, tally->window_end_us));
    }
    load_pool_wake(&session->pool, now_us);
}

/* When nothing is waited for any longer. */
static uint64_t give_up_us(const struct load_session *session)
{
    if (session->is_window_over) {
        return add_times(session->tally.window_end_us, session->setup->grace_us);
    }
    bool may_stand_still = session->setup->duration_us != CLOCK_NEVER_US || session->setup->grace_us == 0;
    return may_stand_still ? CLOCK_NEVER_US : add_times(session->last_end_us, session->setup->grace_us);
}

static bool is_at_limit(const struct load_session *session)
{
    uint64_t limit = session->schedule.request_limit;

    return limit > 0 && session->ended_count >= limit;
}

static bool is_over(const struct load_session *session, uint64_t now_us)
{
    bool is_done = session->is_window_over && load_pool_busy_count(&session->pool) == 0 &&
                   load_schedule_next_us(&session->schedule, now_us) == CLOCK_NEVER_US;

    return is_at_limit(session) || is_done || session->tally.status == -ENOMEM || now_us >= give_up_us(session);
}

/* ---- waiting ---- */

static uint64_t next_turn_us(const struct load_session *session, uint64_t now_us)
{
    uint64_t turn_us = earlier(give_up_us(session), load_pool_next_wake_us(&session->pool));

    if (!session->is_window_open) {
        turn_us = earlier(turn_us, session->tally.window_begin_us);
    }
    if (!session->is_window_over) {
        turn_us = earlier(turn_us, session->tally.window_end_us);
    }
    if (load_pool_has_free(&session->pool)) {
        turn_us = earlier(turn_us, load_schedule_next_us(&session->schedule, now_us));
    }
    return turn_us;
}

/* Until something can be read or is due; how many events. */
static int wait_turn(struct load_session *session, struct epoll_event *events, uint64_t now_us)
{
    uint64_t turn_us = next_turn_us(session, now_us);

    if (turn_us > now_us) {
        load_timer_set(&session->timer, turn_us, now_us);
    }
    return epoll_wait(session->link.epoll, events, EVENTS_A_TURN, turn_us > now_us ? -1 : 0);
}

static void on_event(struct load_session *session, const struct epoll_event *ready)
{
    uint32_t index = load_connection_key_index(ready->data.u64);
    if (index >= session->pool.count) {
        return; /* the timer, or load_stop(): what there is to do is done in any case */
    }
    struct load_connection *connection = &session->pool.connections[index];
    if (load_connection_key(connection) != ready->data.u64) {
        return; /* of a socket that is closed */
    }

    struct load_event event = load_connection_on_ready(connection, &session->link, ready->events);
    if (event.kind == LOAD_ENDED) {
        load_pool_on_ended(&session->pool, connection);
    } else if (event.kind != LOAD_NOTHING) {
        uint64_t now_us = clock_monotonic_us();
        release(session, connection, &event, now_us);
        send_due(session, now_us);
    }
}

/* ---- the end ---- */

static bool is_under_way(const struct load_connection *connection)
{
    return connection->state == LOAD_CONNECTING || connection->state == LOAD_BUSY;
}

/* Those under way, and those that were due and had no connection. */
static void give_up_rest(struct load_session *session, uint64_t now_us)
{
    for (size_t i = 0; i < session->pool.count; i++) {
        const struct load_connection *connection = &session->pool.connections[i];
        if (is_under_way(connection)) {
            load_tally_unanswered(&session->tally, &connection->request, now_us);
        }
    }
    if (!session->tally.is_open_loop) {
        return;
    }
    uint64_t due_us;
    while ((due_us = load_schedule_next_us(&session->schedule, now_us)) <= now_us) {
        struct load_request request;
        session->schedule.begun_count++;
        load_tally_begin(&session->tally, &request, due_us, true);
        load_tally_unanswered(&session->tally, &request, now_us);
    }
}

static void finish(struct load_session *session, bool was_stopped)
{
    uint64_t now_us = clock_monotonic_us();

    if (!session->is_window_over) {
        end_window(session, is_at_limit(session) ? session->last_end_us : now_us);
    }
    session->tally.result->was_stopped = was_stopped;
    if (!was_stopped && !is_at_limit(session)) {
        give_up_rest(session, now_us);
    }
}

int load_session_run(struct load_session *session, struct error *error)
{
    struct epoll_event events[EVENTS_A_TURN];
    bool was_stopped = false;

    for (;;) {
        uint64_t now_us = clock_monotonic_us();
        pass_time(session, now_us);
        was_stopped = atomic_load_explicit(&session->load->stop, memory_order_relaxed);
        if (was_stopped || is_over(session, now_us)) {
            break;
        }
        send_due(session, now_us);
        int count = wait_turn(session, events, now_us);
        for (int i = 0; i < count; i++) {
            on_event(session, &events[i]);
        }
    }
    finish(session, was_stopped);
    return session->tally.status == -ENOMEM ? error_set(error, "no memory for the measured durations") : 0;
}

/* ---- life ---- */

static int add_descriptor(const struct load_session *session, int descriptor, uint64_t key)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = key };

    return epoll_ctl(session->link.epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static void set_times(struct load_session *session, struct load_result *result)
{
    const struct load_setup *setup = session->setup;
    uint64_t start_us = clock_monotonic_us();
    uint64_t begin_us = add_times(start_us, setup->warm_up_us);

    session->last_end_us = start_us;
    session->schedule = (struct load_schedule){
        .rate_per_second = setup->rate_per_second,
        .request_limit = setup->rate_per_second > 0 ? 0 : setup->request_limit,
        .start_us = start_us,
        .end_us = add_times(begin_us, setup->duration_us),
    };
    session->tally = (struct load_tally){
        .result = result,
        .is_open_loop = load_schedule_is_open_loop(&session->schedule),
        .window_begin_us = begin_us,
        .window_end_us = session->schedule.end_us,
    };
}

int load_session_open(struct load_session *session, struct load *load, const struct load_setup *setup,
                      const struct load_target *target, struct load_result *result, struct error *error)
{
    *session = (struct load_session){
        .load = load,
        .setup = setup,
        .link = { .epoll = epoll_create1(EPOLL_CLOEXEC), .target = target, .received = malloc(LOAD_RECEIVE_BYTES) },
    };
    if (load_timer_open(&session->timer) < 0 || session->link.epoll < 0) {
        return error_set(error, "cannot wait for sockets: %s", strerror(errno));
    }
    if (session->link.received == NULL || load_pool_init(&session->pool, setup->connections) < 0) {
        return error_set(error, "no memory for %zu connections", setup->connections);
    }
    if (add_descriptor(session, session->timer.descriptor, timer_key) < 0 ||
        add_descriptor(session, load->wake, wake_key) < 0) {
        return error_set(error, "cannot wait for sockets: %s", strerror(errno));
    }
    set_times(session, result);
    return 0;
}

void load_session_close(struct load_session *session)
{
    load_pool_clear(&session->pool);
    free(session->link.received);
    if (session->link.epoll >= 0) {
        (void)close(session->link.epoll);
    }
    load_timer_close(&session->timer);
}
