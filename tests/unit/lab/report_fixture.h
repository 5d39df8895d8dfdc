/* SPDX-License-Identifier: MIT */
/*
 * report_fixture - reports of the samples, as pages, and what stands in them.
 */
#ifndef TESTS_UNIT_LAB_REPORT_FIXTURE_H
#define TESTS_UNIT_LAB_REPORT_FIXTURE_H

#include "lab/report.h"

enum { TEXT_BYTES = 16 * 1024 * 1024 };

size_t count_of(const struct buf *html, const char *wanted);
void assert_has(const struct buf *html, const char *wanted);
void assert_has_not(const struct buf *html, const char *unwanted);

/* To be cleared; called "x.json". */
struct report_document read_sample(const char *text);
/* That sample's page; html is initialised by it. */
void render(struct buf *html, const char *text);

#endif
