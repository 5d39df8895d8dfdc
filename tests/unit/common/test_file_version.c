/* SPDX-License-Identifier: MIT */
#include "common/file_version.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/unit.h"

enum { PATH_BYTES = 64 };

struct folder {
    char name[PATH_BYTES];
    char file[2 * PATH_BYTES]; /* in it, with two bytes, and a time long ago */
    char other[2 * PATH_BYTES];
};

static const struct timespec long_ago[2] = { { .tv_sec = 1000000000, .tv_nsec = 5 },
                                             { .tv_sec = 1000000000, .tv_nsec = 5 } };

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
}

static int make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);

    assert_non_null(folder);
    (void)snprintf(folder->name, sizeof folder->name, "/tmp/file_version.XXXXXX");
    assert_non_null(mkdtemp(folder->name));
    (void)snprintf(folder->file, sizeof folder->file, "%s/file", folder->name);
    (void)snprintf(folder->other, sizeof folder->other, "%s/other", folder->name);
    write_file(folder->file, "ab");
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;

    (void)unlink(folder->file);
    (void)unlink(folder->other);
    (void)rmdir(folder->name);
    free(folder);
    return 0;
}

static void a_file_that_nobody_touched_is_the_same(void **state)
{
    const struct folder *folder = *state;
    struct file_version before = file_version_of(folder->file);

    assert_true(before.size == 2);
    assert_true(file_version_is_same(before, file_version_of(folder->file)));
}

/* Size and time are the same. */
static void a_file_that_took_anothers_place_is_another(void **state)
{
    const struct folder *folder = *state;
    struct file_version before = file_version_of(folder->file);
    write_file(folder->other, "cd");

    assert_int_equal(rename(folder->other, folder->file), 0);

    assert_false(file_version_is_same(before, file_version_of(folder->file)));
}

/* The time is the same. */
static void a_file_that_has_grown_is_another(void **state)
{
    const struct folder *folder = *state;
    struct file_version before = file_version_of(folder->file);

    write_file(folder->file, "abc");

    assert_false(file_version_is_same(before, file_version_of(folder->file)));
}

/* The size is the same; by a second, and by a nanosecond. */
static void a_file_that_was_written_at_another_time_is_another(void **state)
{
    const struct folder *folder = *state;
    const struct timespec times[] = { { .tv_sec = 1000000001, .tv_nsec = 5 }, { .tv_sec = 1000000000, .tv_nsec = 6 } };
    struct file_version before = file_version_of(folder->file);

    for (size_t i = 0; i < array_length(times); i++) {
        assert_int_equal(utimensat(AT_FDCWD, folder->file, (const struct timespec[]){ times[i], times[i] }, 0), 0);
        assert_false(file_version_is_same(before, file_version_of(folder->file)));
    }
}

static void a_file_that_is_gone_is_another_and_stays_the_same_while_it_is_gone(void **state)
{
    const struct folder *folder = *state;
    struct file_version before = file_version_of(folder->file);
    assert_int_equal(unlink(folder->file), 0);

    struct file_version gone = file_version_of(folder->file);

    assert_false(file_version_is_same(before, gone));
    assert_true(file_version_is_same(gone, file_version_of(folder->file)));
}

static void a_file_that_came_to_be_empty_is_another_than_none(void **state)
{
    const struct folder *folder = *state;
    struct file_version none = file_version_of(folder->other);

    write_file(folder->other, "");

    assert_true(none.size == -1);
    assert_false(file_version_is_same(none, file_version_of(folder->other)));
}

#define folder_test(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(a_file_that_nobody_touched_is_the_same),
        folder_test(a_file_that_took_anothers_place_is_another),
        folder_test(a_file_that_has_grown_is_another),
        folder_test(a_file_that_was_written_at_another_time_is_another),
        folder_test(a_file_that_is_gone_is_another_and_stays_the_same_while_it_is_gone),
        folder_test(a_file_that_came_to_be_empty_is_another_than_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
