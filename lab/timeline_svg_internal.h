/* SPDX-License-Identifier: MIT */
/*
 * timeline_svg_internal - what the files of timeline_svg know of each other.
 *
 * timeline_svg.c draws; timeline_svg_words.c writes.
 */
#ifndef LAB_TIMELINE_SVG_INTERNAL_H
#define LAB_TIMELINE_SVG_INTERNAL_H

#include "lab/timeline_svg.h"

enum {
    TIMELINE_SVG_NAME_CHARACTERS_MOST = 10, /* longer names are cut */
    TIMELINE_SVG_TALL_LANES_MOST = 16,      /* more tasks get thin lanes, without names and figures */
    TIMELINE_SVG_TEXT_BYTES = 64,
};

struct timeline_drawing {
    struct buf *svg;
    const struct experiment_result *experiment;
    const struct timeline_caption *caption;
    uint64_t longest_us, step_us;
    unsigned left, right; /* ends of the axis */
    unsigned lane_height, bar_height;
    bool is_thin;
};

size_t timeline_svg_task_count(const struct experiment_result *experiment);

/* The title and the description, which say in words what the picture shows. */
void timeline_svg_add_description(const struct timeline_drawing *drawing);
/* What the mode does. */
void timeline_svg_add_meaning(const struct timeline_drawing *drawing, enum mode mode);
/* "2.01 s"; of what is no success "status 504" or "failed". */
void timeline_svg_add_outcome(const struct timeline_drawing *drawing, const struct task_result *task);
/* "2 s": how long the backend takes. */
void timeline_svg_add_delay(struct buf *text, uint64_t delay_us);
/* "2026-11-22" */
void timeline_svg_add_date(struct buf *text, uint64_t wall_us);

#endif
