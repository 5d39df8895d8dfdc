/* SPDX-License-Identifier: MIT */
#include "common/http_head.h"

static uint64_t length_bit(struct str name)
{
    return UINT64_C(1) << (name.length % 64);
}

void http_head_init(struct http_head *head)
{
    head->name_lengths = 0;
    head->count = 0;
    head->is_whole = true;
}

void http_head_add(struct http_head *head, struct str name, struct str value)
{
    if (head->count == HTTP_HEAD_FIELDS) {
        head->is_whole = false;
        return;
    }
    head->name_lengths |= length_bit(name);
    head->fields[head->count].name = name;
    head->fields[head->count].value = value;
    head->count++;
}

struct str http_head_find(const struct http_head *head, struct str name)
{
    if ((head->name_lengths & length_bit(name)) == 0) {
        return (struct str){ NULL, 0 };
    }
    for (unsigned i = 0; i < head->count; i++) {
        if (str_equal_ignoring_case(head->fields[i].name, name)) {
            return head->fields[i].value;
        }
    }
    return (struct str){ NULL, 0 };
}
