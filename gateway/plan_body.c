/* SPDX-License-Identifier: MIT */
/*
 * plan_body - the body of POST /fanout: {"tasks":[{"name":"a","path":"/a?delay=1s"},…]}, read strictly.
 */
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <string.h>

#include "common/json_scan.h"
#include "gateway/plan_builder.h"

enum { BODY_DEPTH = 8, PATH_MAXIMUM = 8192 };

static void delete_tree(cJSON **tree)
{
    cJSON_Delete(*tree);
}

/* ---- before the tree ---- */

struct census {
    size_t commas; /* outside strings: one less than there are values */
    bool has_nul;  /* "\u0000", at which cJSON's strings would end early */
};

/* Of a text that is valid JSON, where a backslash stands in strings only and never last. */
static struct census count_parts(struct str text)
{
    struct census census = { .commas = 0 };
    bool is_string = false;

    for (size_t i = 0; i < text.length; i++) {
        char byte = text.base[i];
        if (byte == '\\') {
            census.has_nul = census.has_nul || str_starts_with(str_from(text, i), STR("\\u0000"));
            i++;
        } else if (byte == '"') {
            is_string = !is_string;
        } else if (byte == ',' && !is_string) {
            census.commas++;
        }
    }
    return census;
}

/* A tree takes some 80 bytes for each value, however short: a body of a million commas is refused before there is one.
 * The allowance is twice what the longest good list has, so that a list that is a little too long is told in a better
 * way. */
static int check_text(struct plan_builder *builder, struct str body)
{
    struct json_fault fault;

    if (json_scan_check(body, BODY_DEPTH, &fault) < 0) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The body is not valid JSON: %s at byte %zu.",
                                   fault.reason, fault.offset);
    }
    struct census census = count_parts(body);
    if (census.has_nul) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The body has a NUL in a string.");
    }
    if (census.commas / 4 > builder->limit) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST,
                                   "The body has more in it than a list of %zu tasks can have.", builder->limit);
    }
    return 0;
}

/* ---- one task ---- */

static bool is_origin_form(struct str path)
{
    return str_starts_with(path, STR("/")) && path.length <= PATH_MAXIMUM && str_is_visible(path) &&
           str_find(path, '#') == path.length;
}

/* Where the value of the member `name` of a task goes; NULL: there is no such member. */
static struct str *find_field(const char *name, struct str *task_name, struct str *path)
{
    if (strcmp(name, "name") == 0) {
        return task_name;
    }
    return strcmp(name, "path") == 0 ? path : NULL;
}

static int read_members(struct plan_builder *builder, const cJSON *task, struct str *ret_name, struct str *ret_path)
{
    size_t index = builder->plan->call_count;

    for (const cJSON *member = task->child; member != NULL; member = member->next) {
        struct str *field = find_field(member->string, ret_name, ret_path);
        if (field == NULL) {
            return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "tasks[%zu] has an unknown member %s.", index,
                                       plan_quote(str_of(member->string)).text);
        }
        if (field->base != NULL) {
            return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "tasks[%zu] has the member %s twice.", index,
                                       member->string);
        }
        if (!cJSON_IsString(member)) {
            return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "tasks[%zu].%s must be a string.", index,
                                       member->string);
        }
        *field = str_of(member->valuestring);
    }
    return 0;
}

static int read_task(struct plan_builder *builder, const cJSON *task)
{
    struct str name = { NULL, 0 };
    struct str path = { NULL, 0 };
    size_t index = builder->plan->call_count;

    if (!cJSON_IsObject(task)) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "tasks[%zu] must be an object with name and path.",
                                   index);
    }
    if (read_members(builder, task, &name, &path) < 0) {
        return -1;
    }
    if (name.base == NULL || path.base == NULL) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "tasks[%zu] lacks the member %s.", index,
                                   name.base == NULL ? "name" : "path");
    }
    if (!is_origin_form(path)) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST,
                                   "tasks[%zu].path must begin with \"/\", be visible ASCII without \"#\", and have at "
                                   "most %d bytes.",
                                   index, PATH_MAXIMUM);
    }
    /* The tree that they are views of goes away. */
    const char *name_copy = arena_copy(builder->arena, name);
    const char *path_copy = arena_copy(builder->arena, path);
    if (name_copy == NULL || path_copy == NULL) {
        return plan_builder_refuse_size(builder);
    }
    return plan_builder_add(builder, (struct str){ name_copy, name.length }, (struct str){ path_copy, path.length });
}

/* ---- the list ---- */

static int find_tasks(struct plan_builder *builder, const cJSON *tree, const cJSON **ret_tasks)
{
    const cJSON *tasks = NULL;

    if (!cJSON_IsObject(tree)) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The body must be an object with the member tasks.");
    }
    for (const cJSON *member = tree->child; member != NULL; member = member->next) {
        if (strcmp(member->string, "tasks") != 0) {
            return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The body has an unknown member %s.",
                                       plan_quote(str_of(member->string)).text);
        }
        if (tasks != NULL) {
            return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The body has the member tasks twice.");
        }
        tasks = member;
    }
    if (tasks == NULL || !cJSON_IsArray(tasks)) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST,
                                   "The body must have the member tasks, which is an array.");
    }
    *ret_tasks = tasks;
    return 0;
}

int plan_body_read(struct plan_builder *builder, struct str body)
{
    const cJSON *tasks = NULL;

    if (check_text(builder, body) < 0) {
        return -1;
    }
    cleanup_(delete_tree) cJSON *tree = cJSON_ParseWithLength(body.base, body.length);
    if (tree == NULL) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The body could not be read as JSON.");
    }
    if (find_tasks(builder, tree, &tasks) < 0 || tasks == NULL ||
        plan_builder_start(builder, (size_t)cJSON_GetArraySize(tasks)) < 0) {
        return -1;
    }
    for (const cJSON *task = tasks->child; task != NULL; task = task->next) {
        if (read_task(builder, task) < 0) {
            return -1;
        }
    }
    return 0;
}
