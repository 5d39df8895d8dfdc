/* SPDX-License-Identifier: MIT */
/*
 * template_expected - what a template should be rendered to, worked out in the plainest way: all of it first, then cut
 * into segments and parameters, then judged. Only for fuzz_template.c.
 */
#ifndef TESTS_FUZZ_TEMPLATE_EXPECTED_H
#define TESTS_FUZZ_TEMPLATE_EXPECTED_H

#include "common/buf.h"
#include "gateway/template.h"
#include "tests/fuzz/fuzz.h"

/* False: it must be refused. */
bool template_expected_target(const struct template *template, const struct template_values *values,
                              struct buf *ret_text);
bool template_expected_header(const struct template *template, const struct template_values *values,
                              struct buf *ret_text);
bool template_expected_body(const struct template *template, const struct template_values *values,
                            struct buf *ret_text);

#endif
