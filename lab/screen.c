/* SPDX-License-Identifier: MIT */
#include "lab/screen.h"

#include <sys/ioctl.h>

#include "lab/printable.h"

static const char *const side_names[JOURNAL_SIDE_COUNT] = {
    [JOURNAL_SENDER] = "sender",
    [JOURNAL_GATEWAY] = "gateway",
    [JOURNAL_BACKEND] = "backend",
};

static unsigned columns_of(int descriptor)
{
    struct winsize size = { .ws_col = 0 };
    bool is_known = ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;

    return is_known ? size.ws_col : SCREEN_COLUMNS;
}

struct screen screen_of(int descriptor, const char *no_colour, enum log_format format)
{
    bool is_terminal = isatty(descriptor) != 0;
    unsigned columns = is_terminal ? columns_of(descriptor) : SCREEN_COLUMNS;

    return (struct screen){
        .columns = columns,
        .is_coloured = is_terminal && (no_colour == NULL || no_colour[0] == '\0'),
        .has_two_sides = columns >= SCREEN_TWO_SIDES_COLUMNS && format == LOG_TEXT,
    };
}

void screen_add_heading(struct buf *text, const struct screen *screen)
{
    if (screen->has_two_sides) {
        (void)buf_add_format(text, "%-*s%s\n", SCREEN_RIGHT_COLUMN, side_names[JOURNAL_SENDER],
                             side_names[JOURNAL_GATEWAY]);
    }
}

void screen_add_line(struct buf *text, const struct screen *screen, enum journal_side side, struct str line)
{
    if (!screen->has_two_sides) {
        (void)buf_add_format(text, "%-7s | ", side_names[side]);
    } else if (side == JOURNAL_GATEWAY) {
        (void)buf_add_format(text, "%*s", SCREEN_RIGHT_COLUMN, "");
    }
    (void)printable_add(text, line);
    (void)buf_add_byte(text, '\n');
}
