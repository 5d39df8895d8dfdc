/* SPDX-License-Identifier: MIT */
#include "lab/threshold_figures.h"

#include <stdio.h>

enum { NAME_BYTES = 40 };

static void visit_experiment(struct threshold_figure figure, threshold_figure_fn *visit, void *context)
{
    const cJSON *mode = NULL;

    cJSON_ArrayForEach(mode, report_member(figure.document->json, "modes"))
    {
        figure.selector = report_string(mode, "mode");
        figure.item = mode;
        figure.is_task = false;
        visit(context, &figure);
        figure.is_task = true;
        cJSON_ArrayForEach(figure.item, report_member(mode, "tasks"))
        {
            visit(context, &figure);
        }
    }
}

static void visit_hello(struct threshold_figure figure, threshold_figure_fn *visit, void *context)
{
    size_t count = (size_t)cJSON_GetArraySize(report_member(figure.document->json, "clients"));

    cJSON_ArrayForEach(figure.item, report_member(figure.document->json, "rows"))
    {
        figure.selector = report_string(figure.item, "name");
        for (figure.index = 0; figure.index < count; figure.index++) {
            visit(context, &figure);
        }
    }
}

static void visit_sweep(struct threshold_figure figure, threshold_figure_fn *visit, void *context)
{
    cJSON_ArrayForEach(figure.item, report_member(figure.document->json, "points"))
    {
        figure.selector = report_string(figure.item, "mode");
        visit(context, &figure);
    }
}

void threshold_figures_visit(const struct report_document *documents, size_t count, threshold_figure_fn *visit,
                             void *context)
{
    static void (*const visitors[REPORT_KIND_COUNT])(struct threshold_figure, threshold_figure_fn *, void *) = {
        [REPORT_EXPERIMENT] = visit_experiment,
        [REPORT_HELLO] = visit_hello,
        [REPORT_SWEEP] = visit_sweep,
    };

    for (size_t i = 0; i < count; i++) {
        enum report_kind kind = report_kind_of(documents[i].json);
        visitors[kind]((struct threshold_figure){ .document = &documents[i], .kind = kind }, visit, context);
    }
}

const cJSON *threshold_figure_place(const struct threshold_figure *figure, struct str name)
{
    char member[NAME_BYTES];

    (void)snprintf(member, sizeof member, "%.*s", STR_ARGUMENTS(name));
    switch (figure->kind) {
    case REPORT_SWEEP:
        return str_equal(name, STR("task")) ? NULL : report_member(figure->item, member);
    case REPORT_HELLO:
        return str_equal(name, STR("clients"))
                   ? cJSON_GetArrayItem(report_member(figure->document->json, "clients"), (int)figure->index)
                   : NULL;
    case REPORT_EXPERIMENT:
        return figure->is_task && str_equal(name, STR("task")) ? report_member(figure->item, "name") : NULL;
    case REPORT_KIND_COUNT:
        break;
    }
    return NULL;
}
