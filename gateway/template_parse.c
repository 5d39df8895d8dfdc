/* SPDX-License-Identifier: MIT */
/*
 * template_parse - text and JSON with references in them, cut into parts.
 *
 * Every index is one into the source as a whole, and so is where a fault is.
 */
#include <stdarg.h>
#include <string.h>

#include "common/json_view.h"
#include "gateway/template_internal.h"

struct parser {
    struct arena *arena;
    struct str source;
    bool is_json; /* what is read stands in a JSON string: its escapes count, and stay as they are */
    const struct template_names *names;
    struct template_fault *fault;
    struct buf text; /* in front of what is read next, not yet a part */
    struct template_part parts[TEMPLATE_PARTS_MAXIMUM];
    size_t part_count;
};

static int refuse(struct parser *parser, size_t offset, const char *format, ...) printf_like(3, 4);

static int refuse(struct parser *parser, size_t offset, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(parser->fault->error.text, sizeof parser->fault->error.text, format, arguments);
    va_end(arguments);
    parser->fault->offset = offset;
    return -1;
}

static int refuse_size(struct parser *parser, size_t offset)
{
    return refuse(parser, offset, "the template takes more memory than there is");
}

/* ---- parts ---- */

static int add_text(struct parser *parser, size_t start, size_t end)
{
    struct str text = { parser->source.base + start, end - start };

    return buf_add_str(&parser->text, text) < 0 ? refuse_size(parser, start) : 0;
}

static int add_part(struct parser *parser, size_t offset, const struct template_part *part)
{
    if (parser->part_count == TEMPLATE_PARTS_MAXIMUM) {
        return refuse(parser, offset, "more than %d parts, which are references and the pieces of text between them",
                      TEMPLATE_PARTS_MAXIMUM);
    }
    parser->parts[parser->part_count++] = *part;
    return 0;
}

/* Makes a part of the text that is gathered. */
static int end_text(struct parser *parser, size_t offset)
{
    struct str text = buf_view(&parser->text);

    if (text.length == 0) {
        return 0;
    }
    struct template_part part = { .source = TEMPLATE_TEXT, .text = { arena_copy(parser->arena, text), text.length } };
    if (part.text.base == NULL) {
        return refuse_size(parser, offset);
    }
    buf_reset(&parser->text);
    return add_part(parser, offset, &part);
}

/* ---- references ---- */

/* What stands between the braces, with its escapes read. */
static int add_name(const struct parser *parser, struct str raw, struct buf *written)
{
    if (!parser->is_json) {
        return buf_add_str(written, raw);
    }
    cleanup_buf struct buf quoted;
    buf_init(&quoted, raw.length + 2);
    (void)buf_add_byte(&quoted, '"');
    (void)buf_add_str(&quoted, raw);
    (void)buf_add_byte(&quoted, '"');
    return quoted.failed ? -1 : json_add_text(buf_view(&quoted), written);
}

/* "{user.segment}", in the arena; base NULL: no memory. */
static struct str copy_written(struct parser *parser, struct str raw)
{
    cleanup_buf struct buf written;

    buf_init(&written, raw.length + 2);
    (void)buf_add_byte(&written, '{');
    int result = add_name(parser, raw, &written);
    (void)buf_add_byte(&written, '}');
    bool is_bad = result < 0 || written.failed;
    return (struct str){ is_bad ? NULL : arena_copy(parser->arena, buf_view(&written)), written.length };
}

/* `offset` is where its opening brace stands. */
static int add_reference(struct parser *parser, size_t offset, struct str raw, bool is_whole)
{
    struct template_part part = { .source = TEMPLATE_TEXT };

    if (end_text(parser, offset) < 0) {
        return -1;
    }
    struct str written = copy_written(parser, raw);
    if (written.base == NULL) {
        return refuse_size(parser, offset);
    }
    struct str name = { written.base + 1, written.length - 2 };
    if (template_resolve(name, parser->names, &part, &parser->fault->error) < 0) {
        parser->fault->offset = offset;
        return -1;
    }
    part.written = written;
    part.is_whole = is_whole;
    return add_part(parser, offset, &part);
}

/* ---- braces ---- */

struct brace {
    char byte;
    size_t start; /* the end of the text if there is none */
    size_t end;
};

/* The brace that a JSON string's escape at the front of `text` stands for; '\0': none. */
static char escaped_brace(struct str text)
{
    if (str_starts_with(text, STR("\\u007b")) || str_starts_with(text, STR("\\u007B"))) {
        return '{';
    }
    return str_starts_with(text, STR("\\u007d")) || str_starts_with(text, STR("\\u007D")) ? '}' : '\0';
}

static struct brace find_brace(const struct parser *parser, size_t start, size_t end)
{
    size_t i = start;

    while (i < end) {
        char byte = parser->source.base[i];
        if (byte == '{' || byte == '}') {
            return (struct brace){ byte, i, i + 1 };
        }
        if (byte != '\\' || !parser->is_json) {
            i++;
            continue;
        }
        byte = escaped_brace((struct str){ parser->source.base + i, end - i });
        if (byte != '\0') {
            return (struct brace){ byte, i, i + sizeof "\\u007b" - 1 };
        }
        i += 2;
    }
    return (struct brace){ '\0', end, end };
}

/* An opening brace that no second one follows. *ret_end is behind the closing one. */
static int read_reference(struct parser *parser, struct brace open, size_t end, size_t *ret_end)
{
    struct brace close = find_brace(parser, open.end, end);

    if (close.byte != '}') {
        return refuse(parser, open.start, "\"{\" is not closed; a brace itself is written \"{{\"");
    }
    if (close.start == open.end) {
        return refuse(parser, open.start, "\"{}\" names nothing; braces themselves are written \"{{\" and \"}}\"");
    }
    *ret_end = close.end;
    struct str raw = { parser->source.base + open.end, close.start - open.end };
    return add_reference(parser, open.start, raw, false);
}

/* *ret_end is behind all that belongs to the brace. */
static int read_brace(struct parser *parser, struct brace brace, size_t end, size_t *ret_end)
{
    struct brace next = find_brace(parser, brace.end, end);

    if (next.byte == brace.byte && next.start == brace.end) {
        *ret_end = next.end;
        return add_text(parser, brace.start, brace.end);
    }
    if (brace.byte == '}') {
        return refuse(parser, brace.start, "\"}\" closes nothing; a brace itself is written \"}}\"");
    }
    return read_reference(parser, brace, end, ret_end);
}

static int read_text(struct parser *parser, size_t start, size_t end)
{
    while (start < end) {
        struct brace brace = find_brace(parser, start, end);
        if (add_text(parser, start, brace.start) < 0) {
            return -1;
        }
        start = brace.end;
        if (brace.byte != '\0' && read_brace(parser, brace, end, &start) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- JSON ---- */

/* Whether a string's inside is one reference and nothing else; then *ret_raw is what is between its braces. */
static bool is_one_reference(const struct parser *parser, size_t start, size_t end, struct str *ret_raw)
{
    struct brace open = find_brace(parser, start, end);
    struct brace close = find_brace(parser, open.end, end);

    if (open.byte != '{' || open.start != start || close.byte != '}' || close.end != end || close.start == open.end) {
        return false;
    }
    *ret_raw = (struct str){ parser->source.base + open.end, close.start - open.end };
    return true;
}

static bool is_member_name(const struct parser *parser, size_t behind)
{
    struct str rest = str_from(parser->source, behind);

    while (rest.length > 0 && strchr(" \n\t\r", rest.base[0]) != NULL) {
        rest = str_from(rest, 1);
    }
    return str_starts_with(rest, STR(":"));
}

/* The string from `start` to `end`, with its quotes. */
static int read_string(struct parser *parser, size_t start, size_t end)
{
    struct str raw = { NULL, 0 };
    size_t last = end - 1;

    if (last <= start || is_member_name(parser, end)) {
        return add_text(parser, start, end);
    }
    if (is_one_reference(parser, start + 1, last, &raw)) {
        return add_reference(parser, start + 1, raw, true);
    }
    if (add_text(parser, start, start + 1) < 0 || read_text(parser, start + 1, last) < 0) {
        return -1;
    }
    return add_text(parser, last, end);
}

static int read_json(struct parser *parser)
{
    size_t at = 0;

    while (at < parser->source.length) {
        size_t start = at + str_find(str_from(parser->source, at), '"');
        size_t end = start + json_string_length(str_from(parser->source, start));
        if (add_text(parser, at, start) < 0 || (start < end && read_string(parser, start, end) < 0)) {
            return -1;
        }
        at = end;
    }
    return 0;
}

/* ---- all ---- */

static int finish(struct parser *parser, struct template *ret)
{
    struct template template = { .part_count = 0 };

    if (end_text(parser, parser->source.length) < 0) {
        return -1;
    }
    template.parts = arena_allocate_array(parser->arena, parser->part_count, sizeof parser->parts[0]);
    if (template.parts == NULL) {
        return refuse_size(parser, parser->source.length);
    }
    memcpy(template.parts, parser->parts, parser->part_count * sizeof parser->parts[0]);
    template.part_count = parser->part_count;
    *ret = template;
    return 0;
}

static void parser_init(struct parser *parser, struct arena *arena, struct str source)
{
    parser->arena = arena;
    parser->source = source;
    parser->part_count = 0;
    buf_init(&parser->text, source.length);
}

int template_parse(struct arena *arena, struct str text, const struct template_names *names, struct template *ret,
                   struct template_fault *fault)
{
    struct parser parser;

    parser_init(&parser, arena, text);
    parser.is_json = false;
    parser.names = names;
    parser.fault = fault;
    int result = read_text(&parser, 0, text.length) < 0 ? -1 : finish(&parser, ret);
    buf_clear(&parser.text);
    return result;
}

int template_parse_json(struct arena *arena, struct str json, const struct template_names *names, struct template *ret,
                        struct template_fault *fault)
{
    struct parser parser;

    parser_init(&parser, arena, json);
    parser.is_json = true;
    parser.names = names;
    parser.fault = fault;
    int result = read_json(&parser) < 0 ? -1 : finish(&parser, ret);
    buf_clear(&parser.text);
    return result;
}
