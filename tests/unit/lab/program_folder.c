/* SPDX-License-Identifier: MIT */
#include "tests/unit/lab/program_folder.h"

#include <dirent.h>
#include <sys/stat.h>

#include "tests/support/unit.h"

enum { PATH_BYTES = 512 };

static void path_of(const struct program_folder *folder, const char *name, char path[PATH_BYTES])
{
    (void)snprintf(path, PATH_BYTES, "%s/%s", folder->path, name);
}

void program_folder_open(struct program_folder *folder)
{
    *folder = (struct program_folder){ .path = "/tmp/fanlight-programs-XXXXXX" };
    assert_non_null(mkdtemp(folder->path));
    (void)snprintf(folder->own_path, sizeof folder->own_path, "%s/lab", folder->path);
}

void program_folder_close(const struct program_folder *folder)
{
    DIR *directory = opendir(folder->path);
    const struct dirent *entry;

    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] != '.') {
            program_folder_remove(folder, entry->d_name);
        }
    }
    (void)closedir(directory);
    assert_int_equal(rmdir(folder->path), 0);
}

void program_folder_write(const struct program_folder *folder, const char *name, const char *script)
{
    char path[PATH_BYTES];

    path_of(folder, name, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(file, "#!/bin/sh\n%s\n", script);
    (void)fclose(file);
    assert_int_equal(chmod(path, 0755), 0);
}

void program_folder_remove(const struct program_folder *folder, const char *name)
{
    char path[PATH_BYTES];

    path_of(folder, name, path);
    (void)unlink(path);
}

void program_folder_read(const struct program_folder *folder, const char *name, char *text, size_t size)
{
    char path[PATH_BYTES];

    path_of(folder, name, path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    (void)fclose(file);
}

char *const *program_folder_environment(void)
{
    static char path[] = "PATH=/usr/bin:/bin";
    static char *const environment[] = { path, NULL };

    return environment;
}
