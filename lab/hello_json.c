/* SPDX-License-Identifier: MIT */
/* The JSON form of lab/hello_results.h. */
#include <math.h>

#include "lab/hello_results.h"

enum { FORMAT_VERSION = 1 };

static const char *const client_kinds[] = {
    [HELLO_CLIENT_LIGHT] = "light",
    [HELLO_CLIENT_COMMAND] = "command",
    [HELLO_CLIENT_PUBLISHED] = "aiohttp",
};

/* Microseconds are all that was measured; a mean over processes has more digits. */
static double rounded(double seconds)
{
    return round(seconds * 1e6) / 1e6;
}

/* Hands `item` over to `array`; NULL: no memory, and nothing is leaked. */
static cJSON *append(cJSON *array, cJSON *item)
{
    if (array == NULL || item == NULL || !cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
        return NULL;
    }
    return item;
}

static bool append_number_or_null(cJSON *array, bool is_known, double number)
{
    return append(array, is_known ? cJSON_CreateNumber(rounded(number)) : cJSON_CreateNull()) != NULL;
}

static bool append_spread(cJSON *array, const struct hello_figures *figures)
{
    cJSON *item = append(array, figures->is_known ? cJSON_CreateObject() : cJSON_CreateNull());

    if (item == NULL || !figures->is_known) {
        return item != NULL;
    }
    return cJSON_AddNumberToObject(item, "median", rounded(figures->seconds.median)) != NULL &&
           cJSON_AddNumberToObject(item, "least", rounded(figures->seconds.least)) != NULL &&
           cJSON_AddNumberToObject(item, "most", rounded(figures->seconds.most)) != NULL;
}

static bool append_limit(cJSON *array, enum hello_limit limit)
{
    const char *name = hello_limit_names[limit];

    return append(array, name != NULL ? cJSON_CreateString(name) : cJSON_CreateNull()) != NULL;
}

static bool add_string_or_null(cJSON *object, const char *name, const char *text)
{
    return (text != NULL ? cJSON_AddStringToObject(object, name, text) : cJSON_AddNullToObject(object, name)) != NULL;
}

static bool add_theory(const struct hello_result *result, const struct hello_row *row, cJSON *object)
{
    if (!row->is_gateway) {
        return cJSON_AddNullToObject(object, "theory_s") != NULL;
    }
    cJSON *theory = cJSON_AddArrayToObject(object, "theory_s");
    for (size_t i = 0; i < result->column_count; i++) {
        if (!append_number_or_null(theory, true, hello_theory_s(result, row, i))) {
            return false;
        }
    }
    return theory != NULL;
}

static bool add_measured(const struct hello_result *result, const struct hello_row *row, cJSON *object)
{
    cJSON *seconds = cJSON_AddArrayToObject(object, "seconds");
    cJSON *client_cpu = cJSON_AddArrayToObject(object, "client_cpu_s");
    cJSON *server_cpu = cJSON_AddArrayToObject(object, "server_cpu_s");
    cJSON *limits = cJSON_AddArrayToObject(object, "limit");

    for (size_t i = 0; i < result->column_count; i++) {
        struct hello_figures figures = hello_figures_of(result, row, i);
        bool is_server_known = figures.is_known && row->is_server_known;
        if (!append_spread(seconds, &figures) ||
            !append_number_or_null(client_cpu, figures.is_known, figures.client_cpu_s) ||
            !append_number_or_null(server_cpu, is_server_known, figures.server_cpu_s) ||
            !append_limit(limits, figures.limit)) {
            return false;
        }
    }
    return add_theory(result, row, object) &&
           cJSON_AddNumberToObject(object, "failed", (double)hello_row_failed(row)) != NULL;
}

static bool add_published(const struct hello_result *result, const struct hello_row *row, cJSON *object)
{
    cJSON *seconds = cJSON_AddArrayToObject(object, "seconds");

    for (size_t i = 0; i < result->column_count; i++) {
        struct hello_figures figures = hello_figures_of(result, row, i);
        if (!append_number_or_null(seconds, figures.is_known, figures.seconds.median)) {
            return false;
        }
    }
    return seconds != NULL;
}

static bool add_row(const struct hello_result *result, const struct hello_row *row, cJSON *rows)
{
    bool is_published = row->client == HELLO_CLIENT_PUBLISHED;
    cJSON *object = append(rows, cJSON_CreateObject());

    if (object == NULL || cJSON_AddStringToObject(object, "name", row->name) == NULL ||
        cJSON_AddStringToObject(object, "kind", is_published ? "published" : "measured") == NULL ||
        cJSON_AddStringToObject(object, "title", row->title) == NULL ||
        cJSON_AddStringToObject(object, "client", client_kinds[row->client]) == NULL) {
        return false;
    }
    if (is_published) {
        return add_published(result, row, object);
    }
    return cJSON_AddStringToObject(object, "url", row->url) != NULL &&
           add_string_or_null(object, "mode", row->is_gateway ? mode_names[row->mode] : NULL) &&
           add_measured(result, row, object);
}

bool hello_result_add_json(const struct hello_result *result, cJSON *document)
{
    if (cJSON_AddNumberToObject(document, "version", FORMAT_VERSION) == NULL ||
        cJSON_AddStringToObject(document, "kind", "hello") == NULL ||
        cJSON_AddNumberToObject(document, "requests", (double)result->requests) == NULL ||
        cJSON_AddNumberToObject(document, "repeats", (double)result->repeats) == NULL ||
        cJSON_AddNumberToObject(document, "delay_ms", (double)result->delay_us / 1000.0) == NULL ||
        !add_string_or_null(document, "client_command",
                            result->client_label[0] != '\0' ? result->client_label : NULL)) {
        return false;
    }
    cJSON *clients = cJSON_AddArrayToObject(document, "clients");
    for (size_t i = 0; i < result->column_count; i++) {
        if (!append_number_or_null(clients, true, (double)result->clients[i])) {
            return false;
        }
    }
    cJSON *rows = cJSON_AddArrayToObject(document, "rows");
    for (size_t i = 0; i < result->row_count; i++) {
        if (!add_row(result, &result->rows[i], rows)) {
            return false;
        }
    }
    return clients != NULL && rows != NULL;
}
