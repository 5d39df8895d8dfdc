/* SPDX-License-Identifier: MIT */
/*
 * config_text - parts of a configuration as text again, in the form a file has them. Pure.
 *
 * Secrets are covered: of a header, a query parameter or a member of a body whose name says that it holds one, each
 * piece of text becomes "***". References in it stay: they say where a secret comes from, and which call waits for
 * which.
 *
 * Errors: none of their own; what does not fit sets text->failed.
 */
#ifndef GATEWAY_CONFIG_TEXT_H
#define GATEWAY_CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/str.h"
#include "common/url.h"
#include "gateway/template.h"

#define CONFIG_TEXT_COVERED "***"

/* Authorization, Proxy-Authorization, Cookie, Set-Cookie, and whatever has "key", "token", "secret" or "password" in
 * it, in either case. */
bool config_text_is_secret(struct str name);

/* The names of enum route_method's bits, from the lowest up. */
extern const char *const config_text_methods[];
extern const size_t config_text_method_count;

/* HOST:PORT */
void config_text_add_address(struct buf *text, const struct address *address);
void config_text_add_url(struct buf *text, const struct url *url);
/* A template as it was written, braces doubled again. */
void config_text_add_target(struct buf *text, const struct template *template);
void config_text_add_header(struct buf *text, const char *name, const struct template *value);
/* In config_text_json.c. */
void config_text_add_json(struct buf *text, const struct template *json);

/* For the two above: a piece of text with its braces doubled, or "***" for it. */
void config_text_add_piece(struct buf *text, struct str piece, bool is_covered);

#endif
