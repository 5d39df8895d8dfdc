/* SPDX-License-Identifier: MIT */
/*
 * via - whom a message came through: the members of a Via field. Pure.
 *
 * Source: RFC 9110 §7.6.3; comments §5.6.5.
 */
#ifndef GATEWAY_VIA_H
#define GATEWAY_VIA_H

#include <stdbool.h>

#include "common/str.h"

/* That one of the members of the field's value was received by `name`, a pseudonym, in letters of either case: "1.1
 * fanlight". What a comment says does not count, nor does a host of that name, which has a port behind it. */
bool via_names(struct str value, struct str name);

#endif
