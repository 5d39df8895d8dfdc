/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "tests/support/client.h"
#include "tests/support/unit.h"

enum { HEAD_BYTES = 1024 * 1024, BODY_BYTES = 64 * 1024 * 1024 };

void answer_init(struct answer *answer)
{
    *answer = (struct answer){ .status = 0 };
    buf_init(&answer->head, HEAD_BYTES);
    buf_init(&answer->body, BODY_BYTES);
}

void answer_clear(struct answer *answer)
{
    buf_clear(&answer->head);
    buf_clear(&answer->body);
}

/* ---- fields ---- */

typedef void field_fn(void *context, struct str value);

static void each_field(const struct answer *answer, const char *name, field_fn *on_field, void *context)
{
    struct str rest = buf_view(&answer->head);

    (void)str_split(&rest, '\n');
    while (rest.length > 0) {
        struct str value = str_split(&rest, '\n');
        struct str field = str_split(&value, ':');
        if (str_equal_ignoring_case(field, str_of(name))) {
            if (value.length > 0 && value.base[value.length - 1] == '\r') {
                value.length--;
            }
            on_field(context, str_trim(value));
        }
    }
}

static void keep_first(void *context, struct str value)
{
    struct str *first = context;

    if (first->base == NULL) {
        *first = value;
    }
}

static void count_one(void *context, struct str value)
{
    size_t *count = context;

    (void)value;
    (*count)++;
}

struct str answer_header(const struct answer *answer, const char *name)
{
    struct str first = { NULL, 0 };

    each_field(answer, name, keep_first, &first);
    return first;
}

size_t answer_count_headers(const struct answer *answer, const char *name)
{
    size_t count = 0;

    each_field(answer, name, count_one, &count);
    return count;
}

struct str answer_body(const struct answer *answer)
{
    return buf_view(&answer->body);
}

bool answer_says_close(const struct answer *answer)
{
    return str_equal_ignoring_case(answer_header(answer, "Connection"), STR("close"));
}

/* ---- parsing: of a copy, which is given up when more bytes are needed ---- */

/* Cuts "…\r\n" off; false: it is not there yet. */
static bool take_line(struct str *rest, struct str *line)
{
    const char *end = rest->length > 0 ? memmem(rest->base, rest->length, "\r\n", 2) : NULL;

    if (end == NULL) {
        return false;
    }
    *line = (struct str){ rest->base, (size_t)(end - rest->base) };
    *rest = str_from(*rest, line->length + 2);
    return true;
}

static bool take_head(struct answer *answer, struct str *rest)
{
    const char *end = rest->length > 0 ? memmem(rest->base, rest->length, "\r\n\r\n", 4) : NULL;
    uint64_t status = 0;

    if (end == NULL || !str_starts_with(*rest, STR("HTTP/1."))) {
        return false;
    }
    size_t length = (size_t)(end - rest->base) + 4;
    buf_reset(&answer->head);
    (void)buf_add(&answer->head, rest->base, length);
    struct str words = { rest->base, length };
    (void)str_split(&words, ' ');
    if (words.length >= 3 && str_to_number((struct str){ words.base, 3 }, 999, &status) == 0) {
        answer->status = (int)status;
    }
    *rest = str_from(*rest, length);
    return true;
}

static bool take_bytes(struct answer *answer, struct str *rest, size_t count)
{
    bool is_whole = rest->length >= count;
    struct str part = { rest->base, is_whole ? count : rest->length };

    (void)buf_add_str(&answer->body, part);
    *rest = str_from(*rest, part.length);
    return is_whole;
}

static bool take_chunks(struct answer *answer, struct str *rest)
{
    struct str line;

    while (take_line(rest, &line)) {
        char digits[20] = { '\0' };
        memcpy(digits, line.base, line.length < sizeof digits ? line.length : sizeof digits - 1);
        size_t size = strtoul(digits, NULL, 16);
        if (!take_bytes(answer, rest, size) || !take_line(rest, &line)) {
            return false;
        }
        if (size == 0) {
            return true;
        }
    }
    return false;
}

static bool take_body(struct answer *answer, struct str *rest, bool is_at_end)
{
    struct str length_text = answer_header(answer, "Content-Length");
    uint64_t length = 0;

    answer->is_chunked = str_equal_ignoring_case(answer_header(answer, "Transfer-Encoding"), STR("chunked"));
    if (answer->is_chunked) {
        return take_chunks(answer, rest);
    }
    if (length_text.base == NULL) {
        (void)take_bytes(answer, rest, rest->length);
        return is_at_end;
    }
    return str_to_number(length_text, BODY_BYTES, &length) == 0 && take_bytes(answer, rest, (size_t)length);
}

static bool has_no_body(int status)
{
    return status < 200 || status == 204 || status == 304;
}

bool answer_parse(struct answer *answer, struct buf *input, bool is_at_end, bool expects_no_body)
{
    struct str rest = buf_view(input);

    if (!take_head(answer, &rest)) {
        return false;
    }
    bool is_complete = expects_no_body || has_no_body(answer->status) ? true : take_body(answer, &rest, is_at_end);
    if (is_complete || is_at_end) {
        buf_consume(input, input->length - rest.length);
    }
    return is_complete;
}
