/* SPDX-License-Identifier: MIT */
#include "lab/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/compiler.h"

struct str small_file_read(const char *path, char *bytes, size_t size)
{
    struct str text = { bytes, 0 };
    cleanup_close int descriptor = open(path, O_RDONLY | O_CLOEXEC);

    while (descriptor >= 0 && text.length < size) {
        ssize_t count = read(descriptor, bytes + text.length, size - text.length);
        if (count > 0) {
            text.length += (size_t)count;
        } else if (count == 0 || errno != EINTR) {
            break;
        }
    }
    return text;
}

struct str small_file_value(struct str text, struct str name)
{
    while (text.length > 0) {
        struct str line = str_split(&text, '\n');
        if (str_starts_with(line, name)) {
            return str_trim(str_from(line, name.length));
        }
    }
    return (struct str){ text.base, 0 };
}

uint64_t small_file_number(struct str text, struct str name)
{
    struct str value = small_file_value(text, name);
    struct str digits = { value.base, 0 };
    uint64_t number = 0;

    while (digits.length < value.length && value.base[digits.length] >= '0' && value.base[digits.length] <= '9') {
        digits.length++;
    }
    return str_to_number(digits, UINT64_MAX, &number) == 0 ? number : 0;
}
