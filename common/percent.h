/* SPDX-License-Identifier: MIT */
/*
 * percent - percent-decoding of a part of a URL. Pure.
 *
 * Source: RFC 3986 §2.1. "+" stays a plus: it is a blank in HTML forms only.
 */
#ifndef COMMON_PERCENT_H
#define COMMON_PERCENT_H

#include <stddef.h>

#include "common/compiler.h"
#include "common/str.h"

/* Into `decoded`, which has room for text.length bytes; any byte may come out, NUL too. 0, or -EINVAL: a "%" without
 * two hexadecimal digits behind it. */
int percent_decode(struct str text, char *decoded, size_t *ret_length) must_check;

#endif
