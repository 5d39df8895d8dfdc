/* SPDX-License-Identifier: MIT */
#include "common/complain.h"

#include <stdio.h>

#include "common/buf.h"

enum { ROOM_BYTES = 4096, LINE_BYTES_AT_MOST = 256 * 1024 };

/* What stands at the front: one harmless character, or one byte that is not. Returns its length. */
static size_t add_front(struct buf *line, struct str text)
{
    size_t length = str_printable_length(text);

    if (length == 0) {
        (void)buf_add_format(line, "\\x%02X", (unsigned char)text.base[0]);
        return 1;
    }
    (void)buf_add(line, text.base, length);
    return length;
}

/* In one piece, so that nobody else's line gets into it. */
void complain(const char *program, struct str sentence)
{
    char room[ROOM_BYTES];
    cleanup_buf struct buf line;

    buf_init_on(&line, room, sizeof room, LINE_BYTES_AT_MOST);
    (void)buf_add_format(&line, "%s: ", program);
    while (sentence.length > 0 && !line.failed) {
        sentence = str_from(sentence, add_front(&line, sentence));
    }
    (void)fprintf(stderr, "%.*s\n", STR_ARGUMENTS(buf_view(&line)));
}
