/* SPDX-License-Identifier: MIT */
#include "lab/observer.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "common/clock.h"
#include "lab/log_line.h"

enum { READ_BYTES = 16 * 1024, LINE_BYTES = 512 * 1024, SETTLE_US = 300 * 1000 };

/* ---- telling ---- */

/* The task of that name, as the mode's maker wrote it; NULL: there is none. */
static const char *task_named(const struct observer *observer, const char *name)
{
    const struct mode_result *mode = observer->setup.mode;

    for (size_t i = 0; i < mode->task_count; i++) {
        if (strcmp(mode->tasks[i].name, name) == 0) {
            return mode->tasks[i].name;
        }
    }
    return NULL;
}

/* Whose line it is. The sender's line behind a status is that answer's body, which may be any bytes. */
static const char *task_of(struct observer *observer, enum journal_side side, const struct log_line *read)
{
    const char *task = read->name[0] != '\0' ? task_named(observer, read->name) : NULL;

    if (side == JOURNAL_SENDER) {
        task = task == NULL ? observer->answered_task : task;
        observer->answered_task = read->event == LOG_LINE_ANSWERED ? task : NULL;
    }
    return task;
}

static void tell_line(struct observer *observer, const struct journal_entry *entry)
{
    struct str text = { entry->text, entry->length };
    uint64_t *last_us = &observer->last_us[entry->side];
    struct log_line read;

    log_line_read(text, &read);
    if (read.has_stamp && observer->has_origin) {
        *last_us = log_line_elapsed_us(observer->origin_day_us, read.day_us);
    }
    const struct audience_line line = {
        .mode = observer->setup.mode,
        .side = entry->side,
        .event = read.event,
        .at_us = *last_us,
        .text = text,
        .task = task_of(observer, entry->side, &read),
    };
    observer->setup.audience->on_line(observer->setup.audience, &line);
}

static void tell_until(struct observer *observer, uint64_t now_us)
{
    struct journal_entry entry;

    while (journal_take(&observer->journal, now_us, &entry)) {
        tell_line(observer, &entry);
        journal_entry_clear(&entry);
    }
    observer->setup.audience->on_pause(observer->setup.audience);
}

static void keep(struct observer *observer, enum journal_side side, struct str line)
{
    if (journal_add(&observer->journal, side, line, clock_monotonic_us()) == -ENOBUFS) {
        tell_until(observer, CLOCK_NEVER_US);
        (void)journal_add(&observer->journal, side, line, clock_monotonic_us());
    }
}

/* ---- what the lines tell ---- */

/* Which of a task's times an event is: its offset in the struct. */
static uint64_t *time_of(struct task_result *task, size_t offset)
{
    return (uint64_t *)(void *)((char *)task + offset);
}

/* The same name may have been sent more than once: the first that has not been told of yet. */
static void note(struct observer *observer, const struct log_line *line, size_t offset)
{
    const struct mode_result *mode = observer->setup.mode;

    if (!observer->has_origin) {
        return;
    }
    for (size_t i = 0; i < mode->task_count; i++) {
        uint64_t *time_us = time_of(&mode->tasks[i], offset);
        if (*time_us == RESULTS_UNKNOWN_US && strcmp(mode->tasks[i].name, line->name) == 0) {
            *time_us = log_line_elapsed_us(observer->origin_day_us, line->day_us);
            return;
        }
    }
}

static void on_gateway_line(void *context, struct str line)
{
    struct observer *observer = context;
    struct log_line read;

    log_line_read(line, &read);
    if (read.event == LOG_LINE_RECEIVED) {
        note(observer, &read, offsetof(struct task_result, received_us));
    }
    observer->gateway_done_count += read.event == LOG_LINE_DONE;
    keep(observer, JOURNAL_GATEWAY, line);
}

static void on_backend_line(void *context, struct str line)
{
    struct observer *observer = context;
    struct log_line read;

    log_line_read(line, &read);
    if (read.event == LOG_LINE_RECEIVED) {
        note(observer, &read, offsetof(struct task_result, call_received_us));
    } else if (read.event == LOG_LINE_SEND) {
        note(observer, &read, offsetof(struct task_result, call_answered_us));
    }
    observer->backend_done_count += read.event == LOG_LINE_DONE;
    keep(observer, JOURNAL_BACKEND, line);
}

static void on_sender_line(struct observer *observer, struct str line)
{
    struct log_line read;

    log_line_read(line, &read);
    if (!observer->has_origin && read.event == LOG_LINE_SENT && read.has_stamp) {
        observer->has_origin = true;
        observer->origin_day_us = read.day_us;
    }
    keep(observer, JOURNAL_SENDER, line);
}

static void take_sender_lines(struct observer *observer)
{
    struct str rest = buf_view(&observer->sender_line);

    while (str_find(rest, '\n') < rest.length) {
        on_sender_line(observer, str_split(&rest, '\n'));
    }
    buf_consume(&observer->sender_line, observer->sender_line.length - rest.length);
}

static void read_sender_lines(struct observer *observer)
{
    char bytes[READ_BYTES];
    ssize_t count;

    while ((count = pread(observer->sender_lines, bytes, sizeof bytes, (off_t)observer->sender_offset)) > 0) {
        observer->sender_offset += (uint64_t)count;
        (void)buf_add(&observer->sender_line, bytes, (size_t)count);
        take_sender_lines(observer);
    }
}

/* ---- the company of the sender ---- */

/* The sender's lines first: they say when everything began. */
static bool on_turn(struct company *company, uint64_t *ret_due_us)
{
    struct observer *observer = container_of(company, struct observer, company);

    read_sender_lines(observer);
    bool goes_on = stage_serve(observer->setup.stage);
    tell_until(observer, clock_monotonic_us());
    *ret_due_us = journal_due_us(&observer->journal);
    stage_descriptors(observer->setup.stage, company->descriptors);
    company->count = STAGE_DESCRIPTORS;
    return goes_on;
}

int observer_init(struct observer *observer, const struct observer_setup *setup, struct error *error)
{
    *observer = (struct observer){ .setup = *setup, .company = { .on_turn = on_turn } };
    observer->sender_lines = memfd_create("sender", MFD_CLOEXEC);
    if (observer->sender_lines < 0) {
        return error_set(error, "cannot keep the sender's lines: %s", strerror(errno));
    }
    log_sink_init(&observer->sink, observer->sender_lines, setup->log);
    log_init(&observer->log, &observer->sink);
    observer->sink.level = LOG_INFO; /* its lines say when things happened, shown or not */
    buf_init(&observer->sender_line, LINE_BYTES);
    journal_init(&observer->journal);
    setup->stage->gateway.child.on_line = on_gateway_line;
    setup->stage->gateway.child.context = observer;
    setup->stage->backend.child.on_line = on_backend_line;
    setup->stage->backend.child.context = observer;
    return 0;
}

void observer_clear(struct observer *observer)
{
    observer->setup.stage->gateway.child.on_line = NULL;
    observer->setup.stage->backend.child.on_line = NULL;
    log_clear(&observer->log);
    log_sink_clear(&observer->sink);
    buf_clear(&observer->sender_line);
    journal_clear(&observer->journal);
    (void)close(observer->sender_lines);
}

/* Has the program said everything? One that does not run has. */
static bool has_said_all(const struct service *service, size_t done_count, size_t expected)
{
    return service->child.pid == 0 || service->child.output < 0 || done_count >= expected;
}

static bool is_settled(const struct observer *observer)
{
    const struct stage *stage = observer->setup.stage;
    size_t expected = observer->setup.mode->task_count;

    return has_said_all(&stage->gateway, observer->gateway_done_count, expected) &&
           has_said_all(&stage->backend, observer->backend_done_count, expected);
}

void observer_settle(struct observer *observer)
{
    uint64_t give_up_us = clock_monotonic_us() + SETTLE_US;
    uint64_t due_us;

    log_flush(&observer->log);
    while (on_turn(&observer->company, &due_us) && !is_settled(observer) && clock_monotonic_us() < give_up_us) {
        uint64_t wake_us = due_us < give_up_us ? due_us : give_up_us;
        (void)poll(observer->company.descriptors, observer->company.count, company_poll_timeout_ms(wake_us));
    }
    tell_until(observer, CLOCK_NEVER_US);
}
