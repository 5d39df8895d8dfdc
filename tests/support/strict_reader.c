/* SPDX-License-Identifier: MIT */
#include "tests/support/strict_reader.h"

#include <regex.h>
#include <stdlib.h>

#include "common/compiler.h"
#include "common/json_scan.h"
#include "common/json_view.h"
#include "tests/support/unit.h"

enum { JSON_DEPTH = 64 };

/* ---- lines ---- */

static void refuse(struct str line, const char *what)
{
    print_message("%s:", what);
    for (size_t i = 0; i < line.length && i < 400; i++) {
        unsigned char byte = (unsigned char)line.base[i];
        print_message(byte >= 0x20 && byte < 0x7f ? "%c" : "<%02x>", byte);
    }
    print_message("\n");
    fail_msg("%s", what);
}

void strict_read_line(struct str line)
{
    for (struct str rest = line; rest.length > 0; rest = str_from(rest, str_printable_length(rest))) {
        if (str_printable_length(rest) == 0) {
            refuse(line, "a line that is not harmless");
        }
    }
}

static void read_ascii(struct str line)
{
    for (size_t i = 0; i < line.length; i++) {
        if (line.base[i] < ' ' || line.base[i] > '~') {
            refuse(line, "a line that is not ASCII");
        }
    }
}

size_t strict_read_lines(struct str text, size_t at_least)
{
    size_t count = 0;

    if (text.length > 0 && text.base[text.length - 1] != '\n') {
        refuse(text, "a text without a line break at its end");
    }
    while (text.length > 0) {
        strict_read_line(str_split(&text, '\n'));
        count++;
    }
    assert_true(count >= at_least);
    return count;
}

static bool is_like(struct str line, const char *expression)
{
    cleanup_free char *copy = strndup(line.base, line.length);
    regex_t compiled;

    assert_non_null(copy);
    assert_int_equal(regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB), 0);
    int result = regexec(&compiled, copy, 0, NULL, 0);
    regfree(&compiled);
    return result == 0;
}

/* ---- logs ---- */

#define STAMP "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} - "
/* What may come from outside has neither quotes nor backslashes but those of escapes. */
#define ESCAPED "([^\"\\]|\\\\x[0-9A-F]{2})*"

/* Behind the time stamp: what a request does, or a message of the program. */
static bool is_stamped(struct str line)
{
    if (is_like(line, STAMP "(Received|Send) ")) {
        return is_like(line, STAMP "(Received " ESCAPED " Request!!|Send " ESCAPED " response)$");
    }
    return is_like(line, STAMP);
}

size_t strict_read_text_log(struct str text)
{
    size_t count = 0;

    while (text.length > 0) {
        struct str line = str_split(&text, '\n');
        bool is_last = is_like(line, "^INFO:     [0-9.:a-f]+ - \"" ESCAPED "\" [0-9]{3} [A-Za-z ]+$");
        read_ascii(line);
        count += is_last;
        if (!is_last && !is_stamped(line)) {
            refuse(line, "no line of a text log");
        }
    }
    return count;
}

static void read_log_object(struct str line)
{
    static const char *const events[] = { "\"received\"", "\"send\"", "\"done\"", "\"log\"" };
    struct str event = json_member(line, STR("event"));
    bool is_known = false;

    strict_read_json(line);
    for (size_t i = 0; i < array_length(events); i++) {
        is_known = is_known || str_equal(event, str_of(events[i]));
    }
    if (!is_known || json_member(line, STR("ts")).base == NULL) {
        refuse(line, "no object of a log");
    }
}

size_t strict_read_json_log(struct str text)
{
    size_t count = 0;

    while (text.length > 0) {
        struct str line = str_split(&text, '\n');
        read_log_object(line);
        count += str_equal(json_member(line, STR("event")), STR("\"done\""));
    }
    return count;
}

/* ---- pages ---- */

void strict_read_json(struct str json)
{
    struct json_fault fault = { .offset = 0 };
    struct str rest = json;

    if (json_scan_check(json, JSON_DEPTH, &fault) < 0) {
        refuse(json, "no JSON");
    }
    while (rest.length > 0) {
        strict_read_line(str_split(&rest, '\n'));
    }
}

void strict_read_metrics(struct str text)
{
#define NAME "[a-zA-Z_:][a-zA-Z0-9_:]*"
#define LABEL "[a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\]|\\\\\\\\|\\\\\"|\\\\n)*\""
    static const char sample[] = "^" NAME "(\\{" LABEL "(," LABEL ")*\\})? ([0-9.e+-]+|\\+Inf)$";
    static const char comment[] = "^# (HELP|TYPE) " NAME " .+$";

    assert_true(text.length > 0 && text.base[text.length - 1] == '\n');
    while (text.length > 0) {
        struct str line = str_split(&text, '\n');
        read_ascii(line);
        if (!is_like(line, sample) && !is_like(line, comment)) {
            refuse(line, "no line of metrics");
        }
    }
}

size_t strict_read_events(struct str text)
{
    size_t count = 0;

    while (text.length > 0) {
        struct str line = str_split(&text, '\n');
        strict_read_line(line);
        if (str_starts_with(line, STR("data: "))) {
            strict_read_json(str_from(line, sizeof "data: " - 1));
            count++;
        } else if (line.length > 0 && !is_like(line, "^(event: [a-z]+|id: [0-9]+|retry: [0-9]+|:.*)$")) {
            refuse(line, "no line of server-sent events");
        }
    }
    return count;
}

void strict_read_head(struct str head, bool allows_obs_text)
{
    bool is_first = true;

    while (head.length > 0) {
        struct str line = str_split(&head, '\n');
        if (line.length == 0 || line.base[line.length - 1] != '\r') {
            refuse(line, "a line of a head without CR and LF at its end");
        }
        line.length--;
        if (line.length == 0) {
            assert_int_equal(head.length, 0);
            return;
        }
        if (!allows_obs_text) {
            read_ascii(line);
        }
        for (size_t i = 0; i < line.length; i++) {
            unsigned char byte = (unsigned char)line.base[i];
            if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
                refuse(line, "a control byte in a head");
            }
        }
        if (!is_like(line, is_first ? "^HTTP/1\\.[01] [2-5][0-9]{2} " : "^[!#$%&'*+.^_`|~0-9A-Za-z-]+:")) {
            refuse(line, "no line of a head");
        }
        is_first = false;
    }
}
