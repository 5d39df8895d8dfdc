/* SPDX-License-Identifier: MIT */
#include "common/access_log.h"

#include "common/clock.h"
#include "common/problem.h"

/* The path without its first slash and without the query. */
static struct str task_word(struct str target)
{
    struct str word = { target.base, str_find(target, '?') };

    return str_starts_with(word, STR("/")) ? str_from(word, 1) : word;
}

/* All events have these, behind the time. */
static void add_event(struct buf *line, const struct access_entry *entry, const char *event)
{
    (void)buf_add_text(line, ",\"event\":\"");
    (void)buf_add_text(line, event);
    (void)buf_add_byte(line, '"');
    (void)buf_add_str(line, entry->members);
    (void)buf_add_text(line, ",\"method\":");
    (void)buf_add_json_string(line, entry->method);
    (void)buf_add_text(line, ",\"target\":");
    (void)buf_add_json_string(line, entry->target);
    (void)buf_add_text(line, ",\"client\":");
    (void)buf_add_json_string(line, entry->client);
}

static struct buf *begin_json(struct log *log, const struct access_entry *entry, const char *event)
{
    struct buf *line = log_begin(log, clock_wall_us());

    add_event(line, entry, event);
    return line;
}

static void end_json(struct log *log, struct buf *line)
{
    (void)buf_add_byte(line, '}');
    log_end(log);
}

/* "… - BEFORE task1 AFTER" */
static void add_text_line(struct log *log, const char *before, struct str target, const char *after)
{
    struct buf *line = log_begin(log, clock_wall_us());

    (void)buf_add_text(line, before);
    (void)buf_add_escaped(line, task_word(target));
    (void)buf_add_text(line, after);
    log_end(log);
}

void access_log_received(struct log *log, const struct access_entry *entry)
{
    if (!log_wants(log, LOG_INFO)) {
        return;
    }
    if (log->sink->format == LOG_JSON) {
        end_json(log, begin_json(log, entry, "received"));
    } else {
        add_text_line(log, "Received ", entry->target, " Request!!");
    }
}

void access_log_send(struct log *log, const struct access_entry *entry)
{
    if (!log_wants(log, LOG_INFO)) {
        return;
    }
    if (log->sink->format == LOG_JSON) {
        struct buf *line = begin_json(log, entry, "send");
        (void)buf_add_format(line, ",\"status\":%d", entry->status);
        end_json(log, line);
    } else {
        add_text_line(log, "Send ", entry->target, " response");
    }
}

static void add_done_text(struct log *log, const struct access_entry *entry)
{
    struct buf *line = log_begin_bare(log);

    (void)buf_add_text(line, "INFO:     ");
    (void)buf_add_escaped(line, entry->client);
    (void)buf_add_text(line, " - \"");
    (void)buf_add_escaped(line, entry->method);
    (void)buf_add_byte(line, ' ');
    (void)buf_add_escaped(line, entry->target);
    (void)buf_add_byte(line, ' ');
    (void)buf_add_escaped(line, entry->protocol);
    (void)buf_add_format(line, "\" %d %s", entry->status, problem_reason_phrase(entry->status));
    log_end(log);
}

void access_log_render_done(struct time_stamp *stamp, uint64_t wall_us, const struct access_entry *entry,
                            struct str account, struct buf *json)
{
    (void)buf_add_text(json, "{\"ts\":\"");
    time_stamp_add(stamp, wall_us, json);
    (void)buf_add_byte(json, '"');
    add_event(json, entry, "done");
    (void)buf_add_text(json, ",\"status\":");
    (void)buf_add_number(json, (uint64_t)entry->status);
    (void)buf_add_str(json, account);
    (void)buf_add_byte(json, '}');
}

void access_log_done(struct log *log, const struct access_entry *entry, struct str account)
{
    if (!log_wants(log, LOG_INFO)) {
        return;
    }
    if (log->sink->format == LOG_JSON) {
        access_log_render_done(&log->utc, clock_wall_us(), entry, account, log_begin_bare(log));
        log_end(log);
    } else {
        add_done_text(log, entry);
    }
}
