/* SPDX-License-Identifier: MIT */
#include "lab/task.h"

#include <ctype.h>

bool task_is_name(struct str text)
{
    if (text.length == 0 || text.length > TASK_NAME_BYTES || text.base[0] == '_') {
        return false;
    }
    if (str_equal(text, STR(".")) || str_equal(text, STR(".."))) {
        return false;
    }
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.base[i];
        bool is_allowed = byte < 0x80 && (isalnum(byte) != 0 || byte == '.' || byte == '_' || byte == '-');
        if (!is_allowed) {
            return false;
        }
    }
    return true;
}

int task_url(const struct url *gateway, struct str task, struct url *ret_url, struct error *allowed)
{
    struct str base = str_of(gateway->path);
    char text[sizeof gateway->authority + 2 * sizeof gateway->path];

    if (str_find(base, '?') < base.length) {
        return error_set(allowed, "a gateway's URL without a query");
    }
    if (base.length > 0 && base.base[base.length - 1] == '/') {
        base.length--;
    }
    task = str_from(task, str_starts_with(task, STR("/")) ? 1 : 0);
    int length = snprintf(text, sizeof text, "%s://%s%.*s/%.*s", gateway->is_tls ? "https" : "http", gateway->authority,
                          STR_ARGUMENTS(base), STR_ARGUMENTS(task));
    if (length < 0 || (size_t)length >= sizeof text) {
        return error_set(allowed, "a shorter path");
    }
    return url_parse(str_of(text), ret_url, allowed);
}
