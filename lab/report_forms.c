/* SPDX-License-Identifier: MIT */
#include "lab/report_forms.h"

enum { NAME_BYTES = 128, COMMAND_BYTES = 64 * 1024, POINTS_MOST = 2000, CLIENTS_MOST = 64, STATUS_MOST = 999 };

#define NUMBER(member) .name = (member), .kind = REPORT_NUMBER
#define TEXT(member) .name = (member), .kind = REPORT_TEXT
#define BOOLEAN(member) .name = (member), .kind = REPORT_BOOLEAN
#define OBJECT(member, its_rules) .name = (member), .kind = REPORT_OBJECT, .rules = (its_rules)
#define ARRAY(member, its_rule) .name = (member), .kind = REPORT_ARRAY, .rules = (its_rule)
#define MAP(member, its_rule) .name = (member), .kind = REPORT_MAP, .rules = (its_rule)
#define OPTIONAL .is_optional = true
#define NULLABLE .may_be_null = true

static const char *const mode_choices[] = { "sync", "threads", "async", "mixed", "wire", NULL };
static const char *const kind_experiment[] = { "experiment", NULL };
static const char *const kind_hello[] = { "hello", NULL };
static const char *const kind_sweep[] = { "sweep", NULL };

static const struct report_rule any_text = { TEXT("a text") };
static const struct report_rule any_name = { TEXT("a name"), .longest = NAME_BYTES };
static const struct report_rule any_mode = { TEXT("a mode"), .choices = mode_choices };
static const struct report_rule any_number = { NUMBER("a number") };
static const struct report_rule number_or_null = { NUMBER("a number"), NULLABLE };

/* ---- origin ---- */

static const struct report_rule machine_members[] = {
    { TEXT("processor"), OPTIONAL, NULLABLE },      { NUMBER("cores"), OPTIONAL, NULLABLE },
    { NUMBER("memory_bytes"), OPTIONAL, NULLABLE }, { TEXT("system"), OPTIONAL, NULLABLE },
    { TEXT("distribution"), OPTIONAL, NULLABLE },   { .name = NULL },
};
static const struct report_rule origin_members[] = {
    { TEXT("measured_at"), .longest = NAME_BYTES, OPTIONAL, NULLABLE },
    { TEXT("command"), .longest = COMMAND_BYTES, OPTIONAL, NULLABLE },
    { NUMBER("seed"), .most = 2e19, OPTIONAL, NULLABLE },
    { BOOLEAN("interrupted"), OPTIONAL },
    { OBJECT("machine", machine_members), OPTIONAL, NULLABLE },
    { ARRAY("versions", &any_text), .longest = 16, OPTIONAL, NULLABLE },
    { .name = NULL },
};

#define HEAD(kind_choices)                                                                                             \
    { NUMBER("version") }, { TEXT("kind"), .choices = (kind_choices), OPTIONAL },                                      \
    {                                                                                                                  \
        OBJECT("origin", origin_members), OPTIONAL, NULLABLE                                                           \
    }

/* ---- experiment ---- */

static const char *const part_choices[] = { "waiting", "connecting", "backend", "gateway", "unknown", NULL };

static const struct report_rule part_members[] = {
    { TEXT("kind"), .choices = part_choices },
    { NUMBER("start_ms") },
    { NUMBER("end_ms") },
    { .name = NULL },
};
static const struct report_rule part = { OBJECT("a part", part_members) };
static const struct report_rule task_members[] = {
    { TEXT("name"), .longest = NAME_BYTES },
    { NUMBER("sent_ms"), NULLABLE },
    { NUMBER("answered_ms"), NULLABLE },
    { NUMBER("seconds"), NULLABLE },
    { NUMBER("status"), NULLABLE, .most = STATUS_MOST },
    { TEXT("error"), .longest = NAME_BYTES, OPTIONAL, NULLABLE },
    { NUMBER("theory_s"), OPTIONAL, NULLABLE },
    { NUMBER("theory_earliest_s"), OPTIONAL, NULLABLE },
    { NUMBER("ratio"), OPTIONAL, NULLABLE },
    { BOOLEAN("ok"), OPTIONAL },
    { ARRAY("parts", &part), .longest = 32, OPTIONAL, NULLABLE },
    { .name = NULL },
};
static const struct report_rule task = { OBJECT("a task", task_members) };
static const struct report_rule mode_members[] = {
    { TEXT("mode"), .choices = mode_choices },
    { ARRAY("tasks", &task) },
    { NUMBER("total_s"), NULLABLE },
    { NUMBER("theory_s"), NULLABLE },
    { NUMBER("theory_earliest_s"), OPTIONAL, NULLABLE },
    { NUMBER("ratio"), NULLABLE },
    { BOOLEAN("ok") },
    { .name = NULL },
};
static const struct report_rule mode = { OBJECT("a mode", mode_members) };
static const struct report_rule experiment_members[] = {
    HEAD(kind_experiment),
    { NUMBER("delay_ms") },
    { ARRAY("modes", &mode), .longest = 16 },
    { NUMBER("threads"), OPTIONAL, NULLABLE },
    { ARRAY("blocking", &any_name), OPTIONAL, NULLABLE },
    { .name = NULL },
};

/* ---- hello ---- */

static const char *const row_choices[] = { "published", "measured", NULL };
static const char *const limit_choices[] = { "none", "client", "server", "gateway", "machine", "backend", NULL };

static const struct report_rule any_limit = { TEXT("a limit"), .choices = limit_choices, NULLABLE };
static const struct report_rule spread_members[] = {
    { NUMBER("median") }, { NUMBER("least") }, { NUMBER("most") }, { BOOLEAN("is_lower_bound"), OPTIONAL },
    { .name = NULL },
};
static const struct report_rule any_figure = {
    .name = "a figure", .kind = REPORT_FIGURE, .rules = spread_members, NULLABLE
};
static const struct report_rule row_members[] = {
    { TEXT("name"), .longest = NAME_BYTES },
    { TEXT("kind"), .choices = row_choices },
    { TEXT("title"), OPTIONAL, NULLABLE },
    { TEXT("url"), OPTIONAL, NULLABLE },
    { TEXT("mode"), .choices = mode_choices, OPTIONAL, NULLABLE },
    { TEXT("client"), .longest = NAME_BYTES, OPTIONAL, NULLABLE },
    { ARRAY("seconds", &any_figure), .longest = CLIENTS_MOST },
    { ARRAY("client_cpu_s", &number_or_null), .longest = CLIENTS_MOST, OPTIONAL, NULLABLE },
    { ARRAY("server_cpu_s", &number_or_null), .longest = CLIENTS_MOST, OPTIONAL, NULLABLE },
    { ARRAY("limit", &any_limit), .longest = CLIENTS_MOST, OPTIONAL, NULLABLE },
    { ARRAY("theory_s", &number_or_null), .longest = CLIENTS_MOST, OPTIONAL, NULLABLE },
    { NUMBER("failed"), OPTIONAL, NULLABLE },
    { .name = NULL },
};
static const struct report_rule row = { OBJECT("a row", row_members) };
static const struct report_rule hello_members[] = {
    HEAD(kind_hello),
    { NUMBER("requests") },
    { ARRAY("clients", &any_number), .longest = CLIENTS_MOST },
    { NUMBER("repeats"), OPTIONAL, NULLABLE },
    { ARRAY("rows", &row), .longest = 32 },
    { ARRAY("findings", &any_text), .longest = 32, OPTIONAL, NULLABLE },
    { .name = NULL },
};

/* ---- sweep ---- */

static const char *const load_choices[] = { "closed", "open", NULL };

static const struct report_rule settings_members[] = {
    { NUMBER("threads"), OPTIONAL, NULLABLE },
    { NUMBER("workers"), OPTIONAL, NULLABLE },
    { ARRAY("blocking", &any_name), OPTIONAL, NULLABLE },
    { NUMBER("warm_up_ms"), OPTIONAL, NULLABLE },
    { NUMBER("duration_ms"), OPTIONAL, NULLABLE },
    { NUMBER("repeats"), OPTIONAL, NULLABLE },
    { .name = NULL },
};
static const struct report_rule case_members[] = {
    { TEXT("name"), .longest = NAME_BYTES },
    { TEXT("title"), .longest = NAME_BYTES },
    { TEXT("sentence") },
    { TEXT("axis"), .longest = NAME_BYTES },
    { ARRAY("modes", &any_mode), .longest = 16, OPTIONAL, NULLABLE },
    { .name = NULL },
};
static const struct report_rule any_case = { OBJECT("a case", case_members) };
static const struct report_rule latency_members[] = {
    { OBJECT("p50", spread_members), NULLABLE },
    { OBJECT("p90", spread_members), NULLABLE },
    { OBJECT("p99", spread_members), NULLABLE },
    { OBJECT("max", spread_members), NULLABLE },
    { .name = NULL },
};
static const struct report_rule gateway_members[] = {
    { OBJECT("cpu_us_per_request", spread_members), OPTIONAL, NULLABLE },
    { OBJECT("cpu_cores", spread_members), OPTIONAL, NULLABLE },
    { OBJECT("resident_bytes", spread_members), OPTIONAL, NULLABLE },
    { NUMBER("threads"), OPTIONAL, NULLABLE },
    { OBJECT("switches_per_request", spread_members), OPTIONAL, NULLABLE },
    { .name = NULL },
};
static const struct report_rule client_members[] = {
    { OBJECT("cpu_cores", spread_members), OPTIONAL, NULLABLE },
    { OBJECT("late_p99_ms", spread_members), OPTIONAL, NULLABLE },
    { .name = NULL },
};
static const struct report_rule theory_members[] = {
    { NUMBER("throughput"), OPTIONAL, NULLABLE }, { NUMBER("mean_ms"), OPTIONAL, NULLABLE },
    { NUMBER("p50_ms"), OPTIONAL, NULLABLE },     { NUMBER("p90_ms"), OPTIONAL, NULLABLE },
    { NUMBER("p99_ms"), OPTIONAL, NULLABLE },     { NUMBER("max_ms"), OPTIONAL, NULLABLE },
    { TEXT("why"), OPTIONAL, NULLABLE },          { .name = NULL },
};
static const struct report_rule deviation_members[] = {
    { NUMBER("throughput"), OPTIONAL, NULLABLE },
    { NUMBER("p50"), OPTIONAL, NULLABLE },
    { NUMBER("p99"), OPTIONAL, NULLABLE },
    { .name = NULL },
};
static const struct report_rule point_members[] = {
    { TEXT("case"), .longest = NAME_BYTES, OPTIONAL, NULLABLE },
    { TEXT("mode"), .choices = mode_choices },
    { TEXT("delay"), .longest = NAME_BYTES },
    { NUMBER("fan_out") },
    { TEXT("load"), .choices = load_choices },
    { NUMBER("clients") },
    { NUMBER("rate"), OPTIONAL, NULLABLE },
    { NUMBER("bytes"), OPTIONAL, NULLABLE },
    { NUMBER("backend_concurrency"), OPTIONAL, NULLABLE },
    { NUMBER("repeats"), OPTIONAL, NULLABLE },
    { NUMBER("requests") },
    { NUMBER("failed") },
    { NUMBER("unanswered"), OPTIONAL, NULLABLE },
    { MAP("errors", &any_number), .longest = 64, OPTIONAL, NULLABLE },
    { OBJECT("throughput", spread_members), NULLABLE },
    { OBJECT("latency_ms", latency_members), NULLABLE },
    { OBJECT("uncorrected_ms", latency_members), OPTIONAL, NULLABLE },
    { OBJECT("gateway", gateway_members), OPTIONAL, NULLABLE },
    { OBJECT("client", client_members), OPTIONAL, NULLABLE },
    { TEXT("limit"), .choices = limit_choices, OPTIONAL, NULLABLE },
    { BOOLEAN("is_client_limited"), OPTIONAL, NULLABLE },
    { OBJECT("theory", theory_members), OPTIONAL, NULLABLE },
    { OBJECT("deviation", deviation_members), OPTIONAL, NULLABLE },
    { .name = NULL },
};
static const struct report_rule point = { OBJECT("a point", point_members) };
static const struct report_rule sweep_members[] = {
    HEAD(kind_sweep),
    { OBJECT("settings", settings_members), OPTIONAL, NULLABLE },
    { ARRAY("cases", &any_case), .longest = 32, OPTIONAL, NULLABLE },
    { ARRAY("points", &point), .longest = POINTS_MOST },
    { .name = NULL },
};

const struct report_form report_forms[REPORT_KIND_COUNT] = {
    [REPORT_EXPERIMENT] = { "experiment", experiment_members },
    [REPORT_HELLO] = { "hello", hello_members },
    [REPORT_SWEEP] = { "sweep", sweep_members },
};
