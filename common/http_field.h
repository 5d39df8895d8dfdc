/* SPDX-License-Identifier: MIT */
/*
 * http_field - a header field, as C strings because the HTTP library wants them so. Pure data.
 */
#ifndef COMMON_HTTP_FIELD_H
#define COMMON_HTTP_FIELD_H

struct http_field {
    const char *name;
    const char *value;
};

#endif
