/* SPDX-License-Identifier: MIT */
#include "common/access_log.h"

#include "common/clock.h"
#include "common/problem.h"
#include "common/put.h"

/* The path without its first slash and without the query. */
static struct str task_word(struct str target)
{
    struct str word = { target.base, str_find(target, '?') };

    return str_starts_with(word, STR("/")) ? str_from(word, 1) : word;
}

/* ---- lines of bytes that stand for themselves, as almost all do: written in one go ---- */

enum { PARTS_AT_MOST = 10 };

/* Nothing in it is escaped: see buf_add_escaped(). */
static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.base[i];
        if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\') {
            return false;
        }
    }
    return true;
}

/* False: there is no room, and nothing is added. */
static bool add_parts(struct buf *line, const struct str *parts, size_t count)
{
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        length += parts[i].length;
    }
    if (length > line->limit - line->length) {
        return false; /* the line is cut, then */
    }
    char *room = buf_reserve(line, length);
    for (size_t i = 0; i < count && room != NULL; i++) {
        room = put_str(room, parts[i]);
    }
    line->length += room != NULL ? length : 0;
    return room != NULL;
}

/* ---- JSON ---- */

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

/* ---- text ---- */

/* "… - BEFORE task1 AFTER" */
static void add_text_line(struct log *log, struct str before, struct str target, struct str after)
{
    struct buf *line = log_begin(log, clock_wall_us());
    const struct str parts[] = { before, task_word(target), after };

    if (!is_plain(parts[1]) || !add_parts(line, parts, array_length(parts))) {
        (void)buf_add_str(line, parts[0]);
        (void)buf_add_escaped(line, parts[1]);
        (void)buf_add_str(line, parts[2]);
    }
    log_end(log);
}

/* ---- the events ---- */

void access_log_received(struct log *log, const struct access_entry *entry)
{
    if (!log_wants(log, LOG_INFO)) {
        return;
    }
    if (log->sink->format == LOG_JSON) {
        end_json(log, begin_json(log, entry, "received"));
    } else {
        add_text_line(log, STR("Received "), entry->target, STR(" Request!!"));
    }
}

void access_log_send(struct log *log, const struct access_entry *entry)
{
    if (!log_wants(log, LOG_INFO)) {
        return;
    }
    if (log->sink->format == LOG_JSON) {
        struct buf *line = begin_json(log, entry, "send");
        (void)buf_add_text(line, ",\"status\":");
        (void)buf_add_number(line, (uint64_t)entry->status);
        end_json(log, line);
    } else {
        add_text_line(log, STR("Send "), entry->target, STR(" response"));
    }
}

/* The odd ones come from outside. */
static void add_escaped_parts(struct buf *line, const struct str *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)(i % 2 == 0 ? buf_add_str(line, parts[i]) : buf_add_escaped(line, parts[i]));
    }
}

/* `" 200 OK`, but for the phrase. */
static struct str render_status(int status, char room[static PUT_NUMBER_BYTES + 3])
{
    char *end = put_str(room, STR("\" "));

    end = put_number(end, status > 0 ? (uint64_t)status : 0);
    *end++ = ' ';
    return (struct str){ room, (size_t)(end - room) };
}

static void add_done_text(struct log *log, const struct access_entry *entry)
{
    char room[PUT_NUMBER_BYTES + 3];
    struct buf *line = log_begin_bare(log);
    const struct str parts[PARTS_AT_MOST] = {
        STR("INFO:     "),
        entry->client,
        STR(" - \""),
        entry->method,
        STR(" "),
        entry->target,
        STR(" "),
        entry->protocol,
        render_status(entry->status, room),
        str_of(problem_reason_phrase(entry->status)),
    };
    bool is_clean =
        is_plain(entry->client) && is_plain(entry->method) && is_plain(entry->target) && is_plain(entry->protocol);

    if (!is_clean || !add_parts(line, parts, PARTS_AT_MOST)) {
        add_escaped_parts(line, parts, PARTS_AT_MOST);
    }
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
