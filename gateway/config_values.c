/* SPDX-License-Identifier: MIT */
/*
 * config_values - the kinds of values a configuration has: sizes, durations, booleans, modes, text, and what flags
 * take.
 */
#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "common/options.h"
#include "gateway/config_reader.h"
#include "gateway/mode.h"

/* ---- memory ---- */

void *config_allocate(struct config_reader *reader, size_t count, size_t element_bytes)
{
    void *memory = arena_allocate_array(&reader->config->arena, count, element_bytes);

    if (memory == NULL) {
        config_refuse_size(reader);
    }
    return memory;
}

const char *config_copy(struct config_reader *reader, struct str text)
{
    const char *copy = arena_copy(&reader->config->arena, text);

    if (copy == NULL) {
        config_refuse_size(reader);
    }
    return copy;
}

/* ---- text ---- */

bool config_read_text(struct config_reader *reader, const struct config_value *value, const char *allowed,
                      struct str *ret_text)
{
    cleanup_buf struct buf text;

    buf_init(&text, value->json.length);
    if (json_kind(value->json) != JSON_STRING) {
        config_expected(reader, value, allowed);
        return false;
    }
    if (json_add_text(value->json, &text) < 0) {
        config_refuse_size(reader);
        return false;
    }
    struct str view = buf_view(&text);
    if (str_find(view, '\0') < view.length) {
        config_fault(reader, value, "must not have a NUL (\\u0000) in it");
        return false;
    }
    *ret_text = (struct str){ config_copy(reader, view), view.length };
    return ret_text->base != NULL;
}

/* ---- what options read ---- */

static enum json_kind kind_of(const struct option *option)
{
    return option->parse == options_parse_integer ? JSON_NUMBER : JSON_STRING;
}

/* The value's text for the option's parse function. No text: what a value of another kind is read as, so that the
 * function says what is allowed. */
static struct str text_of(struct config_reader *reader, const struct option *option, const struct config_value *value)
{
    struct str text = STR("");

    if (json_kind(value->json) != kind_of(option)) {
        return text;
    }
    if (kind_of(option) == JSON_NUMBER) {
        return (struct str){ config_copy(reader, value->json), value->json.length };
    }
    return config_read_text(reader, value, "", &text) ? text : (struct str){ NULL, 0 };
}

static bool parse(struct config_reader *reader, const struct option *option, const struct config_value *value,
                  void *field)
{
    struct str text = text_of(reader, option, value);
    struct error allowed = { { '\0' } };

    if (text.base == NULL) {
        return false;
    }
    if (option->parse(option, text.base, field, &allowed) < 0) {
        config_expected(reader, value, allowed.text);
        return false;
    }
    return true;
}

/* "a,b" or ["a", "b"] */
static bool read_names(struct config_reader *reader, const struct config_value *value, const char **ret_names)
{
    static const char allowed[] = "names of calls as an array or with commas between them";
    struct json_walk walk = json_walk_begin(value->json);
    struct config_value element = { .outer = NULL };
    cleanup_buf struct buf names;
    struct str text = { NULL, 0 };

    buf_init(&names, 2 * value->json.length);
    if (json_kind(value->json) != JSON_ARRAY) {
        bool is_read = config_read_text(reader, value, allowed, &text);
        *ret_names = is_read ? text.base : *ret_names;
        return is_read;
    }
    while (config_next_element(value, &walk, &element)) {
        if (!config_read_text(reader, &element, "the name of a call", &text)) {
            return false;
        }
        (void)buf_add_format(&names, "%s%s", names.length > 0 ? "," : "", text.base);
    }
    const char *copy = names.failed ? NULL : config_copy(reader, buf_view(&names));
    *ret_names = copy != NULL ? copy : *ret_names;
    return copy != NULL;
}

static bool read_boolean(struct config_reader *reader, const struct config_value *value, bool *ret_boolean)
{
    if (json_kind(value->json) != JSON_BOOLEAN) {
        config_expected(reader, value, "true or false");
        return false;
    }
    *ret_boolean = value->json.base[0] == 't';
    return true;
}

static bool parse_setting(struct config_reader *reader, const struct option *option, const struct config_value *value,
                          struct settings *settings)
{
    void *field = (char *)settings + option->offset;

    if (option->parse == options_parse_boolean) {
        return read_boolean(reader, value, field);
    }
    if (option->parse == options_parse_string) {
        return read_names(reader, value, field);
    }
    return parse(reader, option, value, field);
}

/* What was given as a flag is read for its faults only. */
void config_read_setting(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                         void *field)
{
    struct settings *settings = field;
    struct settings read = *settings;

    if (parse_setting(reader, key->option, value, &read) && !settings_is_given(settings, key->option)) {
        *settings = read;
    }
}

int config_read_choice(struct config_reader *reader, const struct config_value *value, const char *const *names)
{
    struct option option = { .parse = options_parse_choice, .choices = names };
    int choice = -1;

    return parse(reader, &option, value, &choice) ? choice : -1;
}

void config_read_mode(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                      void *field)
{
    int mode = config_read_choice(reader, value, mode_names);

    (void)key;
    if (mode >= 0) {
        *(int *)field = mode;
    }
}

void config_read_boolean(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                         void *field)
{
    (void)key;
    (void)read_boolean(reader, value, field);
}

/* ---- numbers and durations ---- */

void config_read_size(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                      void *field)
{
    char allowed[96];
    uint64_t number = 0;

    if (json_kind(value->json) != JSON_NUMBER || str_to_number(value->json, key->maximum, &number) < 0 ||
        number < key->minimum) {
        (void)snprintf(allowed, sizeof allowed, "a whole number from %llu to %llu", (unsigned long long)key->minimum,
                       (unsigned long long)key->maximum);
        config_expected(reader, value, allowed);
        return;
    }
    *(size_t *)field = (size_t)number;
}

static bool is_duration(struct str json, const struct config_key *key, uint64_t *ret_us)
{
    cleanup_buf struct buf text;

    buf_init(&text, json.length);
    if (json_kind(json) != JSON_STRING || json_add_text(json, &text) < 0) {
        return false;
    }
    return duration_parse(buf_view(&text), ret_us) == 0 && *ret_us >= key->minimum && *ret_us <= key->maximum;
}

void config_read_duration(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                          void *field)
{
    uint64_t duration_us = 0;
    char allowed[128];
    char minimum[32];
    char maximum[32];

    if (!is_duration(value->json, key, &duration_us)) {
        duration_format(key->minimum, minimum, sizeof minimum);
        duration_format(key->maximum, maximum, sizeof maximum);
        (void)snprintf(allowed, sizeof allowed, "a duration from %s to %s, such as 250ms, 2s or 1m", minimum, maximum);
        config_expected(reader, value, allowed);
        return;
    }
    *(uint64_t *)field = duration_us;
}
