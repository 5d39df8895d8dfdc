/* SPDX-License-Identifier: MIT */
#include "gateway/answer_fields.h"

#include <errno.h>

/* Room for 32 calls with names of 64 bytes, the number of an element and durations of 14 digits; see
 * account_render_server_timing(). */
enum { OWN_FIELDS_MAXIMUM = 10, SERVER_TIMING_BYTES = 3 * 1024 };

static void add(struct answer_fields *fields, const char *name, const char *value)
{
    if (value != NULL) {
        fields->fields[fields->count++] = (struct http_field){ name, value };
    }
}

static const char *server_timing(struct arena *arena, const struct account *account)
{
    cleanup_buf struct buf value;

    buf_init(&value, SERVER_TIMING_BYTES);
    return account_render_server_timing(account, &value) < 0 ? NULL : arena_copy(arena, buf_view(&value));
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

int answer_fields_build(struct arena *arena, const struct answer_facts *facts, struct answer_fields *ret_fields)
{
    bool has_failed = facts->failed != NULL && facts->failed->error != CALL_OK;
    const char *timing = server_timing(arena, facts->account);
    const char *status = has_failed ? proxy_status(arena, facts->failed) : NULL;

    if (timing == NULL || (has_failed && status == NULL)) {
        return -ENOMEM;
    }
    struct http_field *fields =
        arena_allocate_array(arena, facts->more_count + (size_t)OWN_FIELDS_MAXIMUM, sizeof fields[0]);
    if (fields == NULL) {
        return -ENOMEM;
    }
    *ret_fields = (struct answer_fields){ fields, 0 };
    for (size_t i = 0; i < facts->more_count; i++) {
        add(ret_fields, facts->more[i].name, facts->more[i].value);
    }
    add(ret_fields, "Content-Type", facts->content_type);
    add(ret_fields, "Server-Timing", timing);
    add(ret_fields, "Fanlight-Complete", facts->is_complete ? "true" : "false");
    add(ret_fields, "Fanlight-Mode", facts->mode);
    add(ret_fields, "X-Request-Id", facts->request_id);
    add(ret_fields, "Allow", facts->allow);
    add(ret_fields, "Retry-After", facts->retry_after);
    add(ret_fields, "Proxy-Status", status);
    return 0;
}
