/* SPDX-License-Identifier: MIT */
#include "lab/results.h"

#include <cjson/cJSON.h>
#include <errno.h>

enum {
    FORMAT_VERSION = 1,
    STAMP_ERROR_US = 2000, /* stamps of log lines are cut to milliseconds, at both ends of a stretch */
};

const char *const stretch_meanings[STRETCH_KIND_COUNT] = {
    [STRETCH_WAITING] = "waiting for the gateway",
    [STRETCH_CALL] = "the backend's call",
    [STRETCH_HELD] = "called back, waiting for the gateway again",
    [STRETCH_UNKNOWN] = "sent to answered, seen from outside",
};

uint64_t results_elapsed_us(const struct task_result *task)
{
    if (task->status == 0 || task->sent_us == RESULTS_UNKNOWN_US) {
        return RESULTS_UNKNOWN_US;
    }
    return task->ended_us - task->sent_us;
}

double results_ratio(uint64_t measured_us, struct theory_range theory)
{
    return (double)measured_us / (double)theory.latest_us;
}

static bool is_success(int status)
{
    return status >= 200 && status <= 299;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void results_judge(struct mode_result *mode)
{
    uint64_t first_sent_us = RESULTS_UNKNOWN_US;
    uint64_t last_ended_us = 0;
    bool are_all_answered = true;

    mode->theory = (struct theory_range){ 0 };
    mode->ok = true;
    for (size_t i = 0; i < mode->task_count; i++) {
        struct task_result *task = &mode->tasks[i];
        uint64_t elapsed_us = results_elapsed_us(task);
        task->ok =
            elapsed_us != RESULTS_UNKNOWN_US && is_success(task->status) && theory_holds(task->theory, elapsed_us);
        mode->ok = mode->ok && task->ok;
        are_all_answered = are_all_answered && elapsed_us != RESULTS_UNKNOWN_US;
        first_sent_us = task->sent_us < first_sent_us ? task->sent_us : first_sent_us;
        last_ended_us = larger(last_ended_us, task->ended_us);
        mode->theory.earliest_us = larger(mode->theory.earliest_us, task->theory.earliest_us);
        mode->theory.latest_us = larger(mode->theory.latest_us, task->theory.latest_us);
    }
    mode->total_us = are_all_answered ? last_ended_us - first_sent_us : RESULTS_UNKNOWN_US;
}

bool results_all_ok(const struct experiment_result *experiment)
{
    for (size_t i = 0; i < experiment->mode_count; i++) {
        if (!experiment->modes[i].ok) {
            return false;
        }
    }
    return experiment->mode_count > 0;
}

uint64_t results_longest_us(const struct experiment_result *experiment)
{
    uint64_t longest_us = experiment->delay_us;

    for (size_t i = 0; i < experiment->mode_count; i++) {
        const struct mode_result *mode = &experiment->modes[i];
        for (size_t k = 0; k < mode->task_count; k++) {
            longest_us = larger(longest_us, mode->tasks[k].ended_us);
        }
    }
    return longest_us;
}

/* `value` moved into least..most; `otherwise` where it is not known. */
static uint64_t between(uint64_t value, uint64_t least, uint64_t most, uint64_t otherwise)
{
    if (value == RESULTS_UNKNOWN_US) {
        return otherwise;
    }
    return value < least ? least : value > most ? most : value;
}

size_t results_stretches(const struct task_result *task, struct stretch stretches[STRETCHES_MOST])
{
    if (task->sent_us == RESULTS_UNKNOWN_US || task->ended_us <= task->sent_us) {
        return 0;
    }
    bool is_start_known = task->received_us != RESULTS_UNKNOWN_US || task->call_started_us != RESULTS_UNKNOWN_US;
    if (task->status == 0 || !is_start_known) {
        stretches[0] = (struct stretch){ STRETCH_UNKNOWN, task->sent_us, task->ended_us };
        return 1;
    }
    uint64_t received_us = between(task->received_us, task->sent_us, task->ended_us, task->sent_us);
    uint64_t started_us = between(task->call_started_us, received_us, task->ended_us, received_us);
    uint64_t done_us = between(task->call_done_us, started_us, task->ended_us, task->ended_us);
    started_us = started_us - task->sent_us <= STAMP_ERROR_US ? task->sent_us : started_us;
    done_us = task->ended_us - done_us <= STAMP_ERROR_US ? task->ended_us : done_us;
    const struct stretch all[STRETCHES_MOST] = {
        { STRETCH_WAITING, task->sent_us, started_us },
        { STRETCH_CALL, started_us, done_us },
        { STRETCH_HELD, done_us, task->ended_us },
    };
    size_t count = 0;
    for (size_t i = 0; i < array_length(all); i++) {
        if (all[i].end_us > all[i].start_us) {
            stretches[count++] = all[i];
        }
    }
    return count;
}

/* ---- JSON ---- */

/* cJSON prints the shortest decimals that read back to the same double: whole microseconds stay short. */
static double milliseconds(uint64_t value_us)
{
    return (double)value_us / 1000.0;
}

static double seconds(uint64_t value_us)
{
    return (double)value_us / 1000000.0;
}

static bool add_number_or_null(cJSON *object, const char *name, bool is_known, double value)
{
    return (is_known ? cJSON_AddNumberToObject(object, name, value) : cJSON_AddNullToObject(object, name)) != NULL;
}

/* Hands `item` over to `array`; NULL: no memory, and nothing is leaked. */
static cJSON *append(cJSON *array, cJSON *item)
{
    if (item == NULL || !cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
        return NULL;
    }
    return item;
}

static bool add_task(cJSON *tasks, const struct task_result *task)
{
    cJSON *object = append(tasks, cJSON_CreateObject());
    uint64_t elapsed_us = results_elapsed_us(task);
    bool is_answered = elapsed_us != RESULTS_UNKNOWN_US;

    return object != NULL && cJSON_AddStringToObject(object, "name", task->name) != NULL &&
           add_number_or_null(object, "sent_ms", task->sent_us != RESULTS_UNKNOWN_US, milliseconds(task->sent_us)) &&
           add_number_or_null(object, "answered_ms", is_answered, milliseconds(task->ended_us)) &&
           add_number_or_null(object, "seconds", is_answered, seconds(elapsed_us)) &&
           add_number_or_null(object, "status", is_answered, task->status);
}

static bool add_mode(cJSON *modes, const struct mode_result *mode)
{
    cJSON *object = append(modes, cJSON_CreateObject());
    if (object == NULL || cJSON_AddStringToObject(object, "mode", mode_names[mode->mode]) == NULL) {
        return false;
    }
    cJSON *tasks = cJSON_AddArrayToObject(object, "tasks");
    for (size_t i = 0; i < mode->task_count; i++) {
        if (tasks == NULL || !add_task(tasks, &mode->tasks[i])) {
            return false;
        }
    }
    bool is_known = mode->total_us != RESULTS_UNKNOWN_US;
    double ratio = results_ratio(mode->total_us, mode->theory);
    return add_number_or_null(object, "total_s", is_known, seconds(mode->total_us)) &&
           cJSON_AddNumberToObject(object, "theory_s", seconds(mode->theory.latest_us)) != NULL &&
           add_number_or_null(object, "ratio", is_known, (double)(uint64_t)(ratio * 10000.0 + 0.5) / 10000.0) &&
           cJSON_AddBoolToObject(object, "ok", mode->ok) != NULL;
}

static bool add_experiment(cJSON *root, const struct experiment_result *experiment)
{
    if (cJSON_AddNumberToObject(root, "version", FORMAT_VERSION) == NULL ||
        cJSON_AddNumberToObject(root, "delay_ms", milliseconds(experiment->delay_us)) == NULL) {
        return false;
    }
    cJSON *modes = cJSON_AddArrayToObject(root, "modes");
    for (size_t i = 0; i < experiment->mode_count; i++) {
        if (modes == NULL || !add_mode(modes, &experiment->modes[i])) {
            return false;
        }
    }
    return modes != NULL;
}

int results_add_json(const struct experiment_result *experiment, struct buf *text)
{
    cJSON *root = cJSON_CreateObject();
    char *printed = root != NULL && add_experiment(root, experiment) ? cJSON_PrintUnformatted(root) : NULL;
    int status = printed != NULL ? buf_add_text(text, printed) : -ENOMEM;

    if (status == 0) {
        status = buf_add_byte(text, '\n');
    }
    cJSON_free(printed);
    cJSON_Delete(root);
    return status;
}
