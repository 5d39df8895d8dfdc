/* SPDX-License-Identifier: MIT */
#include "common/http_syntax.h"

#include "common/compiler.h"

/* A row for each first hexadecimal digit; sums of enum http_byte_class. */
// clang-format off
const unsigned char http_byte_classes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    2, 7, 2, 3, 7, 3, 7, 7, 6, 6, 7, 7, 6, 7, 7, 2,
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 2, 6, 2, 6, 2, 2,
    2, 15, 15, 15, 15, 15, 15, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 2, 2, 2, 3, 7,
    3, 15, 15, 15, 15, 15, 15, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 2, 3, 2, 7, 0,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
};
// clang-format on

static bool are_all(struct str text, enum http_byte_class class)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!http_byte_is(text.base[i], class)) {
            return false;
        }
    }
    return true;
}

bool http_is_token(struct str text)
{
    return text.length > 0 && are_all(text, HTTP_BYTE_TOKEN);
}

bool http_is_field_value(struct str text)
{
    return are_all(text, HTTP_BYTE_VALUE);
}

bool http_is_hop_by_hop(struct str name)
{
    static const struct str names[] = {
        STR_STATIC("Connection"),
        STR_STATIC("Content-Length"),
        STR_STATIC("Keep-Alive"),
        STR_STATIC("Proxy-Connection"),
        STR_STATIC("TE"),
        STR_STATIC("Trailer"),
        STR_STATIC("Transfer-Encoding"),
        STR_STATIC("Upgrade"),
    };

    for (size_t i = 0; i < array_length(names); i++) {
        if (str_equal_ignoring_case(name, names[i])) {
            return true;
        }
    }
    return false;
}
