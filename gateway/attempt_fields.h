/* SPDX-License-Identifier: MIT */
/*
 * attempt_fields - an attempt's header fields as the bytes that go to the server, in every mode. Pure.
 *
 * A line each, as it is: "Name: value"; of "Name;" the field without a value. Behind them how much time is left, where
 * the attempt names a field for that.
 */
#ifndef GATEWAY_ATTEMPT_FIELDS_H
#define GATEWAY_ATTEMPT_FIELDS_H

#include "common/buf.h"
#include "gateway/attempt.h"

/* Time counts from now_us. False: one is no field, or has a line break in it. None of it is for a client to bring
 * about; here is the last place to stop it. Whether there was room is for bytes->failed to say. */
bool attempt_fields_add(struct buf *bytes, const struct attempt *attempt, uint64_t now_us) must_check;

#endif
