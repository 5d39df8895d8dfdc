/* SPDX-License-Identifier: MIT */
/*
 * file_version - enough of a file to see later that it is another one, without reading it: replaced, written to, gone.
 *
 *     struct file_version before = file_version_of(path);
 *     …
 *     if (!file_version_is_same(before, file_version_of(path))) ...
 *
 * A file that is written to twice within a tick of the file system's clock (some milliseconds), and is as long as
 * before, looks the same.
 *
 * Memory: none.   Threads: any.   Errors: a file that cannot be looked at is one version, too.
 */
#ifndef COMMON_FILE_VERSION_H
#define COMMON_FILE_VERSION_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct file_version {
    struct timespec changed;
    dev_t device;
    ino_t number;
    off_t size; /* -1: there was none to be looked at */
};

struct file_version file_version_of(const char *path);
bool file_version_is_same(struct file_version a, struct file_version b);

#endif
