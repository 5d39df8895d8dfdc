/* SPDX-License-Identifier: MIT */
#include "lab/sweep_progress.h"

#include "common/clock.h"

enum { BAR_COLUMNS = 24, LINE_BYTES = 512, DESCRIPTION_BYTES = 384, SECONDS_A_MINUTE = 60, MINUTES_AN_HOUR = 60 };

void sweep_progress_add_duration(struct buf *text, uint64_t duration_us)
{
    uint64_t seconds = (duration_us + CLOCK_US_PER_SECOND / 2) / CLOCK_US_PER_SECOND;
    uint64_t minutes = seconds / SECONDS_A_MINUTE;

    if (minutes >= MINUTES_AN_HOUR) {
        (void)buf_add_format(text, "%llu h %llu min", (unsigned long long)(minutes / MINUTES_AN_HOUR),
                             (unsigned long long)(minutes % MINUTES_AN_HOUR));
    } else if (minutes > 0) {
        (void)buf_add_format(text, "%llu min %llu s", (unsigned long long)minutes,
                             (unsigned long long)(seconds % SECONDS_A_MINUTE));
    } else {
        (void)buf_add_format(text, "%llu s", (unsigned long long)seconds);
    }
}

static void add_bar(struct buf *line, const struct sweep_position *position)
{
    size_t filled = position->of > 0 ? position->done * BAR_COLUMNS / position->of : 0;

    (void)buf_add_byte(line, '[');
    for (size_t i = 0; i < BAR_COLUMNS; i++) {
        (void)buf_add_byte(line, i < filled ? '#' : '.');
    }
    (void)buf_add_text(line, "] ");
}

void sweep_progress_add(struct buf *line, const struct sweep_position *position, unsigned columns)
{
    char description[DESCRIPTION_BYTES];
    cleanup_buf struct buf words = { .base = NULL };

    buf_init(&words, LINE_BYTES);
    sweep_point_describe(&position->plan->points[position->turn.point], description, sizeof description);
    (void)buf_add_format(&words, "%3zu %%  ", position->of > 0 ? position->done * 100 / position->of : 0);
    sweep_progress_add_duration(&words, position->left_us);
    (void)buf_add_format(&words, " left  %s  round %u of %u", description, position->turn.repeat + 1,
                         position->plan->settings.repeats);
    if (words.length + BAR_COLUMNS + 3 <= columns) {
        add_bar(line, position);
    }
    struct str shown = buf_view(&words);
    shown.length = shown.length < columns ? shown.length : columns;
    (void)buf_add_str(line, shown);
}
