/* SPDX-License-Identifier: MIT */
#include "lab/assets.h"

/* Ends with a row of zeros. */
extern const struct asset asset_table[];

_Static_assert(sizeof(struct asset) == 4 * sizeof(void *) && sizeof(size_t) == sizeof(void *),
               "what lab/assets.S.in lays out");

const struct asset *asset_at(size_t index)
{
    for (size_t i = 0; i <= index; i++) {
        if (asset_table[i].path == NULL) {
            return NULL;
        }
    }
    return &asset_table[index];
}

const struct asset *asset_find(struct str path)
{
    if (str_equal(path, STR("/"))) {
        path = STR("/index.html");
    }
    for (const struct asset *asset = asset_table; asset->path != NULL; asset++) {
        if (str_equal(path, str_of(asset->path))) {
            return asset;
        }
    }
    return NULL;
}
