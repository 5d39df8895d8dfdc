/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "common/duration.h"
#include "common/quote.h"
#include "lab/printable.h"
#include "lab/threshold.h"
#include "lab/threshold_figures.h"
#include "lab/threshold_metric.h"

enum { NUMBER_BYTES = 32, NAMES_MOST = 12, NAME_BYTES = 40, LIST_BYTES = 200 };

/* ---- which figures are meant ---- */

static bool is_same_duration(struct str a, struct str b)
{
    uint64_t of_a = 0;
    uint64_t of_b = 0;

    return duration_parse(a, &of_a) == 0 && duration_parse(b, &of_b) == 0 && of_a == of_b;
}

static bool is_number(struct str text, double number)
{
    char copy[NUMBER_BYTES];
    char *end = NULL;

    (void)snprintf(copy, sizeof copy, "%.*s", STR_ARGUMENTS(text));
    return strtod(copy, &end) == number && end != copy && *end == '\0';
}

static bool meets(const struct threshold_figure *figure, const struct threshold_condition *condition)
{
    const cJSON *place = threshold_figure_place(figure, condition->name);

    if (cJSON_IsNumber(place)) {
        return is_number(condition->value, place->valuedouble);
    }
    struct str text = str_of(cJSON_IsString(place) ? place->valuestring : NULL);
    return text.length > 0 && (str_equal(text, condition->value) ||
                               (str_equal(condition->name, STR("delay")) && is_same_duration(text, condition->value)));
}

/* Of what others published there are the seconds and nothing else. */
static bool is_published(const struct threshold_figure *figure)
{
    return figure->kind == REPORT_HELLO && str_equal(report_string(figure->item, "kind"), STR("published"));
}

static bool is_meant(const struct threshold *threshold, const struct threshold_figure *figure)
{
    const struct threshold_metric *metric = threshold->metric;
    bool is_of_task = figure->kind == REPORT_EXPERIMENT && metric->is_of_task;

    if (metric->read[figure->kind] == NULL || is_of_task != figure->is_task ||
        (is_published(figure) && metric->unit != THRESHOLD_MILLISECONDS)) {
        return false;
    }
    if (!str_equal(threshold->selector, STR("*")) && !str_equal(threshold->selector, figure->selector)) {
        return false;
    }
    for (size_t i = 0; i < threshold->condition_count; i++) {
        if (!meets(figure, &threshold->conditions[i])) {
            return false;
        }
    }
    return true;
}

/* ---- is it kept? ---- */

static bool is_upper(enum threshold_operator operation)
{
    return operation == THRESHOLD_LESS || operation == THRESHOLD_AT_MOST;
}

static bool is_kept(const struct threshold *threshold, struct threshold_value figure)
{
    if (isnan(figure.value) ||
        (figure.is_lower_bound && (is_upper(threshold->operation) || threshold->operation == THRESHOLD_EQUAL))) {
        return false;
    }
    switch (threshold->operation) {
    case THRESHOLD_LESS:
        return figure.value < threshold->value;
    case THRESHOLD_AT_MOST:
        return figure.value <= threshold->value;
    case THRESHOLD_MORE:
        return figure.value > threshold->value;
    case THRESHOLD_AT_LEAST:
        return figure.value >= threshold->value;
    case THRESHOLD_EQUAL:
        return figure.value == threshold->value;
    }
    return false;
}

/* The larger, the worse. */
static double badness(const struct threshold *threshold, struct threshold_value figure)
{
    if (isnan(figure.value)) {
        return INFINITY;
    }
    if (threshold->operation == THRESHOLD_EQUAL) {
        return fabs(figure.value - threshold->value);
    }
    return is_upper(threshold->operation) ? figure.value : -figure.value;
}

struct check {
    const struct threshold *threshold;
    size_t count, broken_count;
    struct threshold_figure worst;
    struct threshold_value worst_value;
};

static void on_figure(void *context, const struct threshold_figure *figure)
{
    struct check *check = context;

    if (!is_meant(check->threshold, figure)) {
        return;
    }
    struct threshold_value value = check->threshold->metric->read[figure->kind](figure);
    bool is_broken = !is_kept(check->threshold, value);
    bool has_broken = check->broken_count > 0;
    bool is_worse =
        check->count == 0 || (is_broken && !has_broken) ||
        (is_broken == has_broken && badness(check->threshold, value) > badness(check->threshold, check->worst_value));
    if (is_worse) {
        check->worst = *figure;
        check->worst_value = value;
    }
    check->count++;
    check->broken_count += is_broken;
}

/* ---- the line ---- */

static void add_place(struct buf *line, const struct threshold_figure *figure, const char *name, bool *has_any)
{
    const cJSON *place = threshold_figure_place(figure, str_of(name));

    if (place == NULL) {
        return;
    }
    (void)buf_add_format(line, "%s%s=", *has_any ? "," : " at ", name);
    if (cJSON_IsString(place)) {
        (void)printable_add(line, str_of(place->valuestring));
    } else {
        (void)buf_add_format(line, "%.10g", cJSON_GetNumberValue(place));
    }
    *has_any = true;
}

static void add_line(struct buf *line, const struct check *check)
{
    static const char *const places[] = { "case", "clients", "rate", "fan_out", "delay", "bytes", "backend_concurrency",
                                          "task" };
    bool has_any = false;

    (void)buf_add_text(line, check->broken_count > 0 ? "broken: " : "kept: ");
    (void)printable_add(line, check->threshold->expression);
    (void)buf_add_text(line, ": ");
    threshold_unit_add(check->threshold->metric->unit, check->worst_value, line);
    if (str_equal(check->threshold->selector, STR("*"))) {
        (void)buf_add_text(line, " in ");
        (void)printable_add(line, check->worst.selector);
    }
    for (size_t i = 0; i < array_length(places); i++) {
        add_place(line, &check->worst, places[i], &has_any);
    }
    if (check->worst.document->name != NULL) {
        (void)buf_add_text(line, " in ");
        (void)printable_add(line, str_of(check->worst.document->name));
    }
    if (check->count > 1) {
        (void)buf_add_text(line, check->broken_count > 0 ? "; " : "; the worst of ");
        if (check->broken_count > 0) {
            (void)buf_add_format(line, "%zu of ", check->broken_count);
        }
        (void)buf_add_format(line, "%zu figures%s", check->count, check->broken_count > 0 ? " break it" : "");
    }
}

/* ---- what there is instead ---- */

/* Texts that are there, each once. */
struct names {
    struct str names[NAMES_MOST];
    size_t count;
    bool has_more;
};

struct offer {
    struct names selectors;
    bool has_kind[REPORT_KIND_COUNT];
};

static void add_name(struct names *list, struct str name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (str_equal(list->names[i], name)) {
            return;
        }
    }
    if (list->count == NAMES_MOST) {
        list->has_more = true;
    } else {
        list->names[list->count++] = name;
    }
}

static void on_offer(void *context, const struct threshold_figure *figure)
{
    struct offer *offer = context;

    add_name(&offer->selectors, figure->selector);
    offer->has_kind[figure->kind] = true;
}

static bool has_metric(const struct offer *offer, const struct threshold_metric *metric)
{
    for (size_t kind = 0; kind < REPORT_KIND_COUNT; kind++) {
        if (offer->has_kind[kind] && metric->read[kind] != NULL) {
            return true;
        }
    }
    return false;
}

static void add_offer(struct buf *text, const struct offer *offer)
{
    const char *separator = "";
    const struct threshold_metric *metric = NULL;

    for (size_t i = 0; i < offer->selectors.count; i++) {
        (void)buf_add_format(text, "%s%s", i > 0 ? ", " : "", quote_bare(offer->selectors.names[i], NAME_BYTES).text);
    }
    if (offer->selectors.count == 0) {
        return;
    }
    (void)buf_add_text(text, offer->selectors.has_more ? " and others with " : " with ");
    for (size_t i = 0; (metric = threshold_metric_at(i)) != NULL; i++) {
        if (has_metric(offer, metric)) {
            (void)buf_add_format(text, "%s%s", separator, metric->name);
            separator = ", ";
        }
    }
}

static enum threshold_verdict refuse(const struct threshold *threshold, const struct report_document *documents,
                                     size_t count, struct error *error)
{
    struct offer offer = { .selectors = { .count = 0 } };
    cleanup_buf struct buf text = { .base = NULL };

    threshold_figures_visit(documents, count, on_offer, &offer);
    buf_init(&text, sizeof error->text);
    add_offer(&text, &offer);
    (void)error_set(error, "threshold %s: there is no such figure%s; there %s %.*s",
                    quote_in_marks(threshold->expression, NAME_BYTES).text,
                    threshold->condition_count > 0 ? " under these conditions" : "",
                    offer.selectors.count > 0 ? "are" : "is nothing", STR_ARGUMENTS(buf_view(&text)));
    return THRESHOLD_NO_FIGURE;
}

enum threshold_verdict threshold_check(const struct threshold *threshold, const struct report_document *documents,
                                       size_t count, struct buf *line, struct error *error)
{
    struct check check = { .threshold = threshold };

    threshold_figures_visit(documents, count, on_figure, &check);
    if (check.count == 0) {
        return refuse(threshold, documents, count, error);
    }
    add_line(line, &check);
    return check.broken_count > 0 ? THRESHOLD_BROKEN : THRESHOLD_KEPT;
}
