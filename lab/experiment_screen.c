/* SPDX-License-Identifier: MIT */
#include "lab/experiment_screen.h"

enum { HEADING_BYTES = 32 * 1024, LINE_BYTES = 4 * 1024 * 1024 };

static void on_begin(struct audience *audience, const struct experiment_result *plan)
{
    struct experiment_screen *shown = container_of(audience, struct experiment_screen, audience);

    shown->threads = plan->threads;
    shown->blocking = plan->blocking;
}

/* What the mode does, in words. */
static void add_meaning(struct buf *text, const struct experiment_screen *shown, enum mode mode)
{
    switch (mode) {
    case MODE_SYNC:
        (void)buf_add_text(text, "every call blocks the event loop");
        return;
    case MODE_THREADS:
        (void)buf_add_format(text, "blocking calls on a pool of %ld threads", shown->threads);
        return;
    case MODE_MIXED:
        (void)buf_add_format(text, "some calls block the event loop (%s), the others do not", shown->blocking);
        return;
    case MODE_WIRE:
        (void)buf_add_text(text, "no call blocks the event loop, and the gateway speaks HTTP itself");
        return;
    case MODE_ASYNC:
    case MODE_COUNT:
        break;
    }
    (void)buf_add_text(text, "no call blocks the event loop");
}

static void on_pause(struct audience *audience)
{
    struct experiment_screen *shown = container_of(audience, struct experiment_screen, audience);

    (void)fflush(shown->output);
}

static void on_mode(struct audience *audience, const struct mode_result *mode, const struct url *gateway)
{
    struct experiment_screen *shown = container_of(audience, struct experiment_screen, audience);
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, HEADING_BYTES);
    (void)buf_add_format(&text, "\n%s: ", mode_names[mode->mode]);
    add_meaning(&text, shown, mode->mode);
    (void)buf_add_format(&text, "; gateway at %s\n", gateway->authority);
    if (shown->has_lines) {
        screen_add_heading(&text, shown->screen);
    }
    (void)fwrite(text.base, 1, text.length, shown->output);
    on_pause(audience);
}

/* The backend is equally slow in all modes: its lines would only be in the way. */
static void on_line(struct audience *audience, const struct audience_line *line)
{
    struct experiment_screen *shown = container_of(audience, struct experiment_screen, audience);
    cleanup_buf struct buf text = { .base = NULL };

    if (!shown->has_lines || line->side == JOURNAL_BACKEND) {
        return;
    }
    buf_init(&text, LINE_BYTES);
    screen_add_line(&text, shown->screen, line->side, line->text);
    (void)fwrite(text.base, 1, text.length, shown->output);
}

static void on_mode_done(struct audience *audience, const struct mode_result *mode)
{
    (void)audience;
    (void)mode;
}

void experiment_screen_init(struct experiment_screen *shown)
{
    shown->audience = (struct audience){
        .on_begin = on_begin,
        .on_mode = on_mode,
        .on_line = on_line,
        .on_pause = on_pause,
        .on_mode_done = on_mode_done,
    };
}
