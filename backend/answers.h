/* SPDX-License-Identifier: MIT */
/*
 * answers - what is answered where, read from a file once at start:
 *
 *     { "/users/7": {"id": 9007199254740993, "name": "Ada"}, "/orders": [], "/items/1*": {"price": 1.10} }
 *
 * One JSON object: each member's name is a path, its value the body for that path, byte for byte as the file has it. A
 * name that ends in an asterisk stands for all paths that begin with what is in front of it; a path itself goes before
 * that, and the longest such beginning before a shorter one. Names are paths as requests have them: visible ASCII,
 * percent-encoded, without a query.
 *
 *     struct answers *answers = answers_load(path, &error);
 *     struct str body = answers_find(answers, STR("/users/7"));
 *
 * Memory: the file's text and an index of it, until answers_free(); views from it live as long.   Threads: read by all.
 */
#ifndef BACKEND_ANSWERS_H
#define BACKEND_ANSWERS_H

#include "common/compiler.h"
#include "common/error.h"
#include "common/str.h"

enum { ANSWERS_FILE_BYTES = 16 * 1024 * 1024 };

struct answers;

/* NULL: it cannot be read, is too large or not of that form; the sentence names the file, and line and column where
 * there are some ("answers.json:3:14: …"). */
struct answers *answers_load(const char *path, struct error *error) must_check;
/* The same with the text at hand, which is copied; the sentence begins with `name`. */
struct answers *answers_read(const char *name, struct str text, struct error *error) must_check;
/* NULL is fine. */
void answers_free(struct answers *answers);

/* `path` is raw and without the query. base is NULL if nothing is answered there. */
struct str answers_find(const struct answers *answers, struct str path);

#endif
