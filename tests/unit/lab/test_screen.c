/* SPDX-License-Identifier: MIT */
#include "lab/screen.h"

#include <fcntl.h>
#include <pty.h>

#include "tests/support/unit.h"

/* The terminal's end of a pseudo-terminal that is `columns` wide; *ret_master is the other. */
static int open_terminal(unsigned short columns, int *ret_master)
{
    struct winsize size = { .ws_row = 40, .ws_col = columns };
    int terminal = -1;

    assert_int_equal(openpty(ret_master, &terminal, NULL, NULL, &size), 0);
    return terminal;
}

static void screen_of_a_file_is_wide_and_plain(void **state)
{
    int file = open("/dev/null", O_WRONLY);

    (void)state;

    struct screen screen = screen_of(file, NULL, LOG_TEXT);

    assert_int_equal(screen.columns, SCREEN_COLUMNS);
    assert_false(screen.is_coloured);
    assert_true(screen.has_two_sides);
    (void)close(file);
}

static void screen_of_a_terminal_is_as_wide_as_it_and_coloured(void **state)
{
    static const struct {
        const char *name;
        unsigned short columns;
        const char *no_colour;
        enum log_format format;
        unsigned expected_columns;
        bool is_coloured, has_two_sides;
    } rows[] = {
        { "narrow", 80, NULL, LOG_TEXT, 80, true, false },
        { "wide", 200, NULL, LOG_TEXT, 200, true, true },
        { "just wide enough", SCREEN_TWO_SIDES_COLUMNS, "", LOG_TEXT, SCREEN_TWO_SIDES_COLUMNS, true, true },
        { "just too narrow", SCREEN_TWO_SIDES_COLUMNS - 1, "", LOG_TEXT, SCREEN_TWO_SIDES_COLUMNS - 1, true, false },
        { "JSON lines are long", 200, NULL, LOG_JSON, 200, true, false },
        { "NO_COLOR", 200, "1", LOG_TEXT, 200, false, true },
        { "does not know its width", 0, NULL, LOG_TEXT, SCREEN_COLUMNS, true, true },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        int master = -1;
        int terminal = open_terminal(rows[i].columns, &master);

        struct screen screen = screen_of(terminal, rows[i].no_colour, rows[i].format);

        assert_case(rows[i].name, screen.columns == rows[i].expected_columns);
        assert_case(rows[i].name, screen.is_coloured == rows[i].is_coloured);
        assert_case(rows[i].name, screen.has_two_sides == rows[i].has_two_sides);
        (void)close(terminal);
        (void)close(master);
    }
}

static void add_sample(struct buf *text, const struct screen *screen)
{
    screen_add_heading(text, screen);
    screen_add_line(text, screen, JOURNAL_SENDER, STR("2024-04-20 07:59:04,569 - --- task1 Send!!"));
    screen_add_line(text, screen, JOURNAL_GATEWAY, STR("2024-04-20 07:59:04,572 - Received task1 Request!!"));
}

static void screen_with_two_sides_puts_the_gateway_right(void **state)
{
    const struct screen wide = { .columns = 120, .has_two_sides = true };
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, 4096);

    add_sample(&text, &wide);

    assert_text(buf_view(&text), "sender                                                     gateway\n"
                                 "2024-04-20 07:59:04,569 - --- task1 Send!!\n"
                                 "                                                           "
                                 "2024-04-20 07:59:04,572 - Received task1 Request!!\n");
}

static void screen_with_one_side_names_whose_line_it_is(void **state)
{
    const struct screen narrow = { .columns = 80 };
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, 4096);

    add_sample(&text, &narrow);

    assert_text(buf_view(&text), "sender  | 2024-04-20 07:59:04,569 - --- task1 Send!!\n"
                                 "gateway | 2024-04-20 07:59:04,572 - Received task1 Request!!\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(screen_of_a_file_is_wide_and_plain),
        cmocka_unit_test(screen_of_a_terminal_is_as_wide_as_it_and_coloured),
        cmocka_unit_test(screen_with_two_sides_puts_the_gateway_right),
        cmocka_unit_test(screen_with_one_side_names_whose_line_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
