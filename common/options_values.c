/* SPDX-License-Identifier: MIT */
/* What options read: the parsers of their values, and the guess at a misspelt word. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "common/duration.h"
#include "common/options.h"
#include "common/url.h"

int options_parse_string(const struct option *option, const char *text, void *target, struct error *allowed)
{
    (void)option;
    (void)allowed;
    *(const char **)target = text;
    return 0;
}

int options_parse_integer(const struct option *option, const char *text, void *target, struct error *allowed)
{
    bool is_negative = text[0] == '-';
    uint64_t magnitude = 0;
    int status = str_to_number(str_of(text + is_negative), LONG_MAX, &magnitude);
    long number = is_negative ? -(long)magnitude : (long)magnitude;

    if (status < 0 || number < option->minimum || number > option->maximum) {
        return error_set(allowed, "a number from %ld to %ld", option->minimum, option->maximum);
    }
    *(long *)target = number;
    return 0;
}

int options_parse_boolean(const struct option *option, const char *text, void *target, struct error *allowed)
{
    (void)option;
    if (text == NULL || strcmp(text, "1") == 0 || strcmp(text, "true") == 0) {
        *(bool *)target = true;
        return 0;
    }
    if (strcmp(text, "0") == 0 || strcmp(text, "false") == 0) {
        *(bool *)target = false;
        return 0;
    }
    return error_set(allowed, "1, true, 0 or false");
}

static int refuse_choice(const struct option *option, const char *text, struct error *allowed)
{
    struct buf names;
    const char *nearest = options_nearest(text, option->choices);

    buf_init(&names, sizeof allowed->text);
    for (size_t i = 0; option->choices[i] != NULL; i++) {
        (void)buf_add_text(&names, i == 0 ? "" : ", ");
        (void)buf_add_text(&names, option->choices[i]);
    }
    (void)error_set(allowed, "one of %.*s%s%s%s", STR_ARGUMENTS(buf_view(&names)),
                    nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "",
                    nearest != NULL ? "?" : "");
    buf_clear(&names);
    return -1;
}

int options_parse_choice(const struct option *option, const char *text, void *target, struct error *allowed)
{
    for (int i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(text, option->choices[i]) == 0) {
            *(int *)target = i;
            return 0;
        }
    }
    return refuse_choice(option, text, allowed);
}

enum { DURATION_BYTES = 32 };

int options_parse_duration(const struct option *option, const char *text, void *target, struct error *allowed)
{
    uint64_t duration_us = 0;

    switch (duration_parse(str_of(text), &duration_us)) {
    case 0:
        if (duration_us < (uint64_t)option->minimum) {
            char least[DURATION_BYTES];
            duration_format((uint64_t)option->minimum, least, sizeof least);
            return error_set(allowed, "a duration of at least %s", least);
        }
        *(uint64_t *)target = duration_us;
        return 0;
    case -ERANGE:
        return error_set(allowed, "a duration of at most 24h");
    default:
        return error_set(allowed, DURATION_ALLOWED);
    }
}

int options_parse_address(const struct option *option, const char *text, void *target, struct error *allowed)
{
    (void)option;
    return address_parse(str_of(text), target, allowed);
}

int options_parse_url(const struct option *option, const char *text, void *target, struct error *allowed)
{
    (void)option;
    return url_parse(str_of(text), target, allowed);
}

enum { LONGEST_NAME = 63 };

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string alignment). */
static unsigned edit_distance(struct str a, struct str b)
{
    unsigned rows[3][LONGEST_NAME + 1];
    unsigned *before_last = rows[0];
    unsigned *last = rows[1];
    unsigned *row = rows[2];

    for (unsigned j = 0; j <= b.length; j++) {
        last[j] = j;
        before_last[j] = j;
    }
    for (unsigned i = 1; i <= a.length; i++) {
        row[0] = i;
        for (unsigned j = 1; j <= b.length; j++) {
            unsigned replaced = last[j - 1] + (a.base[i - 1] != b.base[j - 1]);
            row[j] = smallest(last[j] + 1, row[j - 1] + 1, replaced);
            if (i > 1 && j > 1 && a.base[i - 1] == b.base[j - 2] && a.base[i - 2] == b.base[j - 1]) {
                row[j] = smallest(row[j], before_last[j - 2] + 1, row[j]);
            }
        }
        unsigned *free_row = before_last;
        before_last = last;
        last = row;
        row = free_row;
    }
    return last[b.length];
}

const char *options_nearest(const char *word, const char *const *names)
{
    struct str wanted = str_of(word);
    const char *nearest = NULL;
    /* One slip in three letters, and never a whole short word. */
    unsigned least = wanted.length < 3 ? 2 : (unsigned)(wanted.length + 2) / 3 + 1;

    if (wanted.length == 0 || wanted.length > LONGEST_NAME) {
        return NULL;
    }
    for (size_t i = 0; names[i] != NULL; i++) {
        struct str name = str_of(names[i]);
        if (name.length > LONGEST_NAME) {
            continue;
        }
        bool is_beginning = wanted.length >= 3 && str_starts_with(name, wanted);
        unsigned distance = is_beginning ? 1 : edit_distance(wanted, name);
        if (distance < least && distance < name.length) {
            least = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
