/* SPDX-License-Identifier: MIT */
/*
 * assets - the files of the page, embedded in the program at build time.
 *
 * Ours come from lab/web/, as lab/CMakeLists.txt lists them; "/chart.js" is Chart.js from where Debian's libjs-chart.js
 * puts it, with its licence in front (docs/decisions/0019). lab/assets.cmake makes the table.
 *
 * Memory: constant; a NUL stands behind each content, and is no part of it.   Threads: any.
 */
#ifndef LAB_ASSETS_H
#define LAB_ASSETS_H

#include <stddef.h>

#include "common/str.h"

/* The assembler lays this out, too (lab/assets.S.in): keep the two alike. */
struct asset {
    const char *path;         /* as in a request: "/lab.css" */
    const char *content_type; /* "text/css; charset=utf-8" */
    struct str content;
};

/* NULL: there is none. "/" is the page, "/index.html". */
const struct asset *asset_find(struct str path);
/* All of them, one after the other; NULL: no more. */
const struct asset *asset_at(size_t index);

#endif
