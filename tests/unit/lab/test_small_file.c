/* SPDX-License-Identifier: MIT */
#include "lab/small_file.h"

#include "tests/support/unit.h"
#include "tests/unit/lab/program_folder.h"

static const char status[] = "Name:\tlab\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t1\nempty:\nVmRSS:\t7 kB";

static void small_file_finds_the_value_behind_a_name(void **state)
{
    static const struct {
        const char *name, *value;
        uint64_t number;
    } rows[] = {
        { "VmRSS:", "1024 kB", 1024 }, { "Threads:", "1", 1 }, { "Name:", "lab", 0 },
        { "empty:", "", 0 },           { "RSS:", "", 0 },      { "VmRSS: ", "", 0 },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct str name = str_of(rows[i].name);

        assert_case(rows[i].name, str_equal(small_file_value(str_of(status), name), str_of(rows[i].value)));
        assert_case(rows[i].name, small_file_number(str_of(status), name) == rows[i].number);
    }
}

static void small_file_number_that_is_too_large_counts_as_none(void **state)
{
    (void)state;
    assert_int_equal(small_file_number(STR("a: 18446744073709551616"), STR("a:")), 0);
    assert_true(small_file_number(STR("a: 18446744073709551615"), STR("a:")) == UINT64_MAX);
}

static void small_file_is_read_up_to_the_room_there_is(void **state)
{
    struct program_folder folder;
    char path[256];
    char bytes[64];

    (void)state;
    program_folder_open(&folder);
    program_folder_write(&folder, "file", "echo");
    (void)snprintf(path, sizeof path, "%s/file", folder.path);

    assert_text(small_file_read(path, bytes, sizeof bytes), "#!/bin/sh\necho\n");
    assert_text(small_file_read(path, bytes, 9), "#!/bin/sh");
    program_folder_close(&folder);
}

static void small_file_that_is_not_there_is_empty(void **state)
{
    char bytes[16];

    (void)state;
    assert_text(small_file_read("/proc/no-such-file", bytes, sizeof bytes), "");
    assert_text(small_file_read("/proc", bytes, sizeof bytes), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_file_finds_the_value_behind_a_name),
        cmocka_unit_test(small_file_number_that_is_too_large_counts_as_none),
        cmocka_unit_test(small_file_is_read_up_to_the_room_there_is),
        cmocka_unit_test(small_file_that_is_not_there_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
