/* SPDX-License-Identifier: MIT */
#include "lab/sweep_events.h"

#include <math.h>

#include "common/clock.h"
#include "lab/sweep_document.h"

/* In tenths of a second: nobody counts finer. */
static double seconds(uint64_t duration_us)
{
    return round((double)duration_us * 10 / CLOCK_US_PER_SECOND) / 10;
}

static cJSON *begin(const char *name)
{
    cJSON *event = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(event, "event", name);
    return event;
}

/* Frees the event. Without memory there is none. */
static void end(FILE *output, cJSON *event)
{
    char *text = cJSON_PrintUnformatted(event);

    if (text != NULL) {
        (void)fprintf(output, "%s\n", text);
        (void)fflush(output);
    }
    cJSON_free(text);
    cJSON_Delete(event);
}

void sweep_events_begin(FILE *output, const struct sweep_plan *plan)
{
    cJSON *event = begin("begin");

    (void)cJSON_AddStringToObject(event, "kind", "sweep");
    (void)cJSON_AddNumberToObject(event, "points", (double)plan->count);
    (void)cJSON_AddNumberToObject(event, "repeats", plan->settings.repeats);
    (void)cJSON_AddNumberToObject(event, "expected_s", seconds(sweep_plan_expected_us(plan, 0)));
    end(output, event);
}

void sweep_events_point(FILE *output, const struct sweep_position *position, const struct sweep_results *results)
{
    cJSON *event = begin("point");
    cJSON *point = sweep_document_point(results, position->turn.point);

    (void)cJSON_AddNumberToObject(event, "index", (double)position->turn.point);
    (void)cJSON_AddNumberToObject(event, "repeat", position->turn.repeat + 1.0);
    (void)cJSON_AddNumberToObject(event, "done", (double)position->done);
    (void)cJSON_AddNumberToObject(event, "of", (double)position->of);
    (void)cJSON_AddNumberToObject(event, "left_s", seconds(position->left_us));
    if (point == NULL || !cJSON_AddItemToObject(event, "point", point)) {
        cJSON_Delete(point);
    }
    end(output, event);
}

void sweep_events_end(FILE *output, const cJSON *document)
{
    cJSON *event = begin("end");
    cJSON *reference = cJSON_CreateObjectReference(document->child);

    if (reference == NULL || !cJSON_AddItemToObject(event, "document", reference)) {
        cJSON_Delete(reference);
    }
    end(output, event);
}

void sweep_events_failed(FILE *output, const char *sentence)
{
    cJSON *event = begin("failed");

    (void)cJSON_AddStringToObject(event, "error", sentence);
    end(output, event);
}
