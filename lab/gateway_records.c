/* SPDX-License-Identifier: MIT */
#include "lab/gateway_records.h"

#include <cjson/cJSON.h>
#include <time.h>

#include "common/clock.h"

enum {
    STAMP_BYTES = 26, /* "2026-11-22T03:13:20.669730" */
    /* How far a record may lie outside of what the sender saw: either may have been made to wait between what it did
     * and its look at the clock. */
    SKEW_US = 250 * 1000,
};

/* Far beyond any experiment, and far from overflowing. */
#define NUMBER_MOST 1e15

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* A count of microseconds, or another whole number; RESULTS_UNKNOWN_US: none that could be. */
static uint64_t number(const cJSON *object, const char *name)
{
    const cJSON *item = member(object, name);

    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > NUMBER_MOST) {
        return RESULTS_UNKNOWN_US;
    }
    return (uint64_t)item->valuedouble;
}

static bool read_digits(struct str text, size_t offset, size_t count, int *ret_value)
{
    uint64_t value = 0;

    if (str_to_number((struct str){ text.base + offset, count }, UINT32_MAX / 2, &value) < 0) {
        return false;
    }
    *ret_value = (int)value;
    return true;
}

/* The instant, UTC, in microseconds since 1970; RESULTS_UNKNOWN_US: it is no stamp of a record. */
static uint64_t read_stamp(struct str text)
{
    struct tm parts = { 0 };
    int microseconds = 0;

    if (text.length < STAMP_BYTES || !read_digits(text, 0, 4, &parts.tm_year) ||
        !read_digits(text, 5, 2, &parts.tm_mon) || !read_digits(text, 8, 2, &parts.tm_mday) ||
        !read_digits(text, 11, 2, &parts.tm_hour) || !read_digits(text, 14, 2, &parts.tm_min) ||
        !read_digits(text, 17, 2, &parts.tm_sec) || !read_digits(text, 20, 6, &microseconds)) {
        return RESULTS_UNKNOWN_US;
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    time_t second = timegm(&parts);
    return second >= 0 ? (uint64_t)second * CLOCK_US_PER_SECOND + (uint64_t)microseconds : RESULTS_UNKNOWN_US;
}

/* "127.0.0.1:55138"; 0: there is no port in it. */
static uint16_t read_port(struct str client)
{
    uint64_t port = 0;
    size_t start = client.length;

    while (start > 0 && client.base[start - 1] != ':') {
        start--;
    }
    return str_to_number(str_from(client, start), UINT16_MAX, &port) == 0 ? (uint16_t)port : 0;
}

static struct task_result *task_of_port(struct mode_result *mode, uint16_t port)
{
    for (size_t i = 0; i < mode->task_count && port != 0; i++) {
        if (mode->tasks[i].port == port) {
            return &mode->tasks[i];
        }
    }
    return NULL;
}

/* An offset of the record, on the experiment's axis. */
static uint64_t on_axis(uint64_t read_us, const cJSON *call, const char *name)
{
    uint64_t offset_us = number(call, name);

    return offset_us != RESULTS_UNKNOWN_US ? read_us + offset_us : RESULTS_UNKNOWN_US;
}

static void keep_call(struct record_times *record, const cJSON *call)
{
    record->has_call = cJSON_IsObject(call);
    record->queued_us = on_axis(record->read_us, call, "queued_us");
    record->started_us = on_axis(record->read_us, call, "started_us");
    record->connected_us = on_axis(record->read_us, call, "connected_us");
    record->sent_us = on_axis(record->read_us, call, "sent_us");
    record->done_us = on_axis(record->read_us, call, "done_us");
}

static void keep_record(struct task_result *task, const cJSON *json, uint64_t origin_wall_us)
{
    uint64_t wall_us = read_stamp(str_of(cJSON_GetStringValue(member(json, "ts"))));
    uint64_t total_us = number(json, "total_us");
    uint64_t earliest_us = origin_wall_us + task->sent_us;
    uint64_t latest_us = origin_wall_us + task->ended_us + SKEW_US;

    if (wall_us == RESULTS_UNKNOWN_US || total_us > wall_us || task->sent_us == RESULTS_UNKNOWN_US) {
        return;
    }
    uint64_t read_wall_us = wall_us - total_us;
    if (read_wall_us + SKEW_US < earliest_us || read_wall_us > latest_us) {
        return;
    }
    task->record = (struct record_times){
        .is_known = true,
        .worker = number(json, "worker"),
        .read_us = read_wall_us > earliest_us ? read_wall_us - origin_wall_us : task->sent_us,
    };
    keep_call(&task->record, cJSON_GetArrayItem(member(json, "calls"), 0));
}

size_t gateway_records_read(struct str json, uint64_t origin_wall_us, struct mode_result *mode)
{
    cJSON *records = cJSON_ParseWithLength(json.base, json.length);
    const cJSON *record = NULL;
    size_t missing_count = 0;

    cJSON_ArrayForEach(record, records)
    {
        uint16_t port = read_port(str_of(cJSON_GetStringValue(member(record, "client"))));
        struct task_result *task = task_of_port(mode, port);
        if (task != NULL) {
            keep_record(task, record, origin_wall_us);
        }
    }
    cJSON_Delete(records);
    for (size_t i = 0; i < mode->task_count; i++) {
        missing_count += mode->tasks[i].status != 0 && !mode->tasks[i].record.is_known;
    }
    return missing_count;
}
