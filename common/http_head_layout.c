/* SPDX-License-Identifier: MIT */
#include "common/http_head_layout.h"

#include <string.h>

enum { LINE_END_BYTES = 2 };

static uintptr_t address_of(struct str piece)
{
    return (uintptr_t)piece.base;
}

/* One byte, of which a zero is left, lies between it and the next. */
static uintptr_t behind(struct str piece)
{
    return address_of(piece) + piece.length + 1;
}

void http_head_layout_begin(struct http_head_layout *layout, struct str method, struct str target, struct str version)
{
    layout->begin = method.base;
    layout->next = address_of(version) + version.length + LINE_END_BYTES;
    layout->is_broken = behind(method) != address_of(target) || behind(target) != address_of(version);
}

/* Between name and value only blanks are skipped; they are part of neither. */
void http_head_layout_add(struct http_head_layout *layout, struct str name, struct str value)
{
    if (address_of(name) != layout->next || address_of(value) < behind(name)) {
        layout->is_broken = true;
    }
    layout->next = address_of(value) + value.length + LINE_END_BYTES;
}

bool http_head_layout_is_whole(const struct http_head_layout *layout, size_t head_bytes)
{
    static const char ends[2 * LINE_END_BYTES];

    return !layout->is_broken && layout->next + LINE_END_BYTES == (uintptr_t)layout->begin + head_bytes &&
           memcmp(layout->begin + head_bytes - sizeof ends, ends, sizeof ends) == 0;
}
