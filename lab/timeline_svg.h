/* SPDX-License-Identifier: MIT */
/*
 * timeline_svg - where the time went, as a picture for a README: SVG that needs nothing else. Pure.
 *
 * A heading for each mode and a lane for each task on one time axis, the colours and textures of lab/web/lab.css, light
 * or dark as the reader's system is. The same figures stand in its title and description, for those who cannot see it.
 * It is made to be shown at 680 pixels and to be legible at 390: shown that small, its texts are drawn larger.
 */
#ifndef LAB_TIMELINE_SVG_H
#define LAB_TIMELINE_SVG_H

#include "common/buf.h"
#include "lab/results.h"

struct timeline_caption {
    struct str command;   /* that measured it, for the description */
    uint64_t measured_us; /* wall clock, since 1970 */
};

/* What there is no room for shows in svg->failed. */
void timeline_svg_add(struct buf *svg, const struct experiment_result *experiment,
                      const struct timeline_caption *caption);

#endif
