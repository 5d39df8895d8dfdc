/* SPDX-License-Identifier: MIT */
/*
 * program_folder - a folder with shell scripts in place of our programs, for whoever starts what stands beside it.
 *
 * Memory: fixed; program_folder_close() removes folder and files.
 */
#ifndef TESTS_UNIT_LAB_PROGRAM_FOLDER_H
#define TESTS_UNIT_LAB_PROGRAM_FOLDER_H

#include <stddef.h>

struct program_folder {
    char path[64];
    char own_path[128]; /* of the program that is to find the others there: "…/lab" */
};

/* A script that says that it listens, and does not: its own arguments are in "$@". */
#define PROGRAM_READY "echo 'starting'; echo \"- listening on 127.0.0.1:1234\"; exec sleep 60"

void program_folder_open(struct program_folder *folder);
void program_folder_close(const struct program_folder *folder);
void program_folder_write(const struct program_folder *folder, const char *name, const char *script);
void program_folder_remove(const struct program_folder *folder, const char *name);
/* Reads a small file in it as a string. */
void program_folder_read(const struct program_folder *folder, const char *name, char *text, size_t size);
/* PATH and nothing else. */
char *const *program_folder_environment(void);

#endif
