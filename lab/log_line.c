/* SPDX-License-Identifier: MIT */
#include "lab/log_line.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

enum { STAMP_BYTES = 23, TIME_OFFSET = 11, US_PER_SECOND = 1000000 };

/* `count` digits at `offset` of the stamp; false: something else stands there. */
static bool read_digits(struct str stamp, size_t offset, size_t count, uint64_t *ret_number)
{
    if (stamp.length < offset + count) {
        return false;
    }
    return str_to_number((struct str){ stamp.base + offset, count }, UINT64_MAX, ret_number) == 0;
}

/* "2024-04-20 07:59:04,572" or "2026-01-02T03:04:05.123456": the time of day. */
static bool read_stamp(struct str text, uint64_t *ret_day_us)
{
    uint64_t hours = 0;
    uint64_t minutes = 0;
    uint64_t seconds = 0;
    uint64_t milliseconds = 0;
    uint64_t microseconds = 0;

    if (text.length < STAMP_BYTES || text.base[4] != '-' || text.base[13] != ':' ||
        !read_digits(text, TIME_OFFSET, 2, &hours) || !read_digits(text, TIME_OFFSET + 3, 2, &minutes) ||
        !read_digits(text, TIME_OFFSET + 6, 2, &seconds) || !read_digits(text, TIME_OFFSET + 9, 3, &milliseconds)) {
        return false;
    }
    (void)read_digits(text, STAMP_BYTES, 3, &microseconds);
    *ret_day_us = ((hours * 60 + minutes) * 60 + seconds) * US_PER_SECOND + milliseconds * 1000 + microseconds;
    return true;
}

static void keep_name(struct log_line *line, struct str name)
{
    (void)snprintf(line->name, sizeof line->name, "%.*s", STR_ARGUMENTS(name));
}

/* The text between two constants, when `text` is that. */
static bool is_enclosed(struct str text, struct str front, struct str back, struct str *ret_middle)
{
    if (!str_starts_with(text, front) || text.length < front.length + back.length ||
        !str_equal(str_from(text, text.length - back.length), back)) {
        return false;
    }
    *ret_middle = (struct str){ text.base + front.length, text.length - front.length - back.length };
    return true;
}

/* What stands behind a name in the sender's lines. */
static enum log_line_event event_of_words(struct str words)
{
    if (str_equal(words, STR("-----"))) {
        return LOG_LINE_BEGUN;
    }
    if (str_equal(words, STR("Send!!"))) {
        return LOG_LINE_SENT;
    }
    if (str_starts_with(words, STR("status = "))) {
        return LOG_LINE_ANSWERED;
    }
    return str_starts_with(words, STR("error = ")) ? LOG_LINE_FAILED : LOG_LINE_OTHER;
}

/* "--- task1 Send!!" */
static void read_sender(struct str message, struct log_line *line)
{
    struct str front = STR("--- ");

    if (!str_starts_with(message, front)) {
        return;
    }
    struct str rest = str_from(message, front.length);
    struct str name = str_split(&rest, ' ');
    line->event = event_of_words(rest);
    if (line->event != LOG_LINE_OTHER) {
        keep_name(line, name);
    }
}

/* "/task1?delay=1s": its path without the slash. */
static void keep_target(struct log_line *line, struct str target)
{
    struct str path = str_split(&target, '?');

    keep_name(line, str_starts_with(path, STR("/")) ? str_from(path, 1) : path);
}

/* `INFO:     127.0.0.1:52673 - "GET /task1 HTTP/1.1" 200 OK` */
static void read_done(struct str text, struct log_line *line)
{
    struct str request = str_from(text, str_find(text, '"') + 1);

    line->event = LOG_LINE_DONE;
    (void)str_split(&request, ' ');
    keep_target(line, str_split(&request, ' '));
}

static void read_text(struct str text, struct log_line *line)
{
    struct str name;

    if (str_starts_with(text, STR("INFO:"))) {
        read_done(text, line);
        return;
    }
    line->has_stamp = read_stamp(text, &line->day_us);
    if (!line->has_stamp) {
        return;
    }
    struct str message = str_from(text, STAMP_BYTES);
    if (is_enclosed(message, STR(" - Received "), STR(" Request!!"), &name)) {
        line->event = LOG_LINE_RECEIVED;
        keep_name(line, name);
    } else if (is_enclosed(message, STR(" - Send "), STR(" response"), &name)) {
        line->event = LOG_LINE_SEND;
        keep_name(line, name);
    } else if (str_starts_with(message, STR(" - "))) {
        read_sender(str_from(message, strlen(" - ")), line);
    }
}

static struct str member(const cJSON *object, const char *name)
{
    return str_of(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name)));
}

static void read_json(struct str text, struct log_line *line)
{
    cJSON *object = cJSON_ParseWithLength(text.base, text.length);
    struct str event = member(object, "event");

    line->has_stamp = read_stamp(member(object, "ts"), &line->day_us);
    if (str_equal(event, STR("received"))) {
        line->event = LOG_LINE_RECEIVED;
    } else if (str_equal(event, STR("send"))) {
        line->event = LOG_LINE_SEND;
    } else if (str_equal(event, STR("done"))) {
        line->event = LOG_LINE_DONE;
    } else {
        read_sender(member(object, "message"), line);
    }
    if (line->name[0] == '\0') {
        keep_target(line, member(object, "target"));
    }
    cJSON_Delete(object);
}

void log_line_read(struct str line, struct log_line *ret_line)
{
    *ret_line = (struct log_line){ .event = LOG_LINE_OTHER };
    if (str_starts_with(line, STR("{"))) {
        read_json(line, ret_line);
    } else {
        read_text(line, ret_line);
    }
}

uint64_t log_line_elapsed_us(uint64_t earlier_day_us, uint64_t later_day_us)
{
    uint64_t elapsed_us = (later_day_us + LOG_LINE_DAY_US - earlier_day_us) % LOG_LINE_DAY_US;

    return elapsed_us < LOG_LINE_DAY_US / 2 ? elapsed_us : 0;
}
