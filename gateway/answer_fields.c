/* SPDX-License-Identifier: MIT */
#include "gateway/answer_fields.h"

#include <errno.h>

enum { OWN_FIELDS_MAXIMUM = 8 };

static struct http_field *put_field(struct http_field *place, const char *name, const char *value)
{
    if (value == NULL) {
        return place;
    }
    *place = (struct http_field){ name, value };
    return place + 1;
}

/* RFC 9209 §2: who saw it, its name for what happened, and the status behind http_response_status (§2.1.2). */
static const char *proxy_status(struct arena *arena, const struct call_account *failed)
{
    const char *error = call_error_name(failed->error);

    if (failed->error == CALL_HTTP_RESPONSE_STATUS && failed->status != 0) {
        return arena_format(arena, "fanlight; error=%s; received-status=%u", error, failed->status);
    }
    return arena_format(arena, "fanlight; error=%s", error);
}

/* NULL: the arena is full. */
static struct http_field *find_room(struct arena *arena, struct answer_fields *fields, size_t more_count)
{
    if (more_count + OWN_FIELDS_MAXIMUM <= ANSWER_FIELDS_OWN) {
        return fields->own;
    }
    return arena_allocate_array(arena, more_count + (size_t)OWN_FIELDS_MAXIMUM, sizeof fields->own[0]);
}

int answer_fields_build(struct arena *arena, const struct answer_facts *facts, struct answer_fields *ret_fields)
{
    bool has_failed = facts->failed != NULL && facts->failed->error != CALL_OK;
    const char *status = has_failed ? proxy_status(arena, facts->failed) : NULL;
    struct http_field *fields = find_room(arena, ret_fields, facts->more_count);

    if (fields == NULL || (has_failed && status == NULL) ||
        !account_put_server_timing(facts->account, ret_fields->server_timing)) {
        return -ENOMEM;
    }
    struct http_field *end = fields;
    for (size_t i = 0; i < facts->more_count; i++) {
        end = put_field(end, facts->more[i].name, facts->more[i].value);
    }
    end = put_field(end, "Content-Type", facts->content_type);
    end = put_field(end, "Server-Timing", ret_fields->server_timing);
    end = put_field(end, "Fanlight-Complete", facts->is_complete ? "true" : "false");
    end = put_field(end, "Fanlight-Mode", facts->mode);
    end = put_field(end, "X-Request-Id", facts->request_id);
    end = put_field(end, "Allow", facts->allow);
    end = put_field(end, "Retry-After", facts->retry_after);
    end = put_field(end, "Proxy-Status", status);
    ret_fields->fields = fields;
    ret_fields->count = (size_t)(end - fields);
    return 0;
}
