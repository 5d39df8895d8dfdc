/* SPDX-License-Identifier: MIT */
/*
 * config_literals - what a call's path and headers may have outside of references. What references bring is made
 * harmless when it is rendered; the rest is written by hand, and a slip in it is found here.
 */
#include "common/percent.h"
#include "gateway/config_sections.h"

struct literals {
    struct str text; /* of a template that was read: its braces are in order */
    size_t index;    /* of the next byte */
};

static bool take_literal(struct literals *literals, char *ret_byte)
{
    struct str rest = str_from(literals->text, literals->index);

    while (str_starts_with(rest, STR("{")) && !str_starts_with(rest, STR("{{"))) {
        rest = str_from(rest, str_find(rest, '}') + 1);
    }
    literals->index = literals->text.length - rest.length;
    if (rest.length == 0) {
        return false;
    }
    *ret_byte = rest.base[0];
    literals->index += rest.base[0] == '{' || rest.base[0] == '}' ? 2 : 1;
    return true;
}

static bool is_hexadecimal(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static const char *fault_of_target_byte(char byte, struct str behind)
{
    if (byte <= ' ' || byte > '~' || byte == '#') {
        return "a path is visible ASCII without \"#\"; other bytes are written as %HH";
    }
    bool is_encoded = behind.length >= 2 && is_hexadecimal(behind.base[0]) && is_hexadecimal(behind.base[1]);
    return byte == '%' && !is_encoded ? "\"%\" needs two hexadecimal digits behind it" : NULL;
}

/* "." and "..", also percent-encoded. A segment with a reference is judged when it is rendered. */
static bool is_dot_segment(struct str segment)
{
    char decoded[sizeof "%2e%2e"];
    size_t length = 0;

    if (segment.length >= sizeof decoded || percent_decode(segment, decoded, &length) < 0) {
        return false;
    }
    return (length == 1 || length == 2) && decoded[0] == '.' && decoded[length - 1] == '.';
}

const char *config_target_fault(struct str text, size_t *ret_offset)
{
    static const char no_dots[] = "no segment of a path may be \".\" or \"..\"";
    struct literals literals = { text, 1 };
    size_t start = 1; /* of the segment */
    bool is_in_query = false;
    char byte = '\0';

    *ret_offset = 0;
    if (!str_starts_with(text, STR("/"))) {
        return "a path must begin with \"/\"";
    }
    while (take_literal(&literals, &byte)) {
        const char *fault = fault_of_target_byte(byte, str_from(text, literals.index));
        *ret_offset = literals.index - 1;
        if (fault != NULL) {
            return fault;
        }
        bool ends_segment = !is_in_query && (byte == '/' || byte == '?');
        if (ends_segment && is_dot_segment((struct str){ text.base + start, literals.index - 1 - start })) {
            return no_dots;
        }
        start = ends_segment ? literals.index : start;
        is_in_query = is_in_query || byte == '?';
    }
    *ret_offset = start;
    return !is_in_query && is_dot_segment(str_from(text, start)) ? no_dots : NULL;
}

/* A value may also be nothing at all. */
const char *config_header_value_fault(struct str text, size_t *ret_offset)
{
    struct literals literals = { text, 0 };
    char byte = '\0';

    *ret_offset = 0;
    if (text.length > 0 && (text.base[0] == ' ' || text.base[text.length - 1] == ' ')) {
        return "a header's value has no blank at its ends";
    }
    while (take_literal(&literals, &byte)) {
        *ret_offset = literals.index - 1;
        if (byte < ' ' || byte > '~') {
            return "a header's value is visible ASCII with blanks in between";
        }
    }
    return NULL;
}
