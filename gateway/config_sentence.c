/* SPDX-License-Identifier: MIT */
/*
 * config_sentence - where a fault of a configuration is, and what is said of it.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/options.h"
#include "gateway/config_reader.h"

enum { PATH_BYTES = 4096, SENTENCE_BYTES = 4096, SHOWN_BYTES = 64, LIST_BYTES = 400, STEPS_MAXIMUM = 16 };

/* ---- the path ---- */

static bool is_plain_name(struct str name)
{
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.base[i];
        bool is_alphanumeric =
            (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
        if (!is_alphanumeric && byte != '_' && byte != '-') {
            return false;
        }
    }
    return name.length > 0;
}

static void add_name(struct buf *path, struct str name)
{
    struct str shown = { name.base, name.length < SHOWN_BYTES ? name.length : SHOWN_BYTES };
    const char *cut = shown.length < name.length ? "..." : "";

    if (is_plain_name(name)) {
        (void)buf_add_format(path, "%s%.*s%s", path->length > 0 ? "." : "", STR_ARGUMENTS(shown), cut);
        return;
    }
    (void)buf_add_text(path, "[\"");
    (void)buf_add_escaped(path, shown);
    (void)buf_add_format(path, "%s\"]", cut);
}

static void add_step(struct buf *path, const struct config_value *value)
{
    cleanup_buf struct buf name;

    buf_init(&name, value->key.length);
    if (value->key.base == NULL) {
        (void)buf_add_format(path, "[%zu]", value->index);
        return;
    }
    (void)json_add_text(value->key, &name);
    add_name(path, buf_view(&name));
}

/* From the file inwards; the value knows the way outwards. */
static void add_path(struct buf *path, const struct config_value *value)
{
    const struct config_value *steps[STEPS_MAXIMUM];
    size_t count = 0;

    for (; value->outer != NULL && count < STEPS_MAXIMUM; value = value->outer) {
        steps[count++] = value;
    }
    while (count > 0) {
        add_step(path, steps[--count]);
    }
}

const char *config_place_in(const struct config_value *value, size_t offset)
{
    bool is_exact = str_find(value->json, '\\') == value->json.length && offset + 1 < value->json.length;

    return is_exact ? value->json.base + 1 + offset : value->json.base;
}

/* ---- telling ---- */

bool config_is_told(const struct config_reader *reader, const char *place)
{
    return config_faults_takes(reader->faults, (size_t)(place - reader->text.base));
}

static void tell(struct config_reader *reader, const struct config_value *value, const char *place, const char *format,
                 va_list arguments) printf_like(4, 0);

static void tell(struct config_reader *reader, const struct config_value *value, const char *place, const char *format,
                 va_list arguments)
{
    cleanup_buf struct buf path;
    cleanup_buf struct buf sentence;

    buf_init(&path, PATH_BYTES);
    buf_init(&sentence, SENTENCE_BYTES);
    if (!config_is_told(reader, place)) {
        reader->faults->has_more = true;
        return;
    }
    add_path(&path, value);
    (void)buf_add_format_list(&sentence, format, arguments);
    (void)buf_add_byte(&path, '\0');
    (void)buf_add_byte(&sentence, '\0');
    config_faults_add(reader->faults, (size_t)(place - reader->text.base), buf_view(&path).base,
                      buf_view(&sentence).base);
}

void config_fault(struct config_reader *reader, const struct config_value *value, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(reader, value, value->json.base, format, arguments);
    va_end(arguments);
}

void config_fault_at(struct config_reader *reader, const struct config_value *value, const char *place,
                     const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(reader, value, place, format, arguments);
    va_end(arguments);
}

void config_refuse_size(struct config_reader *reader)
{
    struct config_value file = { .json = reader->text };

    if (!reader->is_full) {
        reader->is_full = true;
        config_fault(reader, &file, "takes more memory than a configuration may have");
    }
}

/* ---- sentences of a kind ---- */

static struct quote describe_string(struct str json)
{
    cleanup_buf struct buf text;

    buf_init(&text, json.length);
    (void)json_add_text(json, &text);
    return config_quote(buf_view(&text));
}

/* "soon", 1.5, an array: what was found where something else was expected. */
static struct quote describe(struct str json)
{
    enum json_kind kind = json_kind(json);
    bool is_short = json.length < SHOWN_BYTES;
    struct quote shown;

    if (kind == JSON_STRING) {
        return describe_string(json);
    }
    if (kind == JSON_ARRAY || kind == JSON_OBJECT) {
        (void)snprintf(shown.text, sizeof shown.text, "%s", json_kind_name(kind));
    } else {
        (void)snprintf(shown.text, sizeof shown.text, "%.*s%s", is_short ? (int)json.length : SHOWN_BYTES, json.base,
                       is_short ? "" : "...");
    }
    return shown;
}

void config_expected(struct config_reader *reader, const struct config_value *value, const char *allowed)
{
    size_t length = strcspn(allowed, ";");

    if (config_is_told(reader, value->json.base)) {
        config_fault(reader, value, "expected %.*s, not %s%s", (int)length, allowed, describe(value->json).text,
                     allowed + length);
    } else {
        reader->faults->has_more = true;
    }
}

/* Names that come from the file and are not fit to be shown are left out. */
static void add_names(struct buf *list, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        if (!is_plain_name(str_of(names[i])) && !plan_is_name(str_of(names[i]))) {
            continue;
        }
        if (list->length + strlen(names[i]) > LIST_BYTES) {
            (void)buf_add_text(list, ", ...");
            return;
        }
        (void)buf_add_format(list, "%s%s", list->length > 0 ? ", " : "", names[i]);
    }
}

static void add_hint(struct buf *hint, const char *name, const char *const *names)
{
    const char *nearest = options_nearest(name, names);
    cleanup_buf struct buf list;

    buf_init(&list, 2 * LIST_BYTES);
    if (nearest != NULL && plan_is_name(str_of(nearest))) {
        (void)buf_add_format(hint, "; did you mean \"%s\"?", nearest);
        return;
    }
    add_names(&list, names);
    (void)buf_add_format(hint, "; allowed: %.*s", STR_ARGUMENTS(buf_view(&list)));
}

void config_unknown(struct config_reader *reader, const struct config_value *value, const char *place, const char *what,
                    const char *const *names)
{
    struct str rest = str_from(reader->text, (size_t)(place - reader->text.base));
    struct str json = { place, json_string_length(rest) };
    cleanup_buf struct buf name;
    cleanup_buf struct buf hint;

    buf_init(&name, json.length + 1);
    buf_init(&hint, SENTENCE_BYTES);
    if (!config_is_told(reader, place)) {
        reader->faults->has_more = true;
        return;
    }
    (void)json_add_text(json, &name);
    struct quote quote = config_quote(buf_view(&name));
    (void)buf_add_byte(&name, '\0');
    add_hint(&hint, buf_view(&name).base, names);
    config_fault_at(reader, value, place, "unknown %s %s%.*s", what, quote.text, STR_ARGUMENTS(buf_view(&hint)));
}
