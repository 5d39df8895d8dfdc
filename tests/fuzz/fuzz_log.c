/* SPDX-License-Identifier: MIT */
/*
 * fuzz_log - any bytes, written to the log and shown to people.
 *
 *     the method -- the target -- the protocol -- the client -- the rest of a message
 *
 * What is written is one line for one event, harmless to a terminal, and says what came: escaped text becomes the bytes
 * again, JSON is read back with the project's own scanner.
 */
#include <inttypes.h>
#include <string.h>

#include "common/access_log.h"
#include "common/json_scan.h"
#include "common/json_view.h"
#include "common/quote.h"
#include "lab/printable.h"
#include "tests/fuzz/log_unescape.h"

enum { TEXT_BYTES = 4 * 1024 * 1024, LINE_BYTES_AT_MOST = 16 * 1024, LINES_PER_REQUEST = 3 };

/* ---- escapes ---- */

static void check_escaped(struct str bytes)
{
    cleanup_buf struct buf text;
    cleanup_buf struct buf again;

    buf_init(&text, TEXT_BYTES);
    buf_init(&again, TEXT_BYTES);
    fuzz_check(buf_add_escaped(&text, bytes) == 0);
    fuzz_check(fuzz_is_printable(buf_view(&text)) && str_find(buf_view(&text), '"') == text.length);
    log_unescape(buf_view(&text), false, &again);
    fuzz_check(str_equal(buf_view(&again), bytes));
}

static void check_printable(struct str bytes)
{
    cleanup_buf struct buf text;
    cleanup_buf struct buf again;

    buf_init(&text, TEXT_BYTES);
    buf_init(&again, TEXT_BYTES);
    fuzz_check(printable_add(&text, bytes) == 0);
    log_check_harmless(buf_view(&text));
    log_unescape(buf_view(&text), true, &again);
    fuzz_check(str_equal(buf_view(&again), bytes));
}

static void check_quote(struct str bytes)
{
    struct quote quote = quote_in_marks(bytes, QUOTE_BYTES_AT_MOST);
    struct str text = str_of(quote.text);

    fuzz_check(fuzz_is_printable(text) && text.length >= 2);
    fuzz_check(text.base[0] == '"' && str_find(str_from(text, 1), '"') == text.length - 2);
}

/* A JSON string, read back: the bytes as they came, as far as they are UTF-8. */
static void check_json_string(struct str json, struct str bytes)
{
    cleanup_buf struct buf text;
    cleanup_buf struct buf expected;

    buf_init(&text, TEXT_BYTES);
    buf_init(&expected, TEXT_BYTES);
    log_check_harmless(json);
    fuzz_check(json_scan_check(json, 1, NULL) == 0 && json_kind(json) == JSON_STRING);
    fuzz_check(json_add_text(json, &text) == 0);
    log_make_utf8(bytes, &expected);
    fuzz_check(str_equal(buf_view(&text), buf_view(&expected)));
}

static void check_json(struct str bytes)
{
    cleanup_buf struct buf json;

    buf_init(&json, TEXT_BYTES);
    fuzz_check(buf_add_json_string(&json, bytes) == 0);
    check_json_string(buf_view(&json), bytes);
}

/* ---- lines ---- */

/* A log that is never flushed: its lines are looked at where they are gathered. */
struct gathering {
    struct log_sink sink;
    struct log log;
};

static void gathering_init(struct gathering *gathering, enum log_format format)
{
    const struct log_options options = { .format = (int)format, .level = LOG_INFO };

    log_sink_init(&gathering->sink, -1, &options);
    log_init(&gathering->log, &gathering->sink);
}

static void gathering_clear(struct gathering *gathering)
{
    buf_reset(&gathering->log.lines);
    log_clear(&gathering->log);
    log_sink_clear(&gathering->sink);
}

static void write_request(struct log *log, const struct access_entry *entry)
{
    access_log_received(log, entry);
    access_log_send(log, entry);
    access_log_done(log, entry, STR(",\"total_us\":1"));
}

static size_t count_lines(struct str text)
{
    size_t count = 0;

    fuzz_check(text.length > 0 && text.base[text.length - 1] == '\n');
    while (text.length > 0) {
        (void)str_split(&text, '\n');
        count++;
    }
    return count;
}

/* "INFO:     CLIENT - "METHOD TARGET PROTOCOL" 200 OK" */
static void check_last_text_line(struct str line, const struct access_entry *entry)
{
    cleanup_buf struct buf expected;
    cleanup_buf struct buf said;

    buf_init(&expected, TEXT_BYTES);
    buf_init(&said, TEXT_BYTES);
    (void)buf_add_text(&expected, "INFO:     ");
    (void)buf_add_str(&expected, entry->client);
    (void)buf_add_text(&expected, " - \"");
    (void)buf_add_str(&expected, entry->method);
    (void)buf_add_byte(&expected, ' ');
    (void)buf_add_str(&expected, entry->target);
    (void)buf_add_byte(&expected, ' ');
    (void)buf_add_str(&expected, entry->protocol);
    (void)buf_add_text(&expected, "\" 200 OK");
    fuzz_check(fuzz_is_printable(line));
    log_unescape(line, false, &said);
    fuzz_check(str_equal(buf_view(&said), buf_view(&expected)));
}

static void check_text_lines(const struct access_entry *entry)
{
    struct gathering gathering;

    gathering_init(&gathering, LOG_TEXT);
    write_request(&gathering.log, entry);
    struct str lines = buf_view(&gathering.log.lines);
    fuzz_check(count_lines(lines) == LINES_PER_REQUEST);
    for (size_t i = 0; i < LINES_PER_REQUEST; i++) {
        struct str line = str_split(&lines, '\n');
        fuzz_check(fuzz_is_printable(line));
        if (i == LINES_PER_REQUEST - 1) {
            check_last_text_line(line, entry);
        }
    }
    gathering_clear(&gathering);
}

static void check_member(struct str object, const char *name, struct str bytes)
{
    struct str json = json_member(object, str_of(name));

    fuzz_check(json.base != NULL);
    check_json_string(json, bytes);
}

static void check_json_lines(const struct access_entry *entry)
{
    struct gathering gathering;

    gathering_init(&gathering, LOG_JSON);
    write_request(&gathering.log, entry);
    struct str lines = buf_view(&gathering.log.lines);
    fuzz_check(count_lines(lines) == LINES_PER_REQUEST);
    while (lines.length > 0) {
        struct str line = str_split(&lines, '\n');
        fuzz_check(json_scan_check(line, 1, NULL) == 0 && json_kind(line) == JSON_OBJECT);
        check_member(line, "method", entry->method);
        check_member(line, "target", entry->target);
        check_member(line, "client", entry->client);
    }
    gathering_clear(&gathering);
}

/* ---- messages ---- */

static void check_message(enum log_format format, struct str bytes)
{
    struct gathering gathering;

    gathering_init(&gathering, format);
    log_line(&gathering.log, LOG_WARN, "a message: %.*s", STR_ARGUMENTS(bytes));
    struct str lines = buf_view(&gathering.log.lines);
    fuzz_check(count_lines(lines) == 1);
    struct str line = str_split(&lines, '\n');
    log_check_harmless(line);
    fuzz_check(format == LOG_TEXT || json_scan_check(line, 1, NULL) == 0);
    gathering_clear(&gathering);
}

/* ---- all ---- */

void fuzz_one(struct str input)
{
    struct fuzz_pieces pieces = { .rest = input };
    struct access_entry entry = { .method = fuzz_pieces_take(&pieces), .status = 200 };

    entry.target = fuzz_pieces_take(&pieces);
    entry.protocol = fuzz_pieces_take(&pieces);
    entry.client = fuzz_pieces_take(&pieces);
    check_escaped(input);
    check_printable(input);
    check_quote(input);
    check_json(input);
    if (input.length < LINE_BYTES_AT_MOST) {
        check_text_lines(&entry);
        check_json_lines(&entry);
        check_message(LOG_TEXT, input);
        check_message(LOG_JSON, input);
    }
    fuzz_pieces_clear(&pieces);
}
