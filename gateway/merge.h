/* SPDX-License-Identifier: MIT */
/*
 * merge - one JSON object out of the calls' bodies, each of them byte for byte as the backend sent it. Pure.
 *
 * Bodies were checked to be JSON before; white space around them is dropped, nothing is printed anew.
 *
 * Long bodies need not be copied:
 *
 *     struct merge_asides asides;
 *     merge_render_around(members, count, tail, &text, &asides);
 *     size_t piece_count = merge_pieces(buf_view(&text), &asides, pieces);      all of them in a row are the answer
 */
#ifndef GATEWAY_MERGE_H
#define GATEWAY_MERGE_H

#include <stddef.h>

#include "common/buf.h"
#include "common/str.h"

enum merge_form {
    MERGE_JSON,      /* as it is; nothing but white space is null */
    MERGE_TEXT,      /* as a JSON string; bytes that are not UTF-8 become U+FFFD */
    MERGE_LIST,      /* the elements as an array, each as it is */
    MERGE_TEXT_LIST, /* the elements as an array of JSON strings; one that has no bytes (base NULL) is null */
};

struct merge_member {
    struct str name;
    enum merge_form form;
    struct str bytes;
    const struct str *elements;
    size_t element_count;
};

/* In the order given, whatever the order the calls finished in. `tail`: members that follow, rendered, without a comma
 * in front; may be empty. -ENOBUFS: over the buffer's limit. */
int merge_render(const struct merge_member *members, size_t count, struct str tail, struct buf *body) must_check;

/* Values that stay where they are, at most so many; copying shorter ones costs less than sending them apart. */
enum { MERGE_ASIDE_BYTES = 64 * 1024, MERGE_ASIDES_MOST = 15, MERGE_PIECES_MOST = 2 * MERGE_ASIDES_MOST + 1 };

struct merge_asides {
    size_t count;
    struct {
        size_t offset; /* in the text: it belongs in front of this */
        struct str value;
    } asides[MERGE_ASIDES_MOST];
};

/* As merge_render(), but for long values, which are left out of `text`; they are views of the members' bytes. */
int merge_render_around(const struct merge_member *members, size_t count, struct str tail, struct buf *text,
                        struct merge_asides *ret_asides) must_check;
/* Views of the text and the values left out, none of them empty. How many. */
size_t merge_pieces(struct str text, const struct merge_asides *asides, struct str pieces[MERGE_PIECES_MOST]);

#endif
