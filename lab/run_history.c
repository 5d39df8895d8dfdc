/* SPDX-License-Identifier: MIT */
#include "lab/run_history.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"

enum { STAMP_BYTES = 32 };

void run_history_add(struct run_history *history, struct run *run)
{
    if (history->count == RUN_HISTORY_MOST) {
        run_free(history->runs[RUN_HISTORY_MOST - 1]);
        history->count--;
    }
    memmove(history->runs + 1, history->runs, history->count * sizeof history->runs[0]);
    history->runs[0] = run;
    history->count++;
}

struct run *run_history_find(const struct run_history *history, uint64_t number)
{
    for (size_t i = 0; i < history->count; i++) {
        if (history->runs[i]->number == number) {
            return history->runs[i];
        }
    }
    return NULL;
}

struct run *run_history_current(const struct run_history *history)
{
    return history->count > 0 && history->runs[0]->state == RUN_UNDER_WAY ? history->runs[0] : NULL;
}

static void add_run(const struct run *run, struct buf *text)
{
    char stamp[STAMP_BYTES] = "";
    struct tm broken_down;
    time_t second = (time_t)(run->started_us / CLOCK_US_PER_SECOND);

    if (gmtime_r(&second, &broken_down) != NULL) {
        (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &broken_down);
    }
    (void)buf_add_format(text, "{\"run\":\"%llu\",\"kind\":\"%s\",\"state\":\"%s\",\"started_at\":\"%s\"}",
                         (unsigned long long)run->number, run_kind_names[run->kind], run_state_names[run->state],
                         stamp);
}

int run_history_add_json(const struct run_history *history, struct buf *text)
{
    const struct run *current = run_history_current(history);

    if (current != NULL) {
        (void)buf_add_format(text, "\"current\":\"%llu\",\"runs\":[", (unsigned long long)current->number);
    } else {
        (void)buf_add_text(text, "\"current\":null,\"runs\":[");
    }
    for (size_t i = 0; i < history->count; i++) {
        if (i > 0) {
            (void)buf_add_byte(text, ',');
        }
        add_run(history->runs[i], text);
    }
    (void)buf_add_byte(text, ']');
    return text->failed ? -ENOBUFS : 0;
}

void run_history_clear(struct run_history *history)
{
    for (size_t i = 0; i < history->count; i++) {
        run_free(history->runs[i]);
    }
    *history = (struct run_history){ .count = 0 };
}
