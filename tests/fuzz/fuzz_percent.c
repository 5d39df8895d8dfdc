/* SPDX-License-Identifier: MIT */
/*
 * fuzz_percent - percent-encoding of any bytes, and decoding of any text.
 */
#include <errno.h>
#include <string.h>

#include "common/percent.h"
#include "tests/fuzz/fuzz.h"

enum { BYTES_MAXIMUM = 1024 * 1024 };

static bool is_one_of(char byte, const char *set)
{
    return byte != '\0' && strchr(set, byte) != NULL;
}

static bool has_digits(struct str text)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    return text.length >= 3 && is_one_of(text.base[1], digits) && is_one_of(text.base[2], digits);
}

/* The number of escapes; SIZE_MAX: one has no digits. */
static size_t count_escapes(struct str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.length; i++) {
        if (text.base[i] != '%') {
            continue;
        }
        if (!has_digits(str_from(text, i))) {
            return SIZE_MAX;
        }
        count++;
        i += 2;
    }
    return count;
}

static void check_encoded(struct str input)
{
    static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%";
    cleanup_buf struct buf encoded;
    cleanup_free char *decoded = malloc(3 * input.length + 1);
    size_t length = 0;

    fuzz_check(decoded != NULL);
    buf_init(&encoded, BYTES_MAXIMUM);
    fuzz_check(percent_encode(input, &encoded) == 0 && encoded.length <= 3 * input.length);
    for (size_t i = 0; i < encoded.length; i++) {
        fuzz_check(is_one_of(encoded.base[i], kept));
    }
    fuzz_check(percent_decode(buf_view(&encoded), decoded, &length) == 0);
    fuzz_check(str_equal((struct str){ decoded, length }, input));
}

/* Into memory of exactly as many bytes as are asked for. */
static void check_decoded(struct str input)
{
    cleanup_free char *decoded = malloc(input.length > 0 ? input.length : 1);
    size_t length = 0;
    size_t count = count_escapes(input);

    fuzz_check(decoded != NULL);
    if (percent_decode(input, decoded, &length) == 0) {
        fuzz_check(count != SIZE_MAX && length == input.length - 2 * count);
    } else {
        fuzz_check(count == SIZE_MAX);
    }
}

static void check_printable(struct str input)
{
    cleanup_buf struct buf text;

    buf_init(&text, BYTES_MAXIMUM);
    fuzz_check(percent_encode_unprintable(input, &text) == 0);
    fuzz_check(fuzz_is_printable(buf_view(&text)));
    fuzz_check(!fuzz_is_printable(input) || str_equal(buf_view(&text), input));
}

/* What does not fit is refused as a whole. */
static void check_limit(struct str input)
{
    cleanup_buf struct buf text;
    size_t limit = input.length > 0 ? input.length - 1 : 0;

    buf_init(&text, limit);
    fuzz_check(input.length == 0 || percent_encode(input, &text) == -ENOBUFS);
    fuzz_check(text.length == 0);
}

void fuzz_one(struct str input)
{
    check_encoded(input);
    check_decoded(input);
    check_printable(input);
    check_limit(input);
}
