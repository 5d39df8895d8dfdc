/* SPDX-License-Identifier: MIT */
#include "lab/result_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/unit.h"

static void read_all(const char *path, char *text, size_t size)
{
    int descriptor = open(path, O_RDONLY);

    assert_true(descriptor >= 0);
    ssize_t count = read(descriptor, text, size - 1);
    assert_true(count >= 0);
    text[count] = '\0';
    (void)close(descriptor);
}

static void result_file_keeps_the_old_content_until_there_is_a_new_one(void **state)
{
    char path[] = "/tmp/fanlight-result-XXXXXX";
    char text[64];
    struct error error;
    int made = mkstemp(path);
    struct result_file file = { .option = "json", .path = path, .descriptor = -1 };

    (void)state;
    assert_int_equal(write(made, "what was there", 14), 14);
    (void)close(made);

    assert_int_equal(result_file_open(&file, &error), 0);
    assert_true(result_file_is_wanted(&file));
    read_all(path, text, sizeof text);
    assert_string_equal(text, "what was there");
    assert_int_equal(result_file_write(&file, STR("new"), &error), 0);
    result_file_close(&file);

    read_all(path, text, sizeof text);
    assert_string_equal(text, "new");
    (void)unlink(path);
}

static void result_file_that_is_not_wanted_is_not_opened(void **state)
{
    struct result_file file = { .option = "json", .path = NULL, .descriptor = -1 };
    struct error error;

    (void)state;

    assert_int_equal(result_file_open(&file, &error), 0);

    assert_false(result_file_is_wanted(&file));
    result_file_close(&file);
}

static void result_file_says_which_option_named_a_place_that_cannot_be_written(void **state)
{
    struct result_file file = { .option = "json", .path = "/nonexistent/file", .descriptor = -1 };
    struct error error;

    (void)state;

    assert_int_equal(result_file_open(&file, &error), -1);

    assert_string_equal(error.text, "--json=/nonexistent/file: cannot write: No such file or directory");
}

static void result_file_tells_when_the_disk_is_full(void **state)
{
    struct result_file file = { .option = "svg", .path = "/dev/full", .descriptor = -1 };
    struct error error;

    (void)state;
    assert_int_equal(result_file_open(&file, &error), 0);

    assert_int_equal(result_file_write(&file, STR("new"), &error), -1);

    assert_string_equal(error.text, "/dev/full: cannot write: No space left on device");
    result_file_close(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(result_file_keeps_the_old_content_until_there_is_a_new_one),
        cmocka_unit_test(result_file_that_is_not_wanted_is_not_opened),
        cmocka_unit_test(result_file_says_which_option_named_a_place_that_cannot_be_written),
        cmocka_unit_test(result_file_tells_when_the_disk_is_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
