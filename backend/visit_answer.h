/* SPDX-License-Identifier: MIT */
/*
 * visit_answer - what a visit is answered with. Each call sets visit->status, writes the Send line and gives the
 * answer; the visit must not be touched after it.
 */
#ifndef BACKEND_VISIT_ANSWER_H
#define BACKEND_VISIT_ANSWER_H

#include <stdbool.h>

#include "backend/visit.h"

/* What the knobs ask for, a fault excepted: a body of some size, or an echo; else what the service's answers have for
 * the path, or {"message":"success"}. */
void visit_answer(struct visit *visit);
/* A constant body. */
void visit_answer_text(struct visit *visit, const char *content_type, const char *text);
/* application/problem+json; `detail` is one sentence. */
void visit_answer_problem(struct visit *visit, int status, const char *detail, bool close);

#endif
