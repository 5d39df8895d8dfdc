/* SPDX-License-Identifier: MIT */
/*
 * percent - percent-encoding and -decoding of a part of a URL, and of bytes that a header may not have. Pure.
 *
 * Source: RFC 3986 §2.1, §2.3. "+" stays a plus: it is a blank in HTML forms only.
 */
#ifndef COMMON_PERCENT_H
#define COMMON_PERCENT_H

#include <stddef.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "common/str.h"

/* Into `decoded`, which has room for text.length bytes; any byte may come out, NUL too. 0, or -EINVAL: a "%" without
 * two hexadecimal digits behind it. */
int percent_decode(struct str text, char *decoded, size_t *ret_length) must_check;
/* Appends `text` with every byte encoded but letters, digits, "-", ".", "_" and "~". 0, or -ENOBUFS and nothing
 * appended. */
int percent_encode(struct str text, struct buf *encoded);
/* The same with every byte encoded but blank to "~": a "%" stays as it is, so this is not for reading back. */
int percent_encode_unprintable(struct str text, struct buf *encoded);

#endif
