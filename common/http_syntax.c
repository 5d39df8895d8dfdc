/* SPDX-License-Identifier: MIT */
#include "common/http_syntax.h"

#include <string.h>

#include "common/compiler.h"

static bool is_token_byte(char byte)
{
    bool is_alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');

    return is_alphanumeric || (byte != '\0' && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

bool http_is_token(struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!is_token_byte(text.base[i])) {
            return false;
        }
    }
    return text.length > 0;
}

bool http_is_field_value(struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.base[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return false;
        }
    }
    return true;
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
