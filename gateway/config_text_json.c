/* SPDX-License-Identifier: MIT */
/*
 * config_text_json - a JSON template as it was written: references get their quotes back, braces in strings are doubled
 * again, and what a secret's name has behind it is covered, however deep.
 */
#include <string.h>

#include "common/json_view.h"
#include "gateway/config_text.h"

struct json_writer {
    struct buf *text;
    size_t depth;          /* open arrays and objects */
    size_t covered_depth;  /* all in the one that is open at this depth is secret; 0: none */
    bool is_value_covered; /* so is the value that comes or is open: the name in front of it says so */
    bool is_in_string;     /* of a value; a reference may have interrupted it */
};

static bool is_covered(const struct json_writer *writer)
{
    return writer->is_value_covered || writer->covered_depth > 0;
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static bool is_followed_by_colon(struct str rest)
{
    while (rest.length > 0 && is_space(rest.base[0])) {
        rest = str_from(rest, 1);
    }
    return str_starts_with(rest, STR(":"));
}

/* What a brace in a JSON string may be written as; 0: there is none in front. */
static size_t brace_length(struct str text)
{
    static const struct str spellings[] = {
        STR_STATIC("{"),       STR_STATIC("}"),       STR_STATIC("\\u007b"),
        STR_STATIC("\\u007B"), STR_STATIC("\\u007d"), STR_STATIC("\\u007D"),
    };

    for (size_t i = 0; i < array_length(spellings); i++) {
        if (str_starts_with(text, spellings[i])) {
            return spellings[i].length;
        }
    }
    return 0;
}

/* Of a string's inside up to its closing quote, or to the end of the text: a reference comes next. */
static size_t inside_length(struct str text)
{
    size_t i = 0;

    while (i < text.length && text.base[i] != '"') {
        i += text.base[i] == '\\' && i + 1 < text.length ? 2 : 1;
    }
    return i;
}

static void add_inside(struct json_writer *writer, struct str inside)
{
    if (is_covered(writer)) {
        config_text_add_piece(writer->text, inside, true);
        return;
    }
    while (inside.length > 0) {
        size_t brace = brace_length(inside);
        size_t length = brace > 0 ? brace : inside.base[0] == '\\' && inside.length > 1 ? 2 : 1;
        (void)buf_add(writer->text, inside.base, length);
        (void)buf_add(writer->text, inside.base, brace);
        inside = str_from(inside, length);
    }
}

/* Each of the following takes what it writes off the front of *rest, which is not empty. */

static void take_inside(struct json_writer *writer, struct str *rest)
{
    size_t length = inside_length(*rest);

    add_inside(writer, (struct str){ rest->base, length });
    *rest = str_from(*rest, length);
    if (rest->length > 0) {
        (void)buf_add_byte(writer->text, '"');
        *rest = str_from(*rest, 1);
        writer->is_in_string = false;
    }
}

static bool is_secret_name(struct str string)
{
    cleanup_buf struct buf name;

    buf_init(&name, string.length);
    return json_add_text(string, &name) < 0 || config_text_is_secret(buf_view(&name));
}

static void take_string(struct json_writer *writer, struct str *rest)
{
    struct str string = { rest->base, json_string_length(*rest) };

    if (is_followed_by_colon(str_from(*rest, string.length))) {
        (void)buf_add_str(writer->text, string);
        writer->is_value_covered = is_secret_name(string);
        *rest = str_from(*rest, string.length);
        return;
    }
    (void)buf_add_byte(writer->text, '"');
    writer->is_in_string = true;
    *rest = str_from(*rest, 1);
}

static void take_bracket(struct json_writer *writer, struct str *rest)
{
    bool is_open = rest->base[0] == '{' || rest->base[0] == '[';

    writer->depth += is_open;
    if (is_open && writer->is_value_covered && writer->covered_depth == 0) {
        writer->covered_depth = writer->depth;
    }
    if (!is_open && writer->depth == writer->covered_depth) {
        writer->covered_depth = 0;
    }
    writer->is_value_covered = false;
    writer->depth -= !is_open && writer->depth > 0;
    (void)buf_add(writer->text, rest->base, 1);
    *rest = str_from(*rest, 1);
}

/* A number, true, false or null. */
static void take_scalar(struct json_writer *writer, struct str *rest)
{
    struct str scalar = { rest->base, 0 };

    while (scalar.length < rest->length && strchr(" \n\t\r,]}", rest->base[scalar.length]) == NULL) {
        scalar.length++;
    }
    (void)buf_add_str(writer->text, is_covered(writer) ? STR("\"" CONFIG_TEXT_COVERED "\"") : scalar);
    *rest = str_from(*rest, scalar.length > 0 ? scalar.length : 1);
}

static void take(struct json_writer *writer, struct str *rest)
{
    char byte = rest->base[0];

    if (writer->is_in_string) {
        take_inside(writer, rest);
    } else if (byte == '"') {
        take_string(writer, rest);
    } else if (strchr("{}[]", byte) != NULL) {
        take_bracket(writer, rest);
    } else if (is_space(byte) || byte == ',' || byte == ':') {
        (void)buf_add_byte(writer->text, byte);
        *rest = str_from(*rest, 1);
    } else {
        take_scalar(writer, rest);
    }
}

/* As a string of its own, or as a piece of the one that is open. */
static void add_reference(struct json_writer *writer, const struct template_part *part)
{
    struct buf *text = writer->text;
    size_t start = text->length;

    if (part->is_whole) {
        (void)buf_add_json_string(text, part->written);
    } else if (buf_add_json_string(text, part->written) == 0) {
        text->length -= 2;
        memmove(text->base + start, text->base + start + 1, text->length - start);
    }
}

void config_text_add_json(struct buf *text, const struct template *json)
{
    struct json_writer writer = { .text = text };

    for (size_t i = 0; i < json->part_count; i++) {
        struct str rest = json->parts[i].text;
        if (json->parts[i].source != TEMPLATE_TEXT) {
            add_reference(&writer, &json->parts[i]);
            continue;
        }
        while (rest.length > 0) {
            take(&writer, &rest);
        }
    }
}
