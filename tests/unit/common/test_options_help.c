/* SPDX-License-Identifier: MIT */
/*
 * What --help and --version print.
 */
#include "common/options.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/unit.h"
#include "tests/unit/common/options_fixture.h"

/* Runs with standard output in a file, whose content is returned. */
static enum options_result run_and_capture(struct run *run, char *output, size_t size)
{
    cleanup_close int file = memfd_create("stdout", MFD_CLOEXEC);
    cleanup_close int saved = dup(STDOUT_FILENO);
    assert_true(file >= 0 && saved >= 0);
    (void)fflush(stdout);
    assert_true(dup2(file, STDOUT_FILENO) >= 0);

    enum options_result result = run_as(&program, run);

    (void)fflush(stdout);
    assert_true(dup2(saved, STDOUT_FILENO) >= 0);
    ssize_t count = pread(file, output, size - 1, 0);
    assert_true(count >= 0);
    output[count] = '\0';
    return result;
}

static void options_print_the_version_and_the_libraries(void **state)
{
    struct run run = with("--version", NULL, NULL);
    char output[4096];
    (void)state;

    enum options_result result = run_and_capture(&run, output, sizeof output);

    assert_int_equal(result, OPTIONS_DONE);
    assert_string_equal(output, "fanlight-gateway " FANLIGHT_VERSION " (libmicrohttpd 0.9.75, libcurl 7.88.1)\n");
}

static void options_print_help_whatever_else_is_wrong(void **state)
{
    struct run run = with_variable("FANLIGHT_DELAY=bad", "--bogus");
    char output[4096];
    (void)state;
    run.arguments[2] = (char *)(uintptr_t) "--help";

    enum options_result result = run_and_capture(&run, output, sizeof output);

    assert_int_equal(result, OPTIONS_DONE);
    assert_memory_equal(output, "Usage: gateway [OPTIONS]\n", 25);
}

static void options_help_is_aligned_and_complete(void **state)
{
    cleanup_buf struct buf help;
    (void)state;
    buf_init(&help, 65536);

    options_add_help(&program, &help);

    assert_text(buf_view(&help),
                "Usage: gateway [OPTIONS]\n"
                "\n"
                "A fan-out gateway.\n"
                "\n"
                "Options:\n"
                "  --listen=HOST:PORT        where to listen\n"
                "                            [default: 127.0.0.1:8080; environment: FANLIGHT_LISTEN]\n"
                "  --backend=URL             the slow service that is called for every task, and\n"
                "                            some more words so that the line has to be broken\n"
                "                            [default: http://127.0.0.1:9000; environment: FANLIGHT_BACKEND]\n"
                "  --delay=DURATION          how long to wait\n"
                "                            [default: 10s; environment: FANLIGHT_DELAY]\n"
                "  --workers=N               threads with an event loop each\n"
                "                            [default: 1; environment: FANLIGHT_WORKERS]\n"
                "  --allow-mode-override     let requests choose\n"
                "                            [environment: FANLIGHT_ALLOW_MODE_OVERRIDE]\n"
                "  --mode=sync|async|mixed|threads\n"
                "                            how calls are made\n"
                "                            [default: async; environment: FANLIGHT_MODE]\n"
                "  --blocking=NAMES          calls that block\n"
                "                            [environment: FANLIGHT_BLOCKING]\n"
                "  --log-format=text|json    form of the log lines\n"
                "                            [default: text; environment: FANLIGHT_LOG_FORMAT]\n"
                "  --log-level=error|warn|info|debug\n"
                "                            least important lines to print; request lines are\n"
                "                            info\n"
                "                            [default: info; environment: FANLIGHT_LOG_LEVEL]\n"
                "  --help                    print this and end\n"
                "  --version                 print the versions of the program and its libraries\n"
                "                            and end\n");
}

static void options_help_ends_with_the_epilogue(void **state)
{
    const struct options_program small = { .synopsis = "s", .summary = "t", .epilogue = "Examples: none." };
    cleanup_buf struct buf help;
    (void)state;
    buf_init(&help, 65536);

    options_add_help(&small, &help);

    assert_non_null(strstr(buf_add_byte(&help, '\0') == 0 ? help.base : "", "and end\n\nExamples: none.\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_print_the_version_and_the_libraries),
        cmocka_unit_test(options_print_help_whatever_else_is_wrong),
        cmocka_unit_test(options_help_is_aligned_and_complete),
        cmocka_unit_test(options_help_ends_with_the_epilogue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
