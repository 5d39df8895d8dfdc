/* SPDX-License-Identifier: MIT */
/*
 * origin - where a result comes from: when, on what machine, with which versions, by which command.
 *
 *     "origin":{"measured_at":"2026-11-22T08:40:00Z","command":"lab sweep --rate=100","seed":1,"interrupted":false,
 *      "machine":{"processor":"AMD EPYC","cores":2,"memory_bytes":25281482752,"system":"Linux 6.1.0 x86_64",
 *       "distribution":"Debian GNU/Linux 12 (bookworm)"},
 *      "versions":["fanlight-lab 0.1.0 (libcurl 7.88.1, cJSON 1.7.15)","fanlight-gateway 0.1.0 (libmicrohttpd …)"]}
 *
 * Nothing in it tells who or where: no host name, no user, no path but those in the command line. The versions of
 * gateway and backend are what the programs beside us say of themselves (--version). `cores` are those that this
 * process may use. Bytes that are not UTF-8, or not for a terminal, stand there as \xHH (lab/printable.h).
 */
#ifndef LAB_ORIGIN_H
#define LAB_ORIGIN_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "lab/service.h"

struct origin {
    struct str command;   /* as origin_add_command() makes it */
    uint64_t measured_us; /* wall clock, since 1970, when it began */
    uint64_t seed;
    bool was_interrupted;
    const struct service_place *place; /* where gateway and backend are asked for their versions; NULL: they are not */
};

/* "lab sweep --modes=sync,async": argv from the command's own name on; a word with blanks or quotes is quoted for sh.
 */
void origin_add_command(struct buf *text, int argc, char *const *argv);
/* Adds the member "origin" to `document`. False: no memory. What cannot be found out is "unknown" or left out. */
bool origin_add_json(cJSON *document, const struct origin *origin) must_check;

#endif
