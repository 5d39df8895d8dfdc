/* SPDX-License-Identifier: MIT */
#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/put.h"

enum { LINE_BYTES = 256 * 1024, LINES_BYTES = 2 * LINE_BYTES };

void log_sink_init(struct log_sink *sink, int descriptor, const struct log_options *options)
{
    *sink = (struct log_sink){
        .descriptor = descriptor,
        .format = (enum log_format)options->format,
        .level = (enum log_level)options->level,
    };
    (void)pthread_mutex_init(&sink->lock, NULL);
    /* localtime_r() need not read the time zone by itself. */
    tzset();
}

void log_sink_clear(struct log_sink *sink)
{
    (void)pthread_mutex_destroy(&sink->lock);
}

void log_init(struct log *log, struct log_sink *sink)
{
    *log = (struct log){ .sink = sink, .stamp_second = -1 };
    time_stamp_init(&log->utc);
    buf_init(&log->lines, LINES_BYTES);
}

void log_clear(struct log *log)
{
    log_flush(log);
    buf_clear(&log->lines);
}

bool log_wants(const struct log *log, enum log_level level)
{
    return level <= log->sink->level;
}

static int poll_for_room(int descriptor, int timeout_ms)
{
    struct pollfd room = { .fd = descriptor, .events = POLLOUT };

    return poll(&room, 1, timeout_ms);
}

/* False: the descriptor takes nothing any more. */
static bool wait_for_room(int descriptor)
{
    return poll_for_room(descriptor, -1) >= 0 || errno == EINTR;
}

/* What is left of it. */
static struct str write_all(int descriptor, struct str bytes)
{
    while (bytes.length > 0) {
        ssize_t count = write(descriptor, bytes.base, bytes.length);
        if (count > 0) {
            bytes = str_from(bytes, (size_t)count);
            continue;
        }
        bool can_go_on = count < 0 && (errno == EINTR || (errno == EAGAIN && wait_for_room(descriptor)));
        if (!can_go_on) {
            break;
        }
    }
    return bytes;
}

/* Whole lines. So many bytes were lost before them if they are the first to get out since, else 0. */
static size_t write_lines(struct log_sink *sink, struct str lines)
{
    if (sink->is_torn) {
        sink->is_torn = write_all(sink->descriptor, STR("\n")).length > 0;
    }
    struct str left = sink->is_torn ? lines : write_all(sink->descriptor, lines);
    if (left.length > 0) {
        sink->is_torn = sink->is_torn || (left.length < lines.length && left.base[-1] != '\n');
        sink->lost_bytes += left.length;
        sink->lost_error = errno;
        return 0;
    }
    size_t lost = sink->lost_bytes;
    sink->lost_bytes = 0;
    return lost;
}

/* Local time; broken-down time is worked out once a second only. */
static void renew_stamp(struct log *log, int64_t second)
{
    struct tm parts = { 0 };
    time_t when = (time_t)second;

    if (second == log->stamp_second) {
        return;
    }
    (void)localtime_r(&when, &parts);
    log->stamp_length = strftime(log->stamp, sizeof log->stamp, "%Y-%m-%d %H:%M:%S", &parts);
    log->stamp_second = second;
}

/* "2024-04-20 07:59:04,572 - " */
static void add_text_stamp(struct log *log, uint64_t wall_us, struct buf *line)
{
    char *room = buf_reserve(line, sizeof log->stamp + sizeof ",000 - ");

    renew_stamp(log, (int64_t)(wall_us / CLOCK_US_PER_SECOND));
    if (room == NULL) {
        return;
    }
    room = put_str(room, (struct str){ log->stamp, log->stamp_length });
    *room++ = ',';
    room = put_digits(room, wall_us % CLOCK_US_PER_SECOND / CLOCK_US_PER_MS, 3);
    room = put_str(room, STR(" - "));
    line->length = (size_t)(room - line->base);
}

static void add_stamp(struct log *log, uint64_t wall_us, struct buf *line)
{
    if (log->sink->format == LOG_JSON) {
        (void)buf_add_text(line, "{\"ts\":\"");
        time_stamp_add(&log->utc, wall_us, line);
        (void)buf_add_byte(line, '"');
    } else {
        add_text_stamp(log, wall_us, line);
    }
}

/* ---- out of the buffer ---- */

/* Beside the buffer, which may be full again. */
static void tell_of_loss(struct log *log, size_t lost_bytes, int error)
{
    char room[256];
    struct buf line;
    bool is_json = log->sink->format == LOG_JSON;

    buf_init_on(&line, room, sizeof room, sizeof room - 1);
    add_stamp(log, clock_wall_us(), &line);
    (void)buf_add_text(&line, is_json ? ",\"event\":\"log\",\"level\":\"error\",\"message\":\"" : "");
    (void)buf_add_format(&line, "%zu bytes of the log are lost, because it could not be written: %s%s\n", lost_bytes,
                         strerror(error), is_json ? "\"}" : "");
    (void)write_lines(log->sink, buf_view(&line));
    buf_clear(&line);
}

/* Under the sink's lock. */
static void write_out(struct log *log)
{
    size_t lost_bytes = write_lines(log->sink, buf_view(&log->lines));

    if (lost_bytes > 0) {
        tell_of_loss(log, lost_bytes, log->sink->lost_error);
    }
    buf_reset(&log->lines);
}

void log_flush(struct log *log)
{
    if (log->lines.length == 0) {
        return;
    }
    (void)pthread_mutex_lock(&log->sink->lock);
    write_out(log);
    (void)pthread_mutex_unlock(&log->sink->lock);
}

bool log_flush_at_once(struct log *log)
{
    if (log->lines.length == 0) {
        return true;
    }
    if (pthread_mutex_trylock(&log->sink->lock) != 0) {
        return false;
    }
    bool has_room = poll_for_room(log->sink->descriptor, 0) != 0; /* also one that can never take any */
    if (has_room) {
        write_out(log);
    }
    (void)pthread_mutex_unlock(&log->sink->lock);
    return has_room;
}

/* ---- a line ---- */

struct buf *log_begin_bare(struct log *log)
{
    if (log->lines.length > LINES_BYTES - LINE_BYTES) {
        log_flush(log);
    }
    log->line_start = log->lines.length;
    log->lines.failed = false;
    /* The byte that is left over is the line break's. */
    log->lines.limit = log->line_start + LINE_BYTES - 1;
    return &log->lines;
}

struct buf *log_begin(struct log *log, uint64_t wall_us)
{
    struct buf *line = log_begin_bare(log);

    add_stamp(log, wall_us, line);
    return line;
}

/* Half an object would not be JSON. */
static void replace_json_line(struct log *log)
{
    log->lines.length = log->line_start;
    (void)log_begin(log, clock_wall_us());
    (void)buf_add_text(&log->lines,
                       ",\"event\":\"log\",\"level\":\"warn\",\"message\":\"a line of over 256 KiB was left out\"}");
}

void log_end(struct log *log)
{
    if (log->lines.failed && log->sink->format == LOG_JSON) {
        replace_json_line(log);
    }
    log->lines.limit = LINES_BYTES;
    if (log->lines.length > log->line_start && buf_add_byte(&log->lines, '\n') < 0) {
        log->lines.base[log->lines.length - 1] = '\n';
    }
    log->lines.failed = false;
}

/* What a terminal must not be shown. Whoever brings bytes from outside has escaped them; this is for what slipped. */
static void blank_harmful_bytes(struct buf *line, size_t start)
{
    for (size_t i = start; i < line->length;) {
        struct str rest = { line->base + i, line->length - i };
        size_t length = str_utf8_length(rest);
        size_t count = length > 0 ? length : 1;
        if (str_printable_length(rest) == 0) {
            memset(line->base + i, ' ', count);
        }
        i += count;
    }
}

static printf_like(3, 0) void add_json_message(struct buf *line, enum log_level level, const char *format,
                                               va_list arguments)
{
    struct buf message;

    buf_init(&message, LINE_BYTES);
    (void)buf_add_format_list(&message, format, arguments);
    (void)buf_add_format(line, ",\"event\":\"log\",\"level\":\"%s\",\"message\":", log_level_names[level]);
    (void)buf_add_json_string(line, buf_view(&message));
    (void)buf_add_byte(line, '}');
    line->failed = line->failed || message.failed;
    buf_clear(&message);
}

static printf_like(3, 0) void add_line(struct log *log, enum log_level level, const char *format, va_list arguments)
{
    struct buf *line = log_begin(log, clock_wall_us());
    size_t start = line->length;

    if (log->sink->format == LOG_JSON) {
        add_json_message(line, level, format, arguments);
    } else {
        (void)buf_add_format_list(line, format, arguments);
        blank_harmful_bytes(line, start);
    }
    log_end(log);
}

void log_line(struct log *log, enum log_level level, const char *format, ...)
{
    va_list arguments;

    if (!log_wants(log, level)) {
        return;
    }
    va_start(arguments, format);
    add_line(log, level, format, arguments);
    va_end(arguments);
}

void log_announce(struct log *log, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add_line(log, LOG_INFO, format, arguments);
    va_end(arguments);
}
