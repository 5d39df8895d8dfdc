/* SPDX-License-Identifier: MIT */
#include "gateway/attempt_fields.h"

#include <string.h>

#include "common/clock.h"
#include "common/sixteen.h"

/* All additions to a buffer are checked once, at the end. */

static struct sixteen mark_line_breaks(const char *at)
{
    struct sixteen text = sixteen_load(at);

    text.bytes = (text.bytes == '\r') | (text.bytes == '\n');
    return text;
}

/* Of every line of every request: so sixteen bytes at once, the last of them maybe twice. */
static bool has_line_break(struct str text)
{
    if (text.length < SIXTEEN) {
        return str_find(text, '\r') < text.length || str_find(text, '\n') < text.length;
    }
    const char *last = text.base + text.length - SIXTEEN;
    struct sixteen marks = mark_line_breaks(last);
    for (const char *at = text.base; at < last; at += SIXTEEN) {
        marks.bytes |= mark_line_breaks(at).bytes;
    }
    return sixteen_any(marks);
}

static void add_line(struct buf *bytes, struct str line)
{
    char *room = buf_reserve(bytes, line.length + 2);

    if (room != NULL) {
        memcpy(room, line.base, line.length);
        room[line.length] = '\r';
        room[line.length + 1] = '\n';
        bytes->length += line.length + 2;
    }
}

static bool add_field(struct buf *bytes, struct str line)
{
    size_t name_length = str_find(line, ':');

    if (has_line_break(line)) {
        return false;
    }
    if (name_length < line.length) {
        add_line(bytes, line);
        return name_length > 0;
    }
    name_length = str_find(line, ';');
    if (name_length == 0 || name_length + 1 != line.length) {
        return false;
    }
    (void)buf_add(bytes, line.base, name_length);
    (void)buf_add_str(bytes, STR(":\r\n"));
    return true;
}

static void add_time_left(struct buf *bytes, const struct attempt *attempt, uint64_t now_us)
{
    uint64_t left_us = attempt->deadline_us > now_us ? attempt->deadline_us - now_us : 0;

    (void)buf_add_text(bytes, attempt->deadline_field);
    (void)buf_add_str(bytes, STR(": "));
    (void)buf_add_number(bytes, left_us / CLOCK_US_PER_MS);
    (void)buf_add_str(bytes, STR("\r\n"));
}

bool attempt_fields_add(struct buf *bytes, const struct attempt *attempt, uint64_t now_us)
{
    for (const char *const *line = attempt->fields; *line != NULL; line++) {
        if (!add_field(bytes, str_of(*line))) {
            return false;
        }
    }
    if (attempt->deadline_field != NULL) {
        add_time_left(bytes, attempt, now_us);
    }
    return true;
}
