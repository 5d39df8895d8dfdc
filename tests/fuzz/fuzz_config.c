/* SPDX-License-Identifier: MIT */
/*
 * fuzz_config - configuration files of any bytes.
 *
 * Either faults that can be shown, or a configuration that can: as a plan, and as JSON that reads back to the same
 * configuration. And one that keeps its promises: graphs without rings, targets and headers that are one line.
 */
#include <string.h>

#include "common/json_scan.h"
#include "gateway/config_check.h"
#include "gateway/config_file.h"
#include "gateway/config_json.h"
#include "gateway/config_text.h"
#include "gateway/plan_graph.h"
#include "tests/fuzz/fuzz.h"

enum { RENDERED_BYTES = 64 * 1024 * 1024, ARENA_BYTES = 1024 * 1024, LONGEST_PATH = 8192 };

/* ---- faults ---- */

/* Printable, but for the arrows that a ring of calls is shown with. */
static bool is_line(struct str text)
{
    static const char arrow[] = "\xe2\x86\x92";

    for (const char *place = text.base; place != NULL;) {
        place = memmem(text.base, text.length, arrow, sizeof arrow - 1);
        size_t length = place != NULL ? (size_t)(place - text.base) : text.length;
        if (!fuzz_is_printable((struct str){ text.base, length })) {
            return false;
        }
        text = str_from(text, length + sizeof arrow - 1);
    }
    return true;
}

static size_t count_lines(struct str text)
{
    size_t count = 0;

    while (text.length > 0) {
        fuzz_check(is_line(str_split(&text, '\n')));
        count++;
    }
    return count;
}

static void check_faults(const struct config_faults *faults, struct str input)
{
    cleanup_buf struct buf text;
    size_t last_offset = 0;

    buf_init(&text, RENDERED_BYTES);
    fuzz_check(faults->count >= 1 && faults->count <= CONFIG_FAULTS_MAXIMUM);
    for (size_t i = 0; i < faults->count; i++) {
        const struct config_fault *fault = &faults->items[i];
        fuzz_check(fault->offset >= last_offset && fault->offset <= input.length);
        fuzz_check(fault->position.line == json_position(input, fault->offset).line);
        fuzz_check(fault->position.column == json_position(input, fault->offset).column);
        fuzz_check(fault->sentence[0] != '\0' && is_line(str_of(fault->sentence)));
        last_offset = fault->offset;
    }
    config_faults_render(faults, "page.json", &text);
    fuzz_check(count_lines(buf_view(&text)) == faults->count + faults->has_more);
    buf_reset(&text);
    config_faults_render_line(faults, "page.json", &text);
    fuzz_check(count_lines(buf_view(&text)) == 1);
}

/* ---- calls ---- */

static bool is_input(const struct plan_call *call, size_t index)
{
    size_t count = 0;

    for (size_t i = 0; i < call->input_count; i++) {
        count += call->inputs[i] == index;
    }
    fuzz_check(count <= 1);
    return count == 1;
}

static void check_template(const struct plan *plan, const struct plan_call *call, const struct template *template)
{
    for (size_t i = 0; i < template->part_count; i++) {
        const struct template_part *part = &template->parts[i];
        fuzz_check(part->source != TEMPLATE_CALL || part->index < plan->call_count);
        fuzz_check(part->source != TEMPLATE_CALL || is_input(call, part->index));
        fuzz_check(part->source != TEMPLATE_EACH || call->has_each);
    }
}

/* The text of a template, outside of its references. */
static bool is_text_of(const struct template *template, bool (*is_good)(struct str text))
{
    for (size_t i = 0; i < template->part_count; i++) {
        if (template->parts[i].source == TEMPLATE_TEXT && !is_good(template->parts[i].text)) {
            return false;
        }
    }
    return true;
}

static bool is_target_text(struct str text)
{
    return str_is_visible(text) && str_find(text, '#') == text.length;
}

static void check_headers(const struct plan *plan, const struct plan_call *call)
{
    for (size_t i = 0; i < call->header_count; i++) {
        fuzz_check(str_is_visible(str_of(call->headers[i].name)) && strchr(call->headers[i].name, ':') == NULL);
        fuzz_check(is_text_of(&call->headers[i].value, fuzz_is_printable));
        check_template(plan, call, &call->headers[i].value);
    }
    for (size_t i = 0; call->forward_headers != NULL && call->forward_headers[i] != NULL; i++) {
        fuzz_check(strcasecmp(call->forward_headers[i], "Connection") != 0);
        fuzz_check(strcasecmp(call->forward_headers[i], "Host") != 0);
    }
}

static void check_call(const struct config *config, const struct plan *plan, const struct plan_call *call)
{
    fuzz_check(plan_is_name(call->name) && call->backend < config->backend_count);
    fuzz_check(call->target.part_count > 0 && call->target.parts[0].source == TEMPLATE_TEXT);
    fuzz_check(str_starts_with(call->target.parts[0].text, STR("/")) && is_text_of(&call->target, is_target_text));
    check_template(plan, call, &call->target);
    check_template(plan, call, &call->body);
    check_headers(plan, call);
    fuzz_check(call->default_json.length == 0 || json_scan_check(call->default_json, JSON_SCAN_DEPTH, NULL) == 0);
    if (call->has_each) {
        fuzz_check(call->each.source == TEMPLATE_CALL && is_input(call, call->each.index) && call->each_maximum > 0);
    }
}

/* Every input has a way back, and there are as many of the one as of the other. */
static void check_dependents(const struct plan *plan)
{
    size_t inputs = 0;
    size_t dependents = 0;

    for (size_t i = 0; i < plan->call_count; i++) {
        const struct plan_call *call = &plan->calls[i];
        inputs += call->input_count;
        dependents += call->dependent_count;
        for (size_t j = 0; j < call->dependent_count; j++) {
            fuzz_check(call->dependents[j] < plan->call_count);
            fuzz_check(is_input(&plan->calls[call->dependents[j]], i));
        }
    }
    fuzz_check(inputs == dependents);
}

static void check_plan(const struct config *config, const struct plan *plan)
{
    size_t ring_length = 1;
    cleanup_free size_t *ring = calloc(plan->call_count + 1, sizeof ring[0]);

    fuzz_check(ring != NULL && plan->call_count <= config->limits.fan_out);
    for (size_t i = 0; i < plan->call_count; i++) {
        check_call(config, plan, &plan->calls[i]);
    }
    check_dependents(plan);
    fuzz_check(plan_graph_find_ring(plan, ring, &ring_length) == 0 && ring_length == 0);
}

/* ---- routes ---- */

/* Its path with an "x" for each capture leads to this route, or to one with equal segments in those places. */
static void check_reachable(const struct config *config, const struct route *route)
{
    struct arena arena;
    struct route_match match;
    cleanup_buf struct buf path;

    arena_init(&arena, ARENA_BYTES);
    buf_init(&path, LONGEST_PATH);
    struct str rest = str_from(str_of(route->path), 1);
    for (size_t i = 0; i < route->segment_count; i++) {
        struct str segment = str_split(&rest, '/');
        (void)buf_add_byte(&path, '/');
        (void)buf_add_str(&path, route->segments[i].is_capture ? STR("x") : segment);
    }
    if (!path.failed) {
        fuzz_check(route_match(config->route_table, &arena, STR("GET"), buf_view(&path), &match) == 0);
        fuzz_check(match.name[0] != '\0');
    }
    arena_clear(&arena);
}

static void check_respond(const struct route_respond *respond)
{
    fuzz_check(respond->status >= 200 && respond->status <= 599);
    fuzz_check(fuzz_is_printable(str_of(respond->content_type)));
    for (size_t i = 0; i < respond->field_count; i++) {
        fuzz_check(str_is_visible(str_of(respond->fields[i].name)));
        fuzz_check(fuzz_is_printable(str_of(respond->fields[i].value)));
    }
}

static void check_route(const struct config *config, const struct route *route)
{
    fuzz_check(route->kind == ROUTE_CALLS || route->kind == ROUTE_RESPOND);
    fuzz_check(route->methods != 0);
    if (route->kind == ROUTE_CALLS) {
        fuzz_check(route->plan.call_count > 0 && (!route->is_pass || route->plan.call_count == 1));
        check_plan(config, &route->plan);
    } else {
        check_respond(&route->respond);
    }
    check_reachable(config, route);
}

/* ---- showing it ---- */

static void check_shown(const struct config *config, struct buf *json, struct buf *text)
{
    fuzz_check(config_check_render(config, text) == 0);
    fuzz_check(fuzz_is_utf8(buf_view(text)));
    for (size_t i = 0; i < text->length; i++) {
        unsigned char byte = (unsigned char)text->base[i];
        fuzz_check((byte >= 0x20 && byte != 0x7f) || byte == '\n');
    }
    fuzz_check(config_json_render(config, json) == 0);
    fuzz_check(json_scan_check(buf_view(json), JSON_SCAN_DEPTH, NULL) == 0);
}

/* Read again, it is shown as the same. */
static void check_again(const struct settings *settings, struct str json, struct str text)
{
    struct config_faults faults;
    cleanup_buf struct buf json_again;
    cleanup_buf struct buf text_again;

    buf_init(&json_again, RENDERED_BYTES);
    buf_init(&text_again, RENDERED_BYTES);
    if (memmem(json.base, json.length, CONFIG_TEXT_COVERED, sizeof CONFIG_TEXT_COVERED - 1) != NULL) {
        return;
    }
    config_faults_init(&faults);
    struct config *config = config_read(settings, json, &faults);
    fuzz_check(config != NULL);
    check_shown(config, &json_again, &text_again);
    fuzz_check(str_equal(buf_view(&json_again), json));
    fuzz_check(str_equal(buf_view(&text_again), text));
    config_release(config);
    config_faults_clear(&faults);
}

static void check_config(const struct settings *settings, const struct config *config)
{
    cleanup_buf struct buf json;
    cleanup_buf struct buf text;

    buf_init(&json, RENDERED_BYTES);
    buf_init(&text, RENDERED_BYTES);
    fuzz_check(config->route_count > 0 && config->route_table != NULL);
    for (size_t i = 0; i < config->route_count; i++) {
        check_route(config, &config->routes[i]);
    }
    check_shown(config, &json, &text);
    check_again(settings, buf_view(&json), buf_view(&text));
}

/* ---- all ---- */

/* As they are without flags and variables. */
static void make_settings(struct settings *settings)
{
    const struct options_program program = { .name = "fuzz_config",
                                             .options = settings_options,
                                             .option_count = settings_option_count };
    struct options_operands operands = { NULL, 0 };
    struct error error = { "" };
    char name[] = "fuzz_config";
    char *arguments[] = { name, NULL };
    char *environment[] = { NULL };

    *settings = (struct settings){ .config_file = NULL };
    fuzz_check(options_parse(&program, 1, arguments, environment, settings, &operands, &error) == OPTIONS_RUN);
}

void fuzz_one(struct str input)
{
    struct config_faults faults;
    struct settings settings;

    make_settings(&settings);
    config_faults_init(&faults);
    struct config *config = config_read(&settings, input, &faults);
    if (config == NULL) {
        check_faults(&faults, input);
    } else {
        fuzz_check(faults.count == 0 && !faults.has_more);
        check_config(&settings, config);
    }
    config_release(config);
    config_faults_clear(&faults);
}
