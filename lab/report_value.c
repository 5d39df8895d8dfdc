/* SPDX-License-Identifier: MIT */
#include "lab/report_value.h"

#include <string.h>

const cJSON *report_member(const cJSON *object, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNull(member) ? NULL : member;
}

double report_number(const cJSON *object, const char *name)
{
    const cJSON *member = report_member(object, name);

    return cJSON_IsNumber(member) && isfinite(member->valuedouble) ? member->valuedouble : REPORT_UNKNOWN;
}

struct str report_string(const cJSON *object, const char *name)
{
    const cJSON *member = report_member(object, name);

    return str_of(cJSON_IsString(member) ? member->valuestring : NULL);
}

bool report_flag(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(report_member(object, name));
}

struct report_spread report_spread_of(const cJSON *value)
{
    if (cJSON_IsNumber(value)) {
        return (struct report_spread){ value->valuedouble, value->valuedouble, value->valuedouble, false };
    }
    return (struct report_spread){
        .median = report_number(value, "median"),
        .least = report_number(value, "least"),
        .most = report_number(value, "most"),
        .is_lower_bound = report_flag(value, "is_lower_bound"),
    };
}

enum report_kind report_kind_of(const cJSON *document)
{
    struct str kind = report_string(document, "kind");

    for (unsigned i = 0; i < REPORT_KIND_COUNT; i++) {
        if (str_equal(kind, str_of(report_forms[i].name))) {
            return (enum report_kind)i;
        }
    }
    return REPORT_EXPERIMENT;
}
