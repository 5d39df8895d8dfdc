/* SPDX-License-Identifier: MIT */
#include "lab/experiment_options.h"

#include <string.h>

enum { THREADS_MOST = 4096 };

#define MODES_UNLESS_SAID "sync,async,mixed,threads"
#define GATEWAY_ALLOWED "MODE=URL such as sync=http://127.0.0.1:8080"

/* ---- lists ---- */

static int parse_delay(const struct option *option, const char *text, void *target, struct error *allowed)
{
    uint64_t delay_us = 0;

    if (options_parse_duration(option, text, &delay_us, allowed) < 0) {
        return -1;
    }
    if (delay_us == 0) {
        return error_set(allowed, "a duration above 0, such as 250ms, 2s or 1m");
    }
    *(uint64_t *)target = delay_us;
    return 0;
}

static int parse_tasks(const struct option *option, const char *text, void *target, struct error *allowed)
{
    struct task_list *tasks = target;
    struct str rest = str_of(text);

    (void)option;
    tasks->count = 0;
    do {
        struct str name = str_split(&rest, ',');
        if (!task_is_name(name)) {
            return error_set(allowed, "names with commas between them, each " TASK_NAME_ALLOWED);
        }
        if (tasks->count == EXPERIMENT_TASKS_MOST) {
            return error_set(allowed, "at most %d names", EXPERIMENT_TASKS_MOST);
        }
        (void)snprintf(tasks->names[tasks->count++], sizeof tasks->names[0], "%.*s", STR_ARGUMENTS(name));
    } while (rest.length > 0 || (rest.base > text && rest.base[-1] == ','));
    return 0;
}

/* One of the modes' names; on failure all of them and the nearest. */
static int read_mode(struct str name, enum mode *ret_mode, struct error *allowed)
{
    const struct option choice = { .choices = mode_names };
    char text[32];
    int index = 0;

    (void)snprintf(text, sizeof text, "%.*s", STR_ARGUMENTS(name));
    if (options_parse_choice(&choice, text, &index, allowed) < 0) {
        return -1;
    }
    *ret_mode = (enum mode)index;
    return 0;
}

static int parse_modes(const struct option *option, const char *text, void *target, struct error *allowed)
{
    struct mode_list *list = target;
    struct str rest = str_of(text);

    (void)option;
    list->count = 0;
    do {
        if (list->count == EXPERIMENT_MODES_MOST) {
            return error_set(allowed, "at most %d modes", EXPERIMENT_MODES_MOST);
        }
        struct experiment_mode *mode = &list->modes[list->count++];
        *mode = (struct experiment_mode){ .is_running = false };
        if (read_mode(str_split(&rest, ','), &mode->mode, allowed) < 0) {
            return -1;
        }
    } while (rest.length > 0 || (rest.base > text && rest.base[-1] == ','));
    return 0;
}

/* The entry of that mode, a new one where there is none; NULL: the list is full. */
static struct experiment_mode *entry_of(struct mode_list *list, enum mode mode)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->modes[i].mode == mode) {
            return &list->modes[i];
        }
    }
    return list->count < EXPERIMENT_MODES_MOST ? &list->modes[list->count++] : NULL;
}

static int add_gateway(struct mode_list *list, struct str text, struct error *allowed)
{
    struct experiment_mode gateway = { .is_running = true };
    struct url url_of_task;
    size_t equals = str_find(text, '=');
    struct str name = { text.base, equals };

    if (equals == text.length) {
        return error_set(allowed, GATEWAY_ALLOWED);
    }
    if (read_mode(name, &gateway.mode, allowed) < 0 ||
        url_parse(str_from(text, equals + 1), &gateway.gateway, allowed) < 0 ||
        task_url(&gateway.gateway, STR("task"), &url_of_task, allowed) < 0) {
        return -1;
    }
    struct experiment_mode *entry = entry_of(list, gateway.mode);
    if (entry == NULL) {
        return error_set(allowed, "at most %d gateways", EXPERIMENT_MODES_MOST);
    }
    *entry = gateway;
    return 0;
}

/* Adds to what is there; a mode that is named again gets the new URL. */
static int parse_gateways(const struct option *option, const char *text, void *target, struct error *allowed)
{
    struct str rest = str_of(text);

    (void)option;
    do {
        if (add_gateway(target, str_split(&rest, ','), allowed) < 0) {
            return -1;
        }
    } while (rest.length > 0);
    return 0;
}

/* ---- the table ---- */

const struct option experiment_options[] = {
    { .name = "delay",
      .parse = parse_delay,
      .offset = offsetof(struct experiment_options, delay_us),
      .default_value = "2s",
      .argument = "DURATION",
      .help = "how long the backend takes" },
    { .name = "tasks",
      .parse = parse_tasks,
      .offset = offsetof(struct experiment_options, tasks),
      .default_value = "task1,task2",
      .argument = "NAME[,NAME...]",
      .help = "what is sent, in this order" },
    { .name = "modes",
      .parse = parse_modes,
      .offset = offsetof(struct experiment_options, modes),
      .argument = "MODE[,MODE...]",
      .help = "gateways to start, one after the other: sync, threads, async, mixed, wire (default: " MODES_UNLESS_SAID
              ")" },
    { .name = "threads",
      .parse = options_parse_integer,
      .offset = offsetof(struct experiment_options, threads),
      .default_value = "16",
      .argument = "N",
      .help = "threads that make the calls in mode threads",
      .minimum = 1,
      .maximum = THREADS_MOST },
    { .name = "blocking",
      .parse = options_parse_string,
      .offset = offsetof(struct experiment_options, blocking),
      .default_value = "task1",
      .argument = "NAME[,NAME...]",
      .help = "tasks whose calls block in mode mixed" },
    { .name = "gateway",
      .parse = parse_gateways,
      .offset = offsetof(struct experiment_options, gateways),
      .argument = "MODE=URL",
      .is_flag_only = true, /* `lab send` has a --gateway, too: one URL */
      .help =
          "use the gateway that runs there in that mode, and start none; --delay, --threads and --blocking tell what "
          "it was started with. For several modes: give it again, or more of MODE=URL" },
    { .name = "report",
      .parse = options_parse_string,
      .offset = offsetof(struct experiment_options, report),
      .argument = "FILE.html",
      .help = "write a page with timeline and table" },
    { .name = "json",
      .parse = options_parse_string,
      .offset = offsetof(struct experiment_options, json),
      .argument = "FILE",
      .help = "write the results for other programs" },
    { .name = "svg",
      .parse = options_parse_string,
      .offset = offsetof(struct experiment_options, svg),
      .argument = "FILE.svg",
      .help = "write the timeline as a picture" },
    { .name = "events",
      .parse = options_parse_boolean,
      .offset = offsetof(struct experiment_options, has_events),
      .default_value = "false",
      .help = "tell what happens, as it happens, as one JSON object a line instead of logs, picture and table" },
    OPTIONS_LOG_ROWS(offsetof(struct experiment_options, log)),
};

const size_t experiment_option_count = array_length(experiment_options);

int experiment_options_complete(struct experiment_options *parsed, const struct options_operands *operands,
                                struct error *error)
{
    struct error allowed = { { '\0' } };

    for (int i = 0; i < operands->count; i++) {
        if (parsed->gateways.count == 0) {
            return error_set(error, "unexpected \"%.100s\"; only options are allowed, see --help", operands->values[i]);
        }
        if (parse_gateways(NULL, operands->values[i], &parsed->gateways, &allowed) < 0) {
            return error_set(error, "%.100s: expected %.300s", operands->values[i], allowed.text);
        }
    }
    if (parsed->gateways.count > 0 && parsed->modes.count > 0) {
        return error_set(error, "--modes starts gateways and --gateway uses running ones: give one of them");
    }
    if (parsed->gateways.count > 0) {
        parsed->modes = parsed->gateways;
    } else if (parsed->modes.count == 0) {
        return parse_modes(NULL, MODES_UNLESS_SAID, &parsed->modes, error);
    }
    return 0;
}
