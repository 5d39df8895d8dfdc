/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "common/json_scan.h"
#include "common/json_view.h"
#include "common/options.h"
#include "common/quote.h"
#include "lab/report.h"
#include "lab/report_forms.h"
#include "lab/report_value.h"

/* Values take 64 bytes each once they are read. ROUNDING_MS: what stamps may disagree by. */
enum { DEPTH_MOST = 16, VALUES_MOST = 500 * 1000, NAME_BYTES = 64, KNOWN_VERSION = 1 };
#define ROUNDING_MS 0.01

/* ---- JSON ---- */

/* No fewer than there are: commas and colons in texts count, too. */
static size_t count_values(struct str text)
{
    size_t count = 1;

    for (size_t i = 0; i < text.length; i++) {
        count += text.base[i] == ',' || text.base[i] == ':' || text.base[i] == '[' || text.base[i] == '{';
    }
    return count;
}

static int parse(struct str text, cJSON **ret_json, struct error *error)
{
    struct json_fault fault;

    if (text.length > REPORT_DOCUMENT_BYTES_MOST || count_values(text) > VALUES_MOST) {
        return error_set(error, "too large: at most %d bytes and %d values are allowed", REPORT_DOCUMENT_BYTES_MOST,
                         VALUES_MOST);
    }
    if (json_scan_check(text, DEPTH_MOST, &fault) < 0) {
        struct json_position position = json_position(text, fault.offset);
        return error_set(error, "line %zu, column %zu: %s", position.line, position.column, fault.reason);
    }
    *ret_json = cJSON_ParseWithLength(text.base, text.length);
    return *ret_json != NULL ? 0 : error_set(error, "JSON that cannot be read: a text with half a surrogate in it?");
}

/* ---- which form ---- */

static int refuse_kind(struct str kind, struct error *error)
{
    const char *names[REPORT_KIND_COUNT + 1] = { NULL };

    for (size_t i = 0; i < REPORT_KIND_COUNT; i++) {
        names[i] = report_forms[i].name;
    }
    const struct quote quoted = quote_bare(kind, NAME_BYTES);
    const char *nearest = options_nearest(quoted.text, names);
    return error_set(error, "kind: \"%s\" is not known;%s%s%s expected experiment, hello or sweep", quoted.text,
                     nearest != NULL ? " did you mean " : "", nearest != NULL ? nearest : "",
                     nearest != NULL ? "?" : "");
}

static int find_kind(const cJSON *json, enum report_kind *ret_kind, struct error *error)
{
    struct str kind = report_string(json, "kind");
    bool is_missing = report_member(json, "kind") == NULL;

    if (is_missing && cJSON_IsArray(report_member(json, "modes"))) {
        *ret_kind = REPORT_EXPERIMENT;
        return 0;
    }
    if (is_missing) {
        return error_set(error, "kind: is missing; expected experiment, hello or sweep");
    }
    *ret_kind = report_kind_of(json);
    return str_equal(kind, str_of(report_forms[*ret_kind].name)) ? 0 : refuse_kind(kind, error);
}

/* ---- what must agree with what ---- */

static int check_parts(const cJSON *task, const char *place, struct error *error)
{
    double end_ms = 0.0;
    size_t index = 0;
    const cJSON *part = NULL;

    cJSON_ArrayForEach(part, report_member(task, "parts"))
    {
        double start_ms = report_number(part, "start_ms");
        double part_end_ms = report_number(part, "end_ms");
        if (part_end_ms < start_ms) {
            return error_set(error, "%s.parts[%zu]: ends before it starts", place, index);
        }
        if (start_ms < end_ms - ROUNDING_MS) {
            return error_set(error, "%s.parts[%zu]: starts before the one in front has ended", place, index);
        }
        end_ms = part_end_ms;
        index++;
    }
    return 0;
}

static int check_task(const cJSON *task, const char *place, struct error *error)
{
    if (report_number(task, "answered_ms") < report_number(task, "sent_ms")) { /* false where one is not known */
        return error_set(error, "%s: answered before it was sent", place);
    }
    return check_parts(task, place, error);
}

static int check_experiment(const cJSON *json, struct error *error)
{
    const cJSON *mode = NULL;
    size_t mode_index = 0;

    cJSON_ArrayForEach(mode, report_member(json, "modes"))
    {
        const cJSON *task = NULL;
        size_t task_index = 0;
        cJSON_ArrayForEach(task, report_member(mode, "tasks"))
        {
            char place[NAME_BYTES];
            (void)snprintf(place, sizeof place, "modes[%zu].tasks[%zu]", mode_index, task_index);
            if (check_task(task, place, error) < 0) {
                return -1;
            }
            task_index++;
        }
        mode_index++;
    }
    return 0;
}

static int check_hello(const cJSON *json, struct error *error)
{
    static const char *const columns[] = { "seconds", "client_cpu_s", "server_cpu_s", "limit", "theory_s" };
    int count = cJSON_GetArraySize(report_member(json, "clients"));
    const cJSON *row = NULL;
    size_t index = 0;

    cJSON_ArrayForEach(row, report_member(json, "rows"))
    {
        for (size_t i = 0; i < array_length(columns); i++) {
            const cJSON *column = report_member(row, columns[i]);
            if (column != NULL && cJSON_GetArraySize(column) != count) {
                return error_set(error, "rows[%zu].%s: expected %d elements, as many as clients, not %d", index,
                                 columns[i], count, cJSON_GetArraySize(column));
            }
        }
        index++;
    }
    return 0;
}

static bool has_case(const cJSON *json, struct str name)
{
    const cJSON *entry = NULL;

    cJSON_ArrayForEach(entry, report_member(json, "cases"))
    {
        if (str_equal(report_string(entry, "name"), name)) {
            return true;
        }
    }
    return false;
}

static int check_sweep(const cJSON *json, struct error *error)
{
    const cJSON *point = NULL;
    size_t index = 0;

    cJSON_ArrayForEach(point, report_member(json, "points"))
    {
        struct str name = report_string(point, "case");
        if (report_member(point, "case") != NULL && !has_case(json, name)) {
            return error_set(error, "points[%zu].case: %s is none of the document's cases", index,
                             quote_in_marks(name, NAME_BYTES).text);
        }
        index++;
    }
    return 0;
}

static int check(const cJSON *json, struct error *error)
{
    static int (*const checks[])(const cJSON *, struct error *) = {
        [REPORT_EXPERIMENT] = check_experiment,
        [REPORT_HELLO] = check_hello,
        [REPORT_SWEEP] = check_sweep,
    };
    enum report_kind kind = REPORT_EXPERIMENT;

    if (!cJSON_IsObject(json)) {
        return error_set(error, "expected an object");
    }
    const cJSON *version = report_member(json, "version");
    if (!cJSON_IsNumber(version) || version->valuedouble != KNOWN_VERSION) {
        return error_set(error, "version: expected %d", KNOWN_VERSION);
    }
    if (find_kind(json, &kind, error) < 0 || report_shape_check(json, report_forms[kind].members, error) < 0) {
        return -1;
    }
    return checks[kind](json, error);
}

/* The sentence with the document's name in front. */
static int blame(const char *name, const struct error *fault, struct error *error)
{
    return error_set(error, "%s: %s", quote_bare(str_of(name), QUOTE_BYTES_AT_MOST).text, fault->text);
}

/* Takes `json`, also where it refuses it. */
static int accept_document(cJSON *json, const char *name, struct report_document *ret_document, struct error *error)
{
    struct error fault = { { '\0' } };

    if (check(json, &fault) < 0) {
        cJSON_Delete(json);
        return blame(name, &fault, error);
    }
    *ret_document = (struct report_document){ .name = name, .json = json };
    return 0;
}

int report_document_read(struct str text, const char *name, struct report_document *ret_document, struct error *error)
{
    struct error fault = { { '\0' } };
    cJSON *json = NULL;

    if (parse(text, &json, &fault) < 0) {
        return blame(name, &fault, error);
    }
    return accept_document(json, name, ret_document, error);
}

void report_document_clear(struct report_document *document)
{
    cJSON_Delete(document->json);
    document->json = NULL;
}

/* ---- several in one ---- */

static int take_all(cJSON *bundle, const char *name, struct report_documents *documents, struct error *error)
{
    cJSON *array = cJSON_GetObjectItemCaseSensitive(bundle, "documents");

    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) == 0) {
        return error_set(error, "%s: documents: expected an array of results",
                         quote_bare(str_of(name), QUOTE_BYTES_AT_MOST).text);
    }
    while (array->child != NULL) {
        if (documents->count == REPORT_DOCUMENTS_MOST) {
            return error_set(error, "at most %d results fit into one report", REPORT_DOCUMENTS_MOST);
        }
        cJSON *json = cJSON_DetachItemViaPointer(array, array->child);
        if (accept_document(json, name, &documents->all[documents->count], error) < 0) {
            return -1;
        }
        documents->count++;
    }
    return 0;
}

int report_documents_read(struct report_documents *documents, struct str text, const char *name, struct error *error)
{
    struct error fault = { { '\0' } };
    cJSON *json = NULL;

    if (parse(text, &json, &fault) < 0) {
        return blame(name, &fault, error);
    }
    if (str_equal(report_string(json, "kind"), STR("report"))) {
        int status = take_all(json, name, documents, error);
        cJSON_Delete(json);
        return status;
    }
    if (documents->count == REPORT_DOCUMENTS_MOST) {
        cJSON_Delete(json);
        return error_set(error, "at most %d results fit into one report", REPORT_DOCUMENTS_MOST);
    }
    if (accept_document(json, name, &documents->all[documents->count], error) < 0) {
        return -1;
    }
    documents->count++;
    return 0;
}

void report_documents_clear(struct report_documents *documents)
{
    for (size_t i = 0; i < documents->count; i++) {
        report_document_clear(&documents->all[i]);
    }
    documents->count = 0;
}

static int add_printed(struct buf *json, const cJSON *document)
{
    char *text = cJSON_PrintUnformatted(document);
    int status = text != NULL ? buf_add_text(json, text) : -ENOMEM;

    cJSON_free(text);
    return status;
}

int report_add_json(struct buf *json, const struct report_document *documents, size_t count)
{
    (void)buf_add_text(json, count == 1 ? "" : "{\"version\":1,\"kind\":\"report\",\"documents\":[");
    for (size_t i = 0; i < count; i++) {
        (void)buf_add_text(json, i > 0 ? ",\n" : "");
        if (add_printed(json, documents[i].json) < 0) {
            return -ENOMEM;
        }
    }
    (void)buf_add_text(json, count == 1 ? "\n" : "]}\n");
    return json->failed ? -ENOBUFS : 0;
}
