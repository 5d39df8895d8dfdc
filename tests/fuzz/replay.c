/* SPDX-License-Identifier: MIT */
/*
 * replay - feeds files to a fuzz target, once each: libFuzzer's part, for compilers and presets without it.
 *
 *     fuzz_json corpus/json        all files of a folder
 *     fuzz_json FILE...            these
 *
 * Exit: 0 if there was at least one, 1 if there was none or one cannot be read. A check that does not hold aborts; the
 * last line says which file it was.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "tests/fuzz/fuzz.h"

enum { FILE_BYTES_MAXIMUM = 1024 * 1024, PIECE_BYTES = 65536 };

/* 0 or -errno */
static int read_file(const char *path, struct buf *bytes)
{
    cleanup_close int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = 1;

    if (descriptor < 0) {
        return -errno;
    }
    while (count > 0) {
        char *room = buf_reserve(bytes, PIECE_BYTES);
        if (room == NULL) {
            return -EFBIG;
        }
        count = read(descriptor, room, PIECE_BYTES);
        bytes->length += count > 0 ? (size_t)count : 0;
    }
    return count < 0 ? -errno : 0;
}

/* In memory of exactly the file's size, as libFuzzer does it. */
static bool replay_file(const char *path)
{
    cleanup_buf struct buf bytes;

    buf_init(&bytes, FILE_BYTES_MAXIMUM);
    int result = read_file(path, &bytes);
    if (result < 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(-result));
        return false;
    }
    cleanup_free uint8_t *exact = malloc(bytes.length > 0 ? bytes.length : 1);
    if (exact == NULL) {
        return false;
    }
    (void)fprintf(stderr, "%s\n", path);
    if (bytes.length > 0) {
        memcpy(exact, bytes.base, bytes.length);
    }
    (void)LLVMFuzzerTestOneInput(exact, bytes.length);
    return true;
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The number of files that were fed; -1: one could not be. */
static int replay(const char *path)
{
    struct dirent **entries = NULL;
    char file[4096];
    bool is_good = true;
    int count = scandir(path, &entries, is_shown, alphasort);

    if (count < 0) {
        return replay_file(path) ? 1 : -1;
    }
    for (int i = 0; i < count; i++) {
        (void)snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        is_good = replay_file(file) && is_good;
        free(entries[i]);
    }
    free(entries);
    return is_good ? count : -1;
}

int main(int argc, char **argv)
{
    int sum = 0;

    for (int i = 1; i < argc; i++) {
        int count = replay(argv[i]);
        if (count < 0) {
            return 1;
        }
        sum += count;
    }
    (void)fprintf(stderr, "%d files\n", sum);
    return sum > 0 ? 0 : 1;
}
