/* SPDX-License-Identifier: MIT */
#include "lab/printable.h"

#include <errno.h>

/* "\x" could be an escape's beginning. */
static bool is_ambiguous(struct str bytes)
{
    return bytes.length > 1 && bytes.base[0] == '\\' && bytes.base[1] == 'x';
}

int printable_add(struct buf *text, struct str bytes)
{
    while (bytes.length > 0) {
        size_t length = str_utf8_length(bytes);
        if (str_printable_length(bytes) > 0 && !is_ambiguous(bytes)) {
            (void)buf_add(text, bytes.base, length);
        } else {
            length = length > 0 ? length : 1;
            for (size_t i = 0; i < length; i++) {
                (void)buf_add_format(text, "\\x%02X", (unsigned char)bytes.base[i]);
            }
        }
        bytes = str_from(bytes, length);
    }
    return text->failed ? -ENOBUFS : 0;
}
