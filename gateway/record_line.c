/* SPDX-License-Identifier: MIT */
#include "gateway/record_line.h"

#include "common/access_log.h"

void record_line_write(struct log *log, const struct record *record, struct str protocol)
{
    if (!log_wants(log, LOG_INFO)) {
        return;
    }
    if (log->sink->format == LOG_JSON) {
        (void)record_render_json(record, &log->utc, log_begin_bare(log));
        log_end(log);
        return;
    }
    struct access_entry entry = {
        .method = record->method,
        .target = record->target,
        .protocol = protocol,
        .client = record->client,
        .status = record->status,
    };
    access_log_done(log, &entry, STR(""));
}
