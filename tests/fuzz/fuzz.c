/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <string.h>

static const char separator[] = "\n--\n";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) /* NOLINT(readability-identifier-naming) */
{
    fuzz_one((struct str){ (const char *)bytes, count });
    return 0;
}

void fuzz_fail(const char *file, int line, const char *condition)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

/* ---- pieces ---- */

static size_t find_separator(struct str text)
{
    const char *place = text.length > 0 ? memmem(text.base, text.length, separator, sizeof separator - 1) : NULL;

    return place != NULL ? (size_t)(place - text.base) : text.length;
}

struct str fuzz_pieces_take(struct fuzz_pieces *pieces)
{
    struct str piece = { pieces->rest.base, find_separator(pieces->rest) };

    if (piece.length == 0 && pieces->rest.length == 0) {
        return STR("");
    }
    if (pieces->count == FUZZ_PIECES_MAXIMUM) {
        pieces->rest.length = 0;
        return STR("");
    }
    char *copy = malloc(piece.length > 0 ? piece.length : 1);
    fuzz_check(copy != NULL);
    memcpy(copy, piece.base, piece.length);
    pieces->copies[pieces->count++] = copy;
    pieces->rest = str_from(pieces->rest, piece.length + sizeof separator - 1);
    return (struct str){ copy, piece.length };
}

void fuzz_pieces_clear(struct fuzz_pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++) {
        free(pieces->copies[i]);
    }
}

/* ---- what is checked often ---- */

bool fuzz_is_inside(struct str part, struct str whole)
{
    return part.base >= whole.base && part.length <= whole.length &&
           (size_t)(part.base - whole.base) <= whole.length - part.length;
}

bool fuzz_is_utf8(struct str text)
{
    while (text.length > 0) {
        size_t length = str_utf8_length(text);
        if (length == 0) {
            return false;
        }
        text = str_from(text, length);
    }
    return true;
}

bool fuzz_is_printable(struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.base[i] < ' ' || text.base[i] > '~') {
            return false;
        }
    }
    return true;
}

void fuzz_check_sentence(const char *sentence)
{
    fuzz_check(sentence[0] != '\0');
    fuzz_check(fuzz_is_printable(str_of(sentence)));
}
