/* SPDX-License-Identifier: MIT */
/*
 * result_file - a file that a result is written to, opened before anything is measured: nobody waits a minute to hear
 * that a folder is missing. Its old content stays until there is a new one.
 *
 *     struct result_file json = { .option = "json", .path = parsed.json, .descriptor = -1 };
 *     if (result_file_open(&json, &error) < 0) …
 *     if (result_file_write(&json, buf_view(&text), &error) < 0) …
 *     result_file_close(&json);
 */
#ifndef LAB_RESULT_FILE_H
#define LAB_RESULT_FILE_H

#include <stdbool.h>

#include "common/compiler.h"
#include "common/error.h"
#include "common/str.h"

struct result_file {
    const char *option; /* that named it, for sentences */
    const char *path;   /* NULL: not wanted */
    int descriptor;     /* -1: not open */
};

/* What is not wanted is not opened. 0, or -1 and a sentence. */
int result_file_open(struct result_file *file, struct error *error) must_check;
bool result_file_is_wanted(const struct result_file *file);
/* In place of the old content. 0, or -1 and a sentence. */
int result_file_write(const struct result_file *file, struct str content, struct error *error) must_check;
void result_file_close(struct result_file *file);

#endif
