/* SPDX-License-Identifier: MIT */
#include "gateway/record.h"

#include <errno.h>

#include "common/access_log.h"
#include "gateway/mode.h"

enum { PART_BYTES_AT_MOST = 1024 * 1024, UNPACKED_BYTES_AT_MOST = 1024 * 1024 };

void record_add_members(const struct record *record, struct buf *json)
{
    (void)buf_add_text(json, ",\"request_id\":\"");
    (void)buf_add_str(json, record->request_id);
    (void)buf_add_text(json, "\",\"worker\":");
    (void)buf_add_number(json, record->worker);
    (void)buf_add_text(json, ",\"mode\":\"");
    (void)buf_add_text(json, mode_names[record->mode]);
    (void)buf_add_text(json, "\",\"route\":");
    (void)buf_add_json_string(json, record->route);
}

static struct access_entry entry_of(const struct record *record, struct str members)
{
    return (struct access_entry){
        .method = record->method,
        .target = record->target,
        .client = record->client,
        .status = record->status,
        .members = members,
    };
}

int record_render_json(const struct record *record, struct time_stamp *stamp, struct buf *json)
{
    cleanup_buf struct buf members;
    cleanup_buf struct buf times;

    buf_init(&members, PART_BYTES_AT_MOST);
    buf_init(&times, PART_BYTES_AT_MOST);
    record_add_members(record, &members);
    if (record->refused_for != CALL_OK) {
        (void)buf_add_format(&times, ",\"error\":\"%s\"", call_error_name(record->refused_for));
    }
    (void)account_render_json(&record->account, &times);
    struct access_entry entry = entry_of(record, buf_view(&members));
    access_log_render_done(stamp, record->finished_wall_us, &entry, buf_view(&times), json);
    json->failed = json->failed || members.failed || times.failed;
    return json->failed ? -ENOBUFS : 0;
}

int record_render_packed(struct str packed, struct time_stamp *stamp, struct buf *json)
{
    struct arena arena;
    struct record record;

    arena_init(&arena, UNPACKED_BYTES_AT_MOST);
    int result = record_unpack(packed, &arena, &record);
    if (result == 0) {
        result = record_render_json(&record, stamp, json);
    }
    arena_clear(&arena);
    return result;
}
