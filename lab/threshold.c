/* SPDX-License-Identifier: MIT */
#include "lab/threshold.h"

#include "common/options.h"
#include "common/quote.h"
#include "lab/threshold_metric.h"

enum { QUOTED_BYTES = 48, NAME_BYTES = 32 };

#define FORM "expected an expression such as async.p99<250ms or async[clients=64].p99<250ms"

static const char *const condition_names[] = { "clients", "fan_out", "delay", "load",
                                               "rate",    "case",    "bytes", "backend_concurrency",
                                               "task",    NULL };

static const struct {
    struct str text;
    enum threshold_operator operation;
} operators[] = {
    /* The longer ones first. */
    { STR_STATIC("<="), THRESHOLD_AT_MOST }, { STR_STATIC(">="), THRESHOLD_AT_LEAST },
    { STR_STATIC("<"), THRESHOLD_LESS },     { STR_STATIC(">"), THRESHOLD_MORE },
    { STR_STATIC("="), THRESHOLD_EQUAL },
};

static int check_condition_name(struct str name, struct error *error)
{
    char word[NAME_BYTES + 1];

    for (size_t i = 0; condition_names[i] != NULL; i++) {
        if (str_equal(name, str_of(condition_names[i]))) {
            return 0;
        }
    }
    (void)snprintf(word, sizeof word, "%.*s", STR_ARGUMENTS(name));
    const char *nearest = options_nearest(word, condition_names);
    return error_set(error,
                     "condition %s is not known;%s%s%s allowed: clients, fan_out, delay, load, rate, case, bytes, "
                     "backend_concurrency, task",
                     quote_in_marks(name, QUOTED_BYTES).text, nearest != NULL ? " did you mean " : "",
                     nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
}

/* "clients=64,fan_out=10" */
static int parse_conditions(struct str text, struct threshold *threshold, struct error *error)
{
    do {
        struct str entry = str_split(&text, ',');
        size_t equals = str_find(entry, '=');
        if (equals == entry.length || equals + 1 == entry.length) {
            return error_set(error, "condition %s: expected NAME=VALUE such as clients=64",
                             quote_in_marks(entry, QUOTED_BYTES).text);
        }
        if (threshold->condition_count == THRESHOLD_CONDITIONS_MOST) {
            return error_set(error, "at most %d conditions are allowed", THRESHOLD_CONDITIONS_MOST);
        }
        const struct threshold_condition condition = { .name = str_trim((struct str){ entry.base, equals }),
                                                       .value = str_trim(str_from(entry, equals + 1)) };
        if (check_condition_name(condition.name, error) < 0) {
            return -1;
        }
        threshold->conditions[threshold->condition_count++] = condition;
    } while (text.length > 0);
    return 0;
}

/* Takes the selector and its conditions from the front of *rest, with the '.' behind. */
static int parse_selector(struct str *rest, struct threshold *threshold, struct error *error)
{
    size_t bracket = str_find(*rest, '[');
    size_t dot = str_find(*rest, '.');

    if (bracket < dot) {
        size_t end = str_find(*rest, ']');
        if (end == rest->length || end + 1 == rest->length || rest->base[end + 1] != '.') {
            return error_set(error,
                             "behind the conditions: expected ]. and a metric, as in async[clients=64].p99<250ms");
        }
        dot = end + 1;
        if (parse_conditions((struct str){ rest->base + bracket + 1, end - bracket - 1 }, threshold, error) < 0) {
            return -1;
        }
    }
    if (dot == rest->length) {
        return error_set(error, FORM);
    }
    threshold->selector = str_trim((struct str){ rest->base, bracket < dot ? bracket : dot });
    *rest = str_from(*rest, dot + 1);
    return threshold->selector.length > 0 ? 0
                                          : error_set(error, "in front of the '.': expected a mode, a row's name or *");
}

/* Where the first operator stands in `text`; text.length: nowhere. */
static size_t find_operator(struct str text, size_t *ret_index)
{
    for (size_t at = 0; at < text.length; at++) {
        for (size_t i = 0; i < array_length(operators); i++) {
            if (str_starts_with(str_from(text, at), operators[i].text)) {
                *ret_index = i;
                return at;
            }
        }
    }
    return text.length;
}

static int parse(struct str text, struct threshold *threshold, struct error *error)
{
    size_t index = 0;

    if (parse_selector(&text, threshold, error) < 0) {
        return -1;
    }
    size_t at = find_operator(text, &index);
    if (at == text.length) {
        return error_set(error, "an operator is missing; allowed: < <= > >= =");
    }
    threshold->metric = threshold_metric_find(str_trim((struct str){ text.base, at }), error);
    if (threshold->metric == NULL) {
        return -1;
    }
    threshold->operation = operators[index].operation;
    struct str value = str_trim(str_from(text, at + operators[index].text.length));
    return threshold_unit_parse(threshold->metric->unit, value, &threshold->value, error);
}

int threshold_parse(struct str expression, struct threshold *ret_threshold, struct error *error)
{
    struct threshold threshold = { .expression = expression };
    struct error fault = { { '\0' } };

    if (parse(str_trim(expression), &threshold, &fault) < 0) {
        return error_set(error, "threshold %s: %s", quote_in_marks(expression, QUOTED_BYTES).text, fault.text);
    }
    *ret_threshold = threshold;
    return 0;
}
