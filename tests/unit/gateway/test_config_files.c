/* SPDX-License-Identifier: MIT */
/*
 * The files in tests/config: every one of good/ is read, and every one of bad/ gets the faults that stand beside it in
 * NAME.faults.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/config_json.h"
#include "tests/support/certificate_folder.h"
#include "tests/unit/gateway/config_bench.h"

enum { TEXT_BYTES = 1024 * 1024, GOOD_FILES_LEAST = 25, BAD_FILES_LEAST = 70 };

struct folder {
    char path[512];
    struct dirent **entries;
    int count;
};

static int is_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static void folder_open(struct folder *folder, const char *name)
{
    (void)snprintf(folder->path, sizeof folder->path, "%s/%s", CONFIG_FILES, name);
    folder->count = scandir(folder->path, &folder->entries, is_json, alphasort);
    assert_true(folder->count >= 0);
}

static void folder_close(struct folder *folder)
{
    for (int i = 0; i < folder->count; i++) {
        free(folder->entries[i]);
    }
    free((void *)folder->entries);
}

static struct config *load(const struct folder *folder, const char *name, struct buf *told)
{
    char path[1024];
    struct settings settings = config_bench_settings(NULL);
    struct config_faults faults;

    (void)snprintf(path, sizeof path, "%s/%s", folder->path, name);
    settings.config_file = path;
    config_faults_init(&faults);
    struct config *config = config_load(&settings, &faults);
    if (config == NULL) {
        config_faults_render(&faults, name, told);
    }
    config_faults_clear(&faults);
    return config;
}

/* Of NAME.json, what NAME.faults has. */
static void read_expected(const struct folder *folder, const char *name, struct buf *expected)
{
    char path[1024];
    ssize_t count = 1;

    (void)snprintf(path, sizeof path, "%s/%.*s.faults", folder->path, (int)(strlen(name) - 5), name);
    cleanup_close int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        fail_msg("%s: %s", path, strerror(errno));
    }
    while (count > 0) {
        char *room = buf_reserve(expected, 4096);
        assert_non_null(room);
        count = read(descriptor, room, 4096);
        assert_true(count >= 0);
        expected->length += (size_t)count;
    }
}

/* The certificates that some of them name are not kept beside them: the files are read from where these are. */
static void link_all(struct folder *folder, const struct certificate_folder *certificates)
{
    char path[1024];
    char link_path[512];

    for (int i = 0; i < folder->count; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder->path, folder->entries[i]->d_name);
        certificate_folder_path(certificates, folder->entries[i]->d_name, link_path, sizeof link_path);
        assert_int_equal(symlink(path, link_path), 0);
    }
    (void)snprintf(folder->path, sizeof folder->path, "%s", certificates->path);
}

static void config_file_reads_every_good_file(void **state)
{
    struct certificate_folder certificates;
    struct folder folder;
    (void)state;
    folder_open(&folder, "good");
    certificate_folder_make(&certificates);
    link_all(&folder, &certificates);

    for (int i = 0; i < folder.count; i++) {
        cleanup_buf struct buf told;
        buf_init(&told, TEXT_BYTES);

        struct config *config = load(&folder, folder.entries[i]->d_name, &told);

        assert_text(buf_view(&told), "");
        assert_case(folder.entries[i]->d_name, config != NULL && config->route_table != NULL);
        /* The file's text is freed by now: all that is kept must be the configuration's own. */
        assert_int_equal(config_json_render(config, &told), 0);
        config_release(config);
    }

    assert_true(folder.count >= GOOD_FILES_LEAST);
    certificate_folder_remove(&certificates);
    folder_close(&folder);
}

static void config_file_tells_of_every_bad_file_what_stands_beside_it(void **state)
{
    struct folder folder;
    (void)state;
    folder_open(&folder, "bad");

    for (int i = 0; i < folder.count; i++) {
        const char *name = folder.entries[i]->d_name;
        cleanup_buf struct buf told;
        cleanup_buf struct buf expected;
        buf_init(&told, TEXT_BYTES);
        buf_init(&expected, TEXT_BYTES);

        struct config *config = load(&folder, name, &told);

        assert_case(name, config == NULL);
        read_expected(&folder, name, &expected);
        assert_case(name, expected.length > 0);
        if (!str_equal(buf_view(&told), buf_view(&expected))) {
            fail_msg("%s\ntold:\n%.*sexpected:\n%.*s", name, STR_ARGUMENTS(buf_view(&told)),
                     STR_ARGUMENTS(buf_view(&expected)));
        }
    }

    assert_true(folder.count >= BAD_FILES_LEAST);
    folder_close(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_file_reads_every_good_file),
        cmocka_unit_test(config_file_tells_of_every_bad_file_what_stands_beside_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
