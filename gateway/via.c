/* SPDX-License-Identifier: MIT */
#include "gateway/via.h"

/* Up to the next comma that stands in no comment; comments nest, and a backslash in one quotes a byte. */
static struct str cut_member(struct str *rest)
{
    size_t depth = 0;
    size_t end = 0;

    for (; end < rest->length; end++) {
        char byte = rest->base[end];
        if (byte == ',' && depth == 0) {
            break;
        }
        if (byte == '(') {
            depth++;
        } else if (byte == ')' && depth > 0) {
            depth--;
        } else if (byte == '\\' && depth > 0 && end + 1 < rest->length) {
            end++;
        }
    }
    struct str member = { rest->base, end };
    *rest = str_from(*rest, end + 1);
    return str_trim(member);
}

static size_t word_length(struct str text)
{
    size_t length = 0;

    while (length < text.length && text.base[length] != ' ' && text.base[length] != '\t' && text.base[length] != '(') {
        length++;
    }
    return length;
}

/* "1.1 fanlight (comment)": the second word. */
static struct str received_by(struct str member)
{
    struct str behind_protocol = str_trim(str_from(member, word_length(member)));

    return (struct str){ behind_protocol.base, word_length(behind_protocol) };
}

bool via_names(struct str value, struct str name)
{
    while (value.length > 0) {
        if (str_equal_ignoring_case(received_by(cut_member(&value)), name)) {
            return true;
        }
    }
    return false;
}
