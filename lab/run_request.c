/* SPDX-License-Identifier: MIT */
#include "lab/run_request.h"

#include <string.h>

#include "common/duration.h"
#include "common/json_scan.h"
#include "common/json_view.h"
#include "common/options.h"
#include "common/quote.h"

enum { BODY_DEPTH = 4, MEMORY_BYTES = 256 * 1024, LIST_BYTES = 4096, WORD_BYTES = 40, DURATION_BYTES = 32 };

/* ---- members ---- */

static int read_kind(const struct run_value *value, struct run_settings *settings)
{
    (void)value;
    (void)settings;
    return 0; /* it was read before all others */
}

static int read_tasks(const struct run_value *value, struct run_settings *settings)
{
    return run_value_names(value, 1, &settings->tasks);
}

static int read_blocking(const struct run_value *value, struct run_settings *settings)
{
    return run_value_names(value, 0, &settings->blocking);
}

static int read_modes(const struct run_value *value, struct run_settings *settings)
{
    return run_value_modes(value, &settings->modes);
}

static int read_threads(const struct run_value *value, struct run_settings *settings)
{
    return run_value_number(value, 1, RUN_THREADS_MOST, &settings->threads);
}

static int read_delay(const struct run_value *value, struct run_settings *settings)
{
    return run_value_duration(value, RUN_DELAY_LEAST_MS, RUN_DELAY_MOST_MS, &settings->delay_us);
}

static int read_sweep_delay(const struct run_value *value, struct run_settings *settings)
{
    return run_value_duration(value, RUN_DELAY_LEAST_MS, RUN_SWEEP_DELAY_MOST_MS, &settings->delay_us);
}

static int read_clients(const struct run_value *value, struct run_settings *settings)
{
    settings->has_clients = true;
    return run_value_numbers(value, RUN_CLIENTS_MOST, RUN_CLIENTS_COUNT_MOST, &settings->clients);
}

static int read_fan_out(const struct run_value *value, struct run_settings *settings)
{
    return run_value_numbers(value, RUN_FAN_OUT_MOST, RUN_FAN_OUT_COUNT_MOST, &settings->fan_out);
}

static int read_rate(const struct run_value *value, struct run_settings *settings)
{
    if (json_kind(value->json) == JSON_NULL) {
        settings->rate = 0;
        return 0;
    }
    return run_value_number(value, 1, RUN_RATE_MOST, &settings->rate);
}

static int read_duration(const struct run_value *value, struct run_settings *settings)
{
    return run_value_duration(value, RUN_DURATION_LEAST_MS, RUN_DURATION_MOST_MS, &settings->duration_us);
}

static int read_repeats(const struct run_value *value, struct run_settings *settings)
{
    return run_value_number(value, 1, RUN_REPEATS_MOST, &settings->repeats);
}

static int read_case(const struct run_value *value, struct run_settings *settings)
{
    return run_value_case(value, &settings->case_name);
}

struct member {
    const char *name;
    int (*read)(const struct run_value *value, struct run_settings *settings);
};

static const struct member experiment_members[] = {
    { "kind", read_kind },   { "tasks", read_tasks },     { "delay", read_delay },
    { "modes", read_modes }, { "threads", read_threads }, { "blocking", read_blocking },
};

static const struct member sweep_members[] = {
    { "kind", read_kind },       { "case", read_case },         { "modes", read_modes },
    { "clients", read_clients }, { "delay", read_sweep_delay }, { "fan_out", read_fan_out },
    { "rate", read_rate },       { "duration", read_duration }, { "repeats", read_repeats },
};

enum { MEMBERS_MOST = 16 };

/* The members of one kind of run, and which of them were there. */
struct reader {
    const struct member *members;
    size_t count;
    bool was_seen[MEMBERS_MOST];
    struct run_request *request;
    struct run_refusal *refusal;
    struct run_settings settings;
};

static int refuse_member(const struct reader *reader, struct str name)
{
    const char *names[MEMBERS_MOST + 1] = { NULL };
    char word[WORD_BYTES];
    struct quote shown = quote_bare(name, WORD_BYTES / 2);

    for (size_t i = 0; i < reader->count; i++) {
        names[i] = reader->members[i].name;
    }
    (void)snprintf(word, sizeof word, "%.*s", (int)sizeof word - 1, shown.text);
    const char *nearest = options_nearest(word, names);
    return run_refuse(reader->refusal, NULL, "%s has no member \"%s\"%s%s%s.",
                      reader->request->kind == RUN_EXPERIMENT ? "An experiment" : "A sweep", shown.text,
                      nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "",
                      nearest != NULL ? "?" : "");
}

/* `name`: a JSON string. */
static int read_member(struct reader *reader, struct str name, struct str json)
{
    for (size_t i = 0; i < reader->count; i++) {
        const struct member *member = &reader->members[i];
        if (!json_string_equal(name, str_of(member->name))) {
            continue;
        }
        if (reader->was_seen[i]) {
            return run_refuse(reader->refusal, member->name, "%s stands twice.", member->name);
        }
        reader->was_seen[i] = true;
        const struct run_value value = {
            .field = member->name,
            .json = json,
            .memory = &reader->request->memory,
            .refusal = reader->refusal,
        };
        return member->read(&value, &reader->settings);
    }
    return refuse_member(reader, (struct str){ name.base + 1, name.length - 2 });
}

static int read_members(struct reader *reader, struct str object)
{
    struct json_walk walk = json_walk_begin(object);
    struct str name;
    struct str value;

    while (json_walk_member(&walk, &name, &value)) {
        if (read_member(reader, name, value) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- what no member says alone ---- */

static int check_case(const struct reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        const char *name = reader->members[i].name;
        if (reader->was_seen[i] && strcmp(name, "kind") != 0 && strcmp(name, "case") != 0) {
            return run_refuse(reader->refusal, name, "%s is part of the case; a case is asked for alone.", name);
        }
    }
    return 0;
}

static int check(const struct reader *reader)
{
    if (reader->settings.case_name != NULL) {
        return check_case(reader);
    }
    return run_settings_check(&reader->settings, reader->refusal);
}

/* ---- the command line ---- */

/* Takes the request's memory; NULL: there was none left. */
static void add_argument(struct run_request *request, char *argument)
{
    request->arguments[request->argument_count++] = argument;
}

static void add_flag(struct run_request *request, const char *name, struct str value)
{
    add_argument(request, arena_format(&request->memory, "--%s=%.*s", name, STR_ARGUMENTS(value)));
}

static void add_number(struct run_request *request, const char *name, uint64_t number)
{
    add_argument(request, arena_format(&request->memory, "--%s=%llu", name, (unsigned long long)number));
}

static void add_duration(struct run_request *request, const char *name, uint64_t duration_us)
{
    char text[DURATION_BYTES];

    duration_format(duration_us, text, sizeof text);
    add_flag(request, name, str_of(text));
}

static void add_names(struct run_request *request, const char *flag, const struct run_names *names)
{
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, LIST_BYTES);
    for (size_t i = 0; i < names->count; i++) {
        (void)buf_add_format(&text, "%s%s", i > 0 ? "," : "", names->names[i]);
    }
    add_flag(request, flag, buf_view(&text));
}

static void add_numbers(struct run_request *request, const char *flag, const struct run_numbers *numbers)
{
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, LIST_BYTES);
    for (size_t i = 0; i < numbers->count; i++) {
        (void)buf_add_format(&text, "%s%llu", i > 0 ? "," : "", (unsigned long long)numbers->numbers[i]);
    }
    add_flag(request, flag, buf_view(&text));
}

static void add_modes(struct run_request *request, const struct run_modes_list *modes)
{
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, LIST_BYTES);
    for (size_t i = 0; i < modes->count; i++) {
        (void)buf_add_format(&text, "%s%s", i > 0 ? "," : "", mode_names[modes->modes[i]]);
    }
    add_flag(request, "modes", buf_view(&text));
}

static void add_experiment(struct run_request *request, const struct run_settings *settings)
{
    add_names(request, "tasks", &settings->tasks);
    add_duration(request, "delay", settings->delay_us);
    add_modes(request, &settings->modes);
    add_number(request, "threads", settings->threads);
    add_names(request, "blocking", &settings->blocking);
}

static void add_sweep(struct run_request *request, const struct run_settings *settings)
{
    if (settings->case_name != NULL) {
        add_flag(request, "case", str_of(settings->case_name));
        return;
    }
    add_modes(request, &settings->modes);
    if (settings->has_clients || settings->rate == 0) { /* in an open loop the command knows better */
        add_numbers(request, "clients", &settings->clients);
    }
    add_duration(request, "delay", settings->delay_us);
    add_numbers(request, "fan-out", &settings->fan_out);
    add_duration(request, "duration", settings->duration_us);
    add_number(request, "repeats", settings->repeats);
    if (settings->rate > 0) {
        add_number(request, "rate", settings->rate);
    }
}

static int make_arguments(struct run_request *request, const struct run_settings *settings, struct run_refusal *refusal)
{
    add_argument(request, arena_copy(&request->memory, str_of(run_kind_names[request->kind])));
    add_argument(request, arena_copy(&request->memory, STR("--events")));
    if (request->kind == RUN_EXPERIMENT) {
        add_experiment(request, settings);
    } else {
        add_sweep(request, settings);
    }
    for (size_t i = 0; i < request->argument_count; i++) {
        if (request->arguments[i] == NULL) {
            return run_refuse(refusal, NULL, "There is no memory for this run.");
        }
    }
    return 0;
}

/* ---- all of it ---- */

static int read_object(struct str body, struct str *ret_object, struct run_refusal *refusal)
{
    struct json_fault fault;

    if (json_scan_check(body, BODY_DEPTH, &fault) < 0) {
        return run_refuse(refusal, NULL, "The body is not valid JSON: %s at byte %zu.", fault.reason, fault.offset);
    }
    struct str object = json_scan_trim(body);
    if (json_kind(object) != JSON_OBJECT) {
        return run_refuse(refusal, NULL, "The body must be an object, not %s.", json_kind_name(json_kind(object)));
    }
    *ret_object = object;
    return 0;
}

static int find_kind(struct str object, enum run_kind *ret_kind, struct run_refusal *refusal)
{
    struct str kind = json_member(object, STR("kind"));

    for (int i = 0; run_kind_names[i] != NULL; i++) {
        if (kind.base != NULL && json_kind(kind) == JSON_STRING && json_string_equal(kind, str_of(run_kind_names[i]))) {
            *ret_kind = (enum run_kind)i;
            return 0;
        }
    }
    return run_refuse(refusal, "kind", "kind must be \"experiment\" or \"sweep\".");
}

int run_request_read(struct run_request *request, struct str body, struct run_refusal *refusal)
{
    struct str object = { NULL, 0 };

    *request = (struct run_request){ .argument_count = 0 };
    arena_init(&request->memory, MEMORY_BYTES);
    if (read_object(body, &object, refusal) < 0 || find_kind(object, &request->kind, refusal) < 0) {
        return -1;
    }
    bool is_experiment = request->kind == RUN_EXPERIMENT;
    struct reader reader = {
        .members = is_experiment ? experiment_members : sweep_members,
        .count = is_experiment ? array_length(experiment_members) : array_length(sweep_members),
        .request = request,
        .refusal = refusal,
        .settings = run_settings_unless_said(request->kind),
    };
    if (read_members(&reader, object) < 0 || check(&reader) < 0) {
        return -1;
    }
    return make_arguments(request, &reader.settings, refusal);
}

void run_request_clear(struct run_request *request)
{
    arena_clear(&request->memory);
    *request = (struct run_request){ .argument_count = 0 };
}
