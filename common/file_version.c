/* SPDX-License-Identifier: MIT */
#include "common/file_version.h"

#include <sys/stat.h>

struct file_version file_version_of(const char *path)
{
    struct stat status;

    if (stat(path, &status) < 0) {
        return (struct file_version){ .size = -1 };
    }
    return (struct file_version){
        .changed = status.st_mtim, .device = status.st_dev, .number = status.st_ino, .size = status.st_size
    };
}

bool file_version_is_same(struct file_version a, struct file_version b)
{
    return a.changed.tv_sec == b.changed.tv_sec && a.changed.tv_nsec == b.changed.tv_nsec && a.device == b.device &&
           a.number == b.number && a.size == b.size;
}
