/* SPDX-License-Identifier: MIT */
/*
 * config_sections - what the files that read a configuration's sections know of each other. Pure; only for config_*.c.
 *
 * config_file.c reads the top level and calls the readers of `backends` and `routes`; a route's, those of `respond` and
 * `calls`; a call's, those of templates and headers. Each tells its faults and goes on as far as what it has allows.
 */
#ifndef GATEWAY_CONFIG_SECTIONS_H
#define GATEWAY_CONFIG_SECTIONS_H

#include "gateway/config_reader.h"

/* Of plan_is_name(), to be read after "a name must be". */
#define CONFIG_NAME_RULE                                                                                               \
    "1 to 64 of A-Z, a-z, 0-9, \".\", \"_\" and \"-\", without \"_\" at its front, and not \".\" or \"..\""

/* ---- the sections ---- */

config_read_fn config_read_backends; /* of struct config, at offset 0 */
config_read_fn config_read_routes;   /* the same; behind limits and backends */
config_read_fn config_read_respond;  /* struct route_respond, with its defaults */
/* const struct tls_settings *; the files that are named are read, too */
config_read_fn config_read_backend_tls;
config_read_fn config_read_front_tls;

/* What the calls of a route need to know of it. */
struct config_route_scope {
    const struct str *captures; /* what references can name; NULL: not known, so that templates cannot be read */
    size_t capture_count;
    const struct config_value *pass; /* `"pass": true`; NULL: not this route */
};
void config_read_calls(struct config_reader *reader, const struct config_value *value,
                       const struct config_route_scope *scope, struct plan *plan);

/* ---- a call, while it is read ---- */

enum config_call_key {
    CALL_BACKEND,
    CALL_PATH,
    CALL_METHOD,
    CALL_FORWARD_HEADERS,
    CALL_HEADERS,
    CALL_BODY,
    CALL_TIMEOUT,
    CALL_REQUIRED,
    CALL_DEFAULT,
    CALL_AS,
    CALL_EACH,
    CALL_MAX,
    CALL_MODE,
    CALL_KEYS
};

struct config_call {
    struct config_value value;
    struct config_value values[CALL_KEYS];
    struct plan_call *planned;
};

/* All calls of a route. */
struct config_calls {
    struct config_reader *reader;
    struct config_call *items;
    size_t count;
    const struct str *names;
    const struct config_route_scope *scope;
    size_t *inputs; /* of the call whose templates are read; room for all calls */
    size_t input_count;
    size_t *seen_by; /* for each call, one more than the index of the last call that referred to it */
};

/* All but the templates: config_call.c. */
void config_read_call(struct config_calls *calls, const struct config_member *member, struct config_call *call);

/* ---- templates of a call: config_templates.c ---- */

/* Path, body, headers and each of one call, and its inputs. */
void config_read_templates(struct config_calls *calls, size_t index);

/* ---- config_literals.c ---- */

/* Of the text of a template that could be read: what is wrong with it outside of references, and at which byte. NULL:
 * nothing. */
const char *config_target_fault(struct str text, size_t *ret_offset);
const char *config_header_value_fault(struct str text, size_t *ret_offset);

/* ---- header fields: config_headers.c ---- */

enum config_headers_use { HEADERS_TO_BACKEND, HEADERS_TO_CLIENT };

/* A token, and none that the gateway has to make itself; told if not. */
bool config_check_header_name(struct config_reader *reader, const struct config_value *value, const char *place,
                              struct str name, enum config_headers_use use);
config_read_fn config_read_forward_headers; /* const char *const *, NULL-terminated */

#endif
