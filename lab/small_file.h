/* SPDX-License-Identifier: MIT */
/*
 * small_file - what the kernel says in its small text files (/proc, /etc/os-release), and the value behind a name.
 *
 * Memory: the caller's.   Threads: any.
 */
#ifndef LAB_SMALL_FILE_H
#define LAB_SMALL_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

/* At most `size` bytes from the file's beginning. A view of `bytes`; empty: it cannot be read. */
struct str small_file_read(const char *path, char *bytes, size_t size);
/* What follows `name` in the first line that begins with it, without the blanks around it; empty: there is none. */
struct str small_file_value(struct str text, struct str name);
/* The same as a number, without what is behind its digits ("12 kB"); 0: there is none. */
uint64_t small_file_number(struct str text, struct str name);

#endif
