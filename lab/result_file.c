/* SPDX-License-Identifier: MIT */
#include "lab/result_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MODE = 0644 };

int result_file_open(struct result_file *file, struct error *error)
{
    if (file->path == NULL) {
        return 0;
    }
    file->descriptor = open(file->path, O_WRONLY | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (file->descriptor < 0) {
        return error_set(error, "--%s=%.300s: cannot write: %s", file->option, file->path, strerror(errno));
    }
    return 0;
}

bool result_file_is_wanted(const struct result_file *file)
{
    return file->descriptor >= 0;
}

int result_file_write(const struct result_file *file, struct str content, struct error *error)
{
    (void)!ftruncate(file->descriptor, 0); /* a pipe cannot be */
    while (content.length > 0) {
        ssize_t count = write(file->descriptor, content.base, content.length);
        if (count < 0 && errno != EINTR) {
            return error_set(error, "%.300s: cannot write: %s", file->path, strerror(errno));
        }
        content = str_from(content, count > 0 ? (size_t)count : 0);
    }
    return 0;
}

void result_file_close(struct result_file *file)
{
    if (file->descriptor >= 0) {
        (void)close(file->descriptor);
    }
    file->descriptor = -1;
}
