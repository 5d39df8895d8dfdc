/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "lab/report.h"
#include "lab/report_text.h"
#include "lab/report_value.h"

/* What a row is made of: a mode's task, a hello row's number of clients, a sweep's point. */
struct row {
    enum report_kind kind;
    const char *name; /* of the document */
    const cJSON *whole;
    const cJSON *part; /* the mode, or the hello row */
    const cJSON *item; /* the task, or the point */
    size_t index;      /* of the number of clients */
};

/* Where a column's value stands: "whole.delay_ms", "item.latency_ms.p50.median"; "part.seconds[]" is the element at
 * the row's index. NULL: such documents have none. */
struct column {
    const char *name;
    const char *paths[REPORT_KIND_COUNT];
};

#define EXPERIMENT(path) [REPORT_EXPERIMENT] = (path)
#define HELLO(path) [REPORT_HELLO] = (path)
#define SWEEP(path) [REPORT_SWEEP] = (path)
#define SPREAD(name, path)                                                                                             \
    { name, { SWEEP(path ".median") } }, { name "_least", { SWEEP(path ".least") } },                                  \
    {                                                                                                                  \
        name "_most",                                                                                                  \
        {                                                                                                              \
            SWEEP(path ".most")                                                                                        \
        }                                                                                                              \
    }

static const struct column columns[] = {
    { "case", { SWEEP("item.case") } },
    { "mode", { EXPERIMENT("part.mode"), HELLO("part.mode"), SWEEP("item.mode") } },
    { "name", { EXPERIMENT("item.name"), HELLO("part.name") } },
    { "delay_ms", { EXPERIMENT("whole.delay_ms") } },
    { "delay", { SWEEP("item.delay") } },
    { "fan_out", { SWEEP("item.fan_out") } },
    { "load", { SWEEP("item.load") } },
    { "clients", { HELLO("whole.clients[]"), SWEEP("item.clients") } },
    { "rate", { SWEEP("item.rate") } },
    { "bytes", { SWEEP("item.bytes") } },
    { "backend_concurrency", { SWEEP("item.backend_concurrency") } },
    { "requests", { HELLO("whole.requests"), SWEEP("item.requests") } },
    { "failed", { HELLO("part.failed"), SWEEP("item.failed") } },
    { "unanswered", { SWEEP("item.unanswered") } },
    { "sent_ms", { EXPERIMENT("item.sent_ms") } },
    { "answered_ms", { EXPERIMENT("item.answered_ms") } },
    { "seconds", { EXPERIMENT("item.seconds"), HELLO("part.seconds[].median") } },
    { "seconds_least", { HELLO("part.seconds[].least") } },
    { "seconds_most", { HELLO("part.seconds[].most") } },
    { "theory_s", { EXPERIMENT("item.theory_s"), HELLO("part.theory_s[]") } },
    { "ratio", { EXPERIMENT("item.ratio") } },
    { "ok", { EXPERIMENT("item.ok") } },
    { "status", { EXPERIMENT("item.status") } },
    { "error", { EXPERIMENT("item.error") } },
    SPREAD("throughput", "item.throughput"),
    SPREAD("p50_ms", "item.latency_ms.p50"),
    SPREAD("p90_ms", "item.latency_ms.p90"),
    SPREAD("p99_ms", "item.latency_ms.p99"),
    { "p99_is_lower_bound", { SWEEP("item.latency_ms.p99.is_lower_bound") } },
    SPREAD("max_ms", "item.latency_ms.max"),
    { "uncorrected_p50_ms", { SWEEP("item.uncorrected_ms.p50.median") } },
    { "uncorrected_p99_ms", { SWEEP("item.uncorrected_ms.p99.median") } },
    { "theory_throughput", { SWEEP("item.theory.throughput") } },
    { "theory_p50_ms", { SWEEP("item.theory.p50_ms") } },
    { "theory_p90_ms", { SWEEP("item.theory.p90_ms") } },
    { "theory_p99_ms", { SWEEP("item.theory.p99_ms") } },
    { "gateway_cpu_us_per_request", { SWEEP("item.gateway.cpu_us_per_request.median") } },
    { "gateway_cpu_cores", { SWEEP("item.gateway.cpu_cores.median") } },
    { "gateway_cpu_s", { HELLO("part.server_cpu_s[]") } },
    { "gateway_resident_bytes", { SWEEP("item.gateway.resident_bytes.median") } },
    { "gateway_threads", { SWEEP("item.gateway.threads") } },
    { "gateway_switches_per_request", { SWEEP("item.gateway.switches_per_request.median") } },
    { "client_cpu_cores", { SWEEP("item.client.cpu_cores.median") } },
    { "client_cpu_s", { HELLO("part.client_cpu_s[]") } },
    { "client_late_p99_ms", { SWEEP("item.client.late_p99_ms.median") } },
    { "limit", { HELLO("part.limit[]"), SWEEP("item.limit") } },
};

/* One step of a path; `step` is consumed. A number that is asked for its median, least or most is all of them. */
static const cJSON *follow(const cJSON *value, struct str step, size_t index)
{
    char name[64];
    bool is_element = step.length > 2 && step.base[step.length - 1] == ']';

    step.length -= is_element ? 2 : 0;
    if (cJSON_IsNumber(value)) {
        return value;
    }
    (void)snprintf(name, sizeof name, "%.*s", STR_ARGUMENTS(step));
    value = report_member(value, name);
    return is_element ? cJSON_GetArrayItem(value, (int)index) : value;
}

static const cJSON *find(const struct row *row, const char *path)
{
    struct str rest = str_of(path);
    struct str first = str_split(&rest, '.');
    const cJSON *value = str_equal(first, STR("whole"))  ? row->whole
                         : str_equal(first, STR("part")) ? row->part
                                                         : row->item;

    while (rest.length > 0 && value != NULL) {
        value = follow(value, str_split(&rest, '.'), row->index);
    }
    return value;
}

static void add_value(struct buf *csv, const cJSON *value)
{
    if (cJSON_IsNumber(value)) {
        (void)buf_add_format(csv, "%.10g", value->valuedouble);
    } else if (cJSON_IsBool(value)) {
        (void)buf_add_text(csv, cJSON_IsTrue(value) ? "true" : "false");
    } else if (cJSON_IsString(value)) {
        (void)report_text_add_csv(csv, str_of(value->valuestring));
    }
}

static void add_row(struct buf *csv, const struct row *row)
{
    (void)report_text_add_csv(csv, str_of(row->name));
    (void)buf_add_format(csv, ",%s", report_forms[row->kind].name);
    for (size_t i = 0; i < array_length(columns); i++) {
        const char *path = columns[i].paths[row->kind];
        (void)buf_add_byte(csv, ',');
        if (path != NULL) {
            add_value(csv, find(row, path));
        }
    }
    (void)buf_add_text(csv, "\r\n");
}

static void add_experiment(struct buf *csv, struct row row)
{
    cJSON_ArrayForEach(row.part, report_member(row.whole, "modes"))
    {
        cJSON_ArrayForEach(row.item, report_member(row.part, "tasks"))
        {
            add_row(csv, &row);
        }
    }
}

static void add_hello(struct buf *csv, struct row row)
{
    size_t count = (size_t)cJSON_GetArraySize(report_member(row.whole, "clients"));

    cJSON_ArrayForEach(row.part, report_member(row.whole, "rows"))
    {
        for (row.index = 0; row.index < count; row.index++) {
            add_row(csv, &row);
        }
    }
}

static void add_sweep(struct buf *csv, struct row row)
{
    cJSON_ArrayForEach(row.item, report_member(row.whole, "points"))
    {
        add_row(csv, &row);
    }
}

int report_add_csv(struct buf *csv, const struct report_document *documents, size_t count)
{
    static void (*const add_rows[REPORT_KIND_COUNT])(struct buf *, struct row) = {
        [REPORT_EXPERIMENT] = add_experiment,
        [REPORT_HELLO] = add_hello,
        [REPORT_SWEEP] = add_sweep,
    };

    (void)buf_add_text(csv, "document,kind");
    for (size_t i = 0; i < array_length(columns); i++) {
        (void)buf_add_format(csv, ",%s", columns[i].name);
    }
    (void)buf_add_text(csv, "\r\n");
    for (size_t i = 0; i < count; i++) {
        enum report_kind kind = report_kind_of(documents[i].json);
        add_rows[kind](csv, (struct row){ .kind = kind, .name = documents[i].name, .whole = documents[i].json });
    }
    return csv->failed ? -ENOBUFS : 0;
}
