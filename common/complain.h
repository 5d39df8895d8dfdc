/* SPDX-License-Identifier: MIT */
/*
 * complain - one line on standard error for the person who started the program: "gateway: no such option …".
 *
 * What a terminal must not be shown (str_printable_length()) becomes \xHH, whoever put it into the sentence: the names
 * of files and tasks may hold any byte. All else stays as it is.
 *
 * Memory: none beyond the call.   Errors: none that anybody could be told of.
 */
#ifndef COMMON_COMPLAIN_H
#define COMMON_COMPLAIN_H

#include "common/str.h"

void complain(const char *program, struct str sentence);

#endif
