/* SPDX-License-Identifier: MIT */
/*
 * template_request - what a server makes of a request that was rendered from a template which a configuration may have:
 * read from the bytes alone, without a look at how they came about. Only for fuzz_template.c.
 */
#ifndef TESTS_FUZZ_TEMPLATE_REQUEST_H
#define TESTS_FUZZ_TEMPLATE_REQUEST_H

#include "gateway/template.h"
#include "tests/fuzz/fuzz.h"

/* `source` is the template as it is written. A server sees as many segments as that has, none of which leads upwards,
 * and no parameter more. Where a configuration may not have it, nothing is looked at. */
void template_request_check_target(struct str source, const struct template *template, struct str target);
/* It sees one field line. */
void template_request_check_header(struct str source, struct str value);

#endif
