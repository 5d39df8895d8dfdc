/* SPDX-License-Identifier: MIT */
/*
 * results_json - an experiment's results for other programs: docs/lab.md says what the members mean. Pure, but for the
 * versions of the programs, which lab/origin.h asks for.
 *
 *     {"version":1,"delay_ms":2000,"modes":[{"mode":"sync","tasks":[{"name":"task1","sent_ms":0,"answered_ms":2000.895,
 *      "seconds":2.000895,"status":200,"error":null,"theory_s":2,"theory_earliest_s":2,"ratio":1.0004,"ok":true,
 *      "parts":[{"kind":"waiting","start_ms":0,"end_ms":0.3},…]}],"total_s":4.00364,"theory_s":4,"ratio":1.0009,
 *      "ok":true,"theory_earliest_s":4}],"kind":"experiment","threads":16,"blocking":["task1"],"origin":{…}}
 *
 * `theory_s` is the latest that theory allows (see lab/theory.h). `answered_ms`, `seconds`, `status` and `ratio` are
 * null where no answer came; `total_s` and the mode's `ratio` then too.
 *
 * Memory: what is returned is the caller's (cJSON_Delete()); NULL: there was none.
 */
#ifndef LAB_RESULTS_JSON_H
#define LAB_RESULTS_JSON_H

#include <cjson/cJSON.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "lab/origin.h"
#include "lab/results.h"

/* The document. `origin` NULL: without that member. */
cJSON *results_json(const struct experiment_result *experiment, const struct origin *origin);
/* One entry of its `modes`. */
cJSON *results_json_mode(const struct mode_result *mode);
/* ["task1","task2"] of names that stand with commas between them. */
cJSON *results_json_names(const char *names);

/* Prints `json` on one line, and deletes it; NULL is taken for no memory. 0, or -ENOMEM, or -ENOBUFS. */
int results_json_print(cJSON *json, struct buf *text) must_check;

#endif
