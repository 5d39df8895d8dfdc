/* SPDX-License-Identifier: MIT */
#include "gateway/unheard.h"

#include "common/clock.h"
#include "gateway/record_line.h"

static struct str or_dash(struct str text)
{
    return text.length > 0 ? text : STR("-");
}

void unheard_record(struct request_host *host, const struct http_refusal *refusal)
{
    const struct config *config = host->worker_config->config;
    char id[TRACE_ID_LENGTH + 1];
    struct record record = {
        .finished_wall_us = clock_wall_us(),
        .route = STR(""),
        .method = or_dash(refusal->method),
        .target = or_dash(refusal->target),
        .client = refusal->client,
        .worker = host->worker_index,
        .mode = config->settings.mode,
        .status = refusal->status,
        .account = { .head_read_us = refusal->begun_us, .done_us = clock_monotonic_us() },
    };

    trace_random_hex(host->random, id, TRACE_ID_LENGTH);
    record.request_id = str_of(id);
    metrics_count_request(host->metrics, &(struct metrics_request){
                                             .route = record.route,
                                             .mode = str_of(mode_names[record.mode]),
                                             .status = record.status,
                                             .duration_us = record.account.done_us - record.account.head_read_us,
                                         });
    account_feed_add(&host->feed, &record);
    record_line_write(host->log, &record, or_dash(refusal->protocol));
}
