/* SPDX-License-Identifier: MIT */
#include "common/complain.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/unit.h"

enum { SAID_BYTES = 512 * 1024 };

/* What standard error gets to hear of it; to be freed. */
static char *said(struct str sentence)
{
    char *text = calloc(1, SAID_BYTES);
    int file = memfd_create("said", MFD_CLOEXEC);
    int before = dup(STDERR_FILENO);

    assert_true(text != NULL && file >= 0 && before >= 0);
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    complain("program", sentence);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    assert_true(pread(file, text, SAID_BYTES - 1, 0) >= 0);
    (void)close(before);
    (void)close(file);
    return text;
}

static void complain_writes_one_line_with_the_programs_name(void **state)
{
    cleanup_free char *line = said(STR("unknown option --x; gr\xc3\xbc\xc3\x9f \"a\\\\b\""));
    (void)state;
    assert_string_equal(line, "program: unknown option --x; gr\xc3\xbc\xc3\x9f \"a\\\\b\"\n");
}

static void complain_shows_a_terminal_nothing_it_would_obey(void **state)
{
    cleanup_free char *line = said(STR("a\x1b[2J\n\r\0\x7f\xc2\x9b\xff\xe2\x80\xae\xe2\x80\xac z"));
    (void)state;
    assert_string_equal(line,
                        "program: a\\x1B[2J\\x0A\\x0D\\x00\\x7F\\xC2\\x9B\\xFF\\xE2\\x80\\xAE\\xE2\\x80\\xAC z\n");
}

static void complain_cuts_what_is_far_too_long_and_ends_the_line(void **state)
{
    enum { LONG_BYTES = 300 * 1024 };
    cleanup_free char *sentence = calloc(1, LONG_BYTES);
    (void)state;
    assert_non_null(sentence);
    memset(sentence, 'a', LONG_BYTES);

    cleanup_free char *line = said((struct str){ sentence, LONG_BYTES });

    size_t length = strlen(line);
    assert_in_range(length, 200 * 1024, LONG_BYTES);
    assert_int_equal(line[length - 1], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complain_writes_one_line_with_the_programs_name),
        cmocka_unit_test(complain_shows_a_terminal_nothing_it_would_obey),
        cmocka_unit_test(complain_cuts_what_is_far_too_long_and_ends_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
