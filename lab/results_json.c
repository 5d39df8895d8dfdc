/* SPDX-License-Identifier: MIT */
#include "lab/results_json.h"

#include <errno.h>

#include "lab/results_parts.h"
#include "lab/task.h"

enum { FORMAT_VERSION = 1 };

/* cJSON prints the shortest decimals that read back to the same double: whole microseconds stay short. */
static double milliseconds(uint64_t value_us)
{
    return (double)value_us / 1000.0;
}

static double seconds(uint64_t value_us)
{
    return (double)value_us / 1000000.0;
}

static double four_decimals(double ratio)
{
    return (double)(uint64_t)(ratio * 10000.0 + 0.5) / 10000.0;
}

static bool add_number_or_null(cJSON *object, const char *name, bool is_known, double value)
{
    return (is_known ? cJSON_AddNumberToObject(object, name, value) : cJSON_AddNullToObject(object, name)) != NULL;
}

static bool add_number(cJSON *object, const char *name, double value)
{
    return cJSON_AddNumberToObject(object, name, value) != NULL;
}

static bool add_text_or_null(cJSON *object, const char *name, const char *text)
{
    return (text != NULL ? cJSON_AddStringToObject(object, name, text) : cJSON_AddNullToObject(object, name)) != NULL;
}

/* Hands `item` over to `array`. False: no memory, and nothing is leaked. */
static bool append(cJSON *array, cJSON *item)
{
    if (item == NULL || !cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
        return false;
    }
    return true;
}

/* The same for a member. */
static bool attach(cJSON *object, const char *name, cJSON *item)
{
    if (item == NULL || !cJSON_AddItemToObject(object, name, item)) {
        cJSON_Delete(item);
        return false;
    }
    return true;
}

static bool add_parts(cJSON *parts, const struct task_result *task)
{
    for (size_t i = 0; i < task->part_count; i++) {
        const struct part *part = &task->parts[i];
        cJSON *object = cJSON_CreateObject();
        if (!append(parts, object) || cJSON_AddStringToObject(object, "kind", part_names[part->kind]) == NULL ||
            !add_number(object, "start_ms", milliseconds(part->start_us)) ||
            !add_number(object, "end_ms", milliseconds(part->end_us))) {
            return false;
        }
    }
    return parts != NULL;
}

static bool fill_task(cJSON *object, const struct task_result *task)
{
    uint64_t elapsed_us = results_elapsed_us(task);
    bool is_answered = elapsed_us != RESULTS_UNKNOWN_US;
    double ratio = four_decimals(results_ratio(is_answered ? elapsed_us : 0, task->theory));

    return cJSON_AddStringToObject(object, "name", task->name) != NULL &&
           add_number_or_null(object, "sent_ms", task->sent_us != RESULTS_UNKNOWN_US, milliseconds(task->sent_us)) &&
           add_number_or_null(object, "answered_ms", is_answered, milliseconds(task->ended_us)) &&
           add_number_or_null(object, "seconds", is_answered, seconds(elapsed_us)) &&
           add_number_or_null(object, "status", is_answered, task->status) &&
           add_text_or_null(object, "error", task->error) &&
           add_number(object, "theory_s", seconds(task->theory.latest_us)) &&
           add_number(object, "theory_earliest_s", seconds(task->theory.earliest_us)) &&
           add_number_or_null(object, "ratio", is_answered, ratio) &&
           cJSON_AddBoolToObject(object, "ok", task->ok) != NULL &&
           add_parts(cJSON_AddArrayToObject(object, "parts"), task);
}

static bool fill_mode(cJSON *object, const struct mode_result *mode)
{
    bool is_known = mode->total_us != RESULTS_UNKNOWN_US;
    double ratio = four_decimals(results_ratio(is_known ? mode->total_us : 0, mode->theory));

    if (cJSON_AddStringToObject(object, "mode", mode_names[mode->mode]) == NULL) {
        return false;
    }
    cJSON *tasks = cJSON_AddArrayToObject(object, "tasks");
    for (size_t i = 0; tasks != NULL && i < mode->task_count; i++) {
        cJSON *task = cJSON_CreateObject();
        if (!append(tasks, task) || !fill_task(task, &mode->tasks[i])) {
            return false;
        }
    }
    return tasks != NULL && add_number_or_null(object, "total_s", is_known, seconds(mode->total_us)) &&
           add_number(object, "theory_s", seconds(mode->theory.latest_us)) &&
           add_number_or_null(object, "ratio", is_known, ratio) &&
           cJSON_AddBoolToObject(object, "ok", mode->ok) != NULL &&
           add_number(object, "theory_earliest_s", seconds(mode->theory.earliest_us));
}

/* `object` if it could be filled; else it is deleted. */
static cJSON *keep_if(bool is_filled, cJSON *object)
{
    if (is_filled) {
        return object;
    }
    cJSON_Delete(object);
    return NULL;
}

cJSON *results_json_mode(const struct mode_result *mode)
{
    cJSON *object = cJSON_CreateObject();

    return keep_if(object != NULL && fill_mode(object, mode), object);
}

/* What can be no task's name blocks nothing, and may be any bytes. */
static bool fill_names(cJSON *array, struct str names)
{
    while (names.length > 0) {
        char text[TASK_NAME_BYTES + 1];
        struct str name = str_split(&names, ',');
        (void)snprintf(text, sizeof text, "%.*s", STR_ARGUMENTS(name));
        if (task_is_name(name) && !append(array, cJSON_CreateString(text))) {
            return false;
        }
    }
    return true;
}

cJSON *results_json_names(const char *names)
{
    cJSON *array = cJSON_CreateArray();

    return keep_if(array != NULL && fill_names(array, str_of(names)), array);
}

static bool fill_document(cJSON *root, const struct experiment_result *experiment, const struct origin *origin)
{
    if (!add_number(root, "version", FORMAT_VERSION) ||
        !add_number(root, "delay_ms", milliseconds(experiment->delay_us))) {
        return false;
    }
    cJSON *modes = cJSON_AddArrayToObject(root, "modes");
    for (size_t i = 0; modes != NULL && i < experiment->mode_count; i++) {
        if (!append(modes, results_json_mode(&experiment->modes[i]))) {
            return false;
        }
    }
    return modes != NULL && cJSON_AddStringToObject(root, "kind", "experiment") != NULL &&
           add_number(root, "threads", (double)experiment->threads) &&
           attach(root, "blocking", results_json_names(experiment->blocking)) &&
           (origin == NULL || origin_add_json(root, origin));
}

cJSON *results_json(const struct experiment_result *experiment, const struct origin *origin)
{
    cJSON *root = cJSON_CreateObject();

    return keep_if(root != NULL && fill_document(root, experiment, origin), root);
}

int results_json_print(cJSON *json, struct buf *text)
{
    char *printed = json != NULL ? cJSON_PrintUnformatted(json) : NULL;
    int status = printed != NULL ? buf_add_text(text, printed) : -ENOMEM;

    if (status == 0) {
        status = buf_add_byte(text, '\n');
    }
    cJSON_free(printed);
    cJSON_Delete(json);
    return status;
}
