/* SPDX-License-Identifier: MIT */
#include "lab/run_values.h"

#include <stdarg.h>
#include <string.h>

#include "common/clock.h"
#include "common/duration.h"
#include "common/json_view.h"
#include "common/quote.h"
#include "lab/sweep_cases.h"
#include "lab/task.h"

enum { TEXT_BYTES = 1024, SHOWN_BYTES = 40, DURATION_BYTES = 32, NAMES_BYTES = 128 };

int run_refuse(struct run_refusal *refusal, const char *field, const char *format, ...)
{
    va_list arguments;

    refusal->field = field;
    va_start(arguments, format);
    (void)vsnprintf(refusal->sentence.text, sizeof refusal->sentence.text, format, arguments);
    va_end(arguments);
    return -1;
}

/* A value as it was sent, for a sentence. */
static struct quote shown(const struct run_value *value)
{
    struct str json = value->json;

    if (json_kind(json) == JSON_STRING) {
        return quote_in_marks((struct str){ json.base + 1, json.length - 2 }, SHOWN_BYTES);
    }
    return quote_bare(json, SHOWN_BYTES);
}

/* ---- one value ---- */

int run_value_text(const struct run_value *value, const char **ret_text)
{
    cleanup_buf struct buf text = { .base = NULL };

    if (json_kind(value->json) != JSON_STRING) {
        return run_refuse(value->refusal, value->field, "%s must be a string, not %s.", value->field,
                          json_kind_name(json_kind(value->json)));
    }
    buf_init(&text, TEXT_BYTES);
    struct str view = { "", 0 };
    if (json_add_text(value->json, &text) == 0 && text.length > 0) {
        view = buf_view(&text);
    }
    const char *copy = arena_copy(value->memory, view);
    if (text.failed || copy == NULL || strlen(copy) != view.length) {
        return run_refuse(value->refusal, value->field, "%s must be a text of at most %d bytes without a NUL.",
                          value->field, TEXT_BYTES);
    }
    *ret_text = copy;
    return 0;
}

int run_value_number(const struct run_value *value, uint64_t least, uint64_t most, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (str_to_number(value->json, most, &number) < 0 || number < least) {
        return run_refuse(value->refusal, value->field, "%s must be a whole number from %llu to %llu, not %s.",
                          value->field, (unsigned long long)least, (unsigned long long)most, shown(value).text);
    }
    *ret_number = number;
    return 0;
}

int run_value_duration(const struct run_value *value, uint64_t least_ms, uint64_t most_ms, uint64_t *ret_us)
{
    char least[DURATION_BYTES];
    char most[DURATION_BYTES];
    const char *text = NULL;
    uint64_t duration_us = 0;

    if (run_value_text(value, &text) < 0) {
        return -1;
    }
    if (duration_parse(str_of(text), &duration_us) < 0 || duration_us < least_ms * CLOCK_US_PER_MS ||
        duration_us > most_ms * CLOCK_US_PER_MS) {
        duration_format(least_ms * CLOCK_US_PER_MS, least, sizeof least);
        duration_format(most_ms * CLOCK_US_PER_MS, most, sizeof most);
        return run_refuse(value->refusal, value->field,
                          "%s must be a duration from %s to %s, such as \"250ms\" or \"2s\", not %s.", value->field,
                          least, most, shown(value).text);
    }
    *ret_us = duration_us;
    return 0;
}

/* "one-client, cpu-bound, …" */
static void name_cases(char text[NAMES_BYTES])
{
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < sweep_case_count && length < NAMES_BYTES; i++) {
        length += (size_t)snprintf(text + length, NAMES_BYTES - length, "%s%s", i > 0 ? ", " : "", sweep_cases[i].name);
    }
}

int run_value_case(const struct run_value *value, const char **ret_name)
{
    char allowed[NAMES_BYTES];

    for (size_t i = 0; i < sweep_case_count; i++) {
        if (json_kind(value->json) == JSON_STRING && json_string_equal(value->json, str_of(sweep_cases[i].name))) {
            *ret_name = sweep_cases[i].name;
            return 0;
        }
    }
    name_cases(allowed);
    return run_refuse(value->refusal, value->field, "%s must be one of: %s; not %s.", value->field, allowed,
                      shown(value).text);
}

/* ---- lists ---- */

static int check_count(const struct run_value *value, size_t least, size_t most)
{
    size_t count = json_count(value->json);

    if (json_kind(value->json) != JSON_ARRAY || count < least || count > most) {
        return run_refuse(value->refusal, value->field, "%s must be a list of %zu to %zu values.", value->field, least,
                          most);
    }
    return 0;
}

static struct run_value element_of(const struct run_value *list, struct str json)
{
    struct run_value element = *list;

    element.json = json;
    return element;
}

static bool has_name(const struct run_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static int add_name(const struct run_value *element, struct run_names *names)
{
    const char *name = "";

    if (run_value_text(element, &name) < 0) {
        return -1;
    }
    if (!task_is_name(str_of(name))) {
        return run_refuse(element->refusal, element->field, "%s must be names, each " TASK_NAME_ALLOWED ", not %s.",
                          element->field, shown(element).text);
    }
    if (has_name(names, name)) {
        return run_refuse(element->refusal, element->field, "%s has %s twice; each name may stand once.",
                          element->field, shown(element).text);
    }
    names->names[names->count++] = name;
    return 0;
}

int run_value_names(const struct run_value *value, size_t least, struct run_names *ret_names)
{
    struct run_names names = { .count = 0 };
    struct str json;

    if (check_count(value, least, RUN_TASKS_MOST) < 0) {
        return -1;
    }
    struct json_walk walk = json_walk_begin(value->json);
    while (json_walk_element(&walk, &json)) {
        struct run_value element = element_of(value, json);
        if (add_name(&element, &names) < 0) {
            return -1;
        }
    }
    *ret_names = names;
    return 0;
}

static bool has_number(const struct run_numbers *numbers, uint64_t number)
{
    for (size_t i = 0; i < numbers->count; i++) {
        if (numbers->numbers[i] == number) {
            return true;
        }
    }
    return false;
}

int run_value_numbers(const struct run_value *value, uint64_t most, size_t count_most, struct run_numbers *ret_numbers)
{
    struct run_numbers numbers = { .count = 0 };
    struct str json;

    if (check_count(value, 1, count_most) < 0) {
        return -1;
    }
    struct json_walk walk = json_walk_begin(value->json);
    while (json_walk_element(&walk, &json)) {
        struct run_value element = element_of(value, json);
        uint64_t number = 0;
        if (run_value_number(&element, 1, most, &number) < 0) {
            return -1;
        }
        if (has_number(&numbers, number)) {
            return run_refuse(value->refusal, value->field, "%s has %s twice; each number may stand once.",
                              value->field, shown(&element).text);
        }
        numbers.numbers[numbers.count++] = number;
    }
    *ret_numbers = numbers;
    return 0;
}

/* ---- modes ---- */

/* "sync, async, mixed, threads, wire" */
static void name_modes(char text[NAMES_BYTES])
{
    size_t length = 0;

    for (size_t i = 0; i < RUN_MODES_MOST; i++) {
        length +=
            (size_t)snprintf(text + length, NAMES_BYTES - length, "%s%s", i > 0 ? ", " : "", mode_names[run_modes[i]]);
    }
}

static int add_mode(const struct run_value *element, struct run_modes_list *list)
{
    char allowed[NAMES_BYTES];
    enum mode found = MODE_COUNT;

    for (size_t i = 0; i < RUN_MODES_MOST; i++) {
        if (json_kind(element->json) == JSON_STRING &&
            json_string_equal(element->json, str_of(mode_names[run_modes[i]]))) {
            found = run_modes[i];
        }
    }
    if (found == MODE_COUNT) {
        name_modes(allowed);
        return run_refuse(element->refusal, element->field, "%s must be of: %s; not %s.", element->field, allowed,
                          shown(element).text);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (list->modes[i] == found) {
            return run_refuse(element->refusal, element->field, "%s has %s twice; each mode may stand once.",
                              element->field, mode_names[found]);
        }
    }
    list->modes[list->count++] = found;
    return 0;
}

int run_value_modes(const struct run_value *value, struct run_modes_list *ret_modes)
{
    struct run_modes_list list = { .count = 0 };
    struct str json;

    if (check_count(value, 1, RUN_MODES_MOST) < 0) {
        return -1;
    }
    struct json_walk walk = json_walk_begin(value->json);
    while (json_walk_element(&walk, &json)) {
        struct run_value element = element_of(value, json);
        if (add_mode(&element, &list) < 0) {
            return -1;
        }
    }
    *ret_modes = list;
    return 0;
}
