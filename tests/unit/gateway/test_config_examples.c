/* SPDX-License-Identifier: MIT */
/*
 * Configurations that are files: the examples of docs/configuration.md, and all of tests/config/good.
 */
#include <dirent.h>
#include <stdio.h>

#include "common/json_scan.h"
#include "gateway/config_check.h"
#include "gateway/config_json.h"
#include "tests/support/certificate_folder.h"
#include "tests/unit/gateway/config_bench.h"

enum { FILE_BYTES = 1024 * 1024, TEXT_BYTES = 16 * 1024 * 1024, PATH_BYTES = 4096 };

/* Examples name certificates, which are not kept beside them: as if they stood where these are. */
static struct certificate_folder certificates;
static char config_flag[128];
static const char *const flags[] = { config_flag, NULL };

static int make_certificates(void **state)
{
    (void)state;
    certificate_folder_make(&certificates);
    certificate_folder_write_pair(&certificates, "client", &certificates.gateway);
    (void)snprintf(config_flag, sizeof config_flag, "--config=%s/page.json", certificates.path);
    return 0;
}

static int remove_certificates(void **state)
{
    (void)state;
    certificate_folder_remove(&certificates);
    return 0;
}

static void read_file(const char *path, struct buf *text)
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        fail_msg("%s cannot be read", path);
        return;
    }
    buf_init(text, FILE_BYTES);
    char *room = buf_reserve(text, FILE_BYTES);
    assert_non_null(room);
    text->length = fread(room, 1, FILE_BYTES, file);
    assert_int_equal(fclose(file), 0);
    assert_in_range(text->length, 1, FILE_BYTES - 1);
}

/* ---- docs/configuration.md ---- */

/* The block of that kind ("json"; "" for none) that begins next; the text goes on behind it. */
static bool take_block(struct str *text, const char *kind, struct str *ret_block)
{
    while (text->length > 0) {
        struct str line = str_split(text, '\n');
        if (!str_starts_with(line, STR("```"))) {
            continue;
        }
        struct str block = { text->base, 0 };
        while (text->length > 0 && !str_starts_with(*text, STR("```"))) {
            (void)str_split(text, '\n');
        }
        block.length = (size_t)(text->base - block.base);
        (void)str_split(text, '\n');
        if (str_equal(str_from(line, 3), str_of(kind))) {
            *ret_block = block;
            return true;
        }
    }
    return false;
}

static void every_example_of_the_documentation_is_a_good_configuration(void **state)
{
    cleanup_buf struct buf document;
    size_t count = 0;
    struct str block = { NULL, 0 };
    (void)state;
    read_file(SOURCE_DIR "/docs/configuration.md", &document);
    struct str rest = buf_view(&document);

    while (take_block(&rest, "json", &block)) {
        config_release(config_bench_read_with(flags, block));
        count++;
    }

    print_message("%zu examples\n", count);
    assert_in_range(count, 4, 100);
}

static void the_tree_of_the_documentation_is_that_of_its_first_example(void **state)
{
    cleanup_buf struct buf document;
    cleanup_buf struct buf shown;
    struct str example = { NULL, 0 };
    struct str tree = { NULL, 0 };
    (void)state;
    read_file(SOURCE_DIR "/docs/configuration.md", &document);
    buf_init(&shown, TEXT_BYTES);
    struct str rest = buf_view(&document);
    assert_true(take_block(&rest, "json", &example));
    assert_true(take_block(&rest, "", &tree));
    struct config *config = config_bench_read_with(flags, example);

    assert_int_equal(config_check_render(config, &shown), 0);

    if (!str_equal(buf_view(&shown), tree)) {
        fail_msg("\n%.*s\nis not\n%.*s", STR_ARGUMENTS(buf_view(&shown)), STR_ARGUMENTS(tree));
    }
    config_release(config);
}

/* ---- tests/config/good ---- */

static void show(const struct config *config, struct buf *tree, struct buf *json)
{
    buf_init(tree, TEXT_BYTES);
    buf_init(json, TEXT_BYTES);
    assert_int_equal(config_check_render(config, tree), 0);
    assert_int_equal(config_json_render(config, json), 0);
    assert_int_equal(json_scan_check(buf_view(json), JSON_SCAN_DEPTH, NULL), 0);
}

/* What /config shows is a configuration of the same plans, shown in the same way. */
static void show_and_read_again(const char *path)
{
    cleanup_buf struct buf text;
    cleanup_buf struct buf tree;
    cleanup_buf struct buf json;
    cleanup_buf struct buf tree_again;
    cleanup_buf struct buf json_again;
    read_file(path, &text);

    struct config *config = config_bench_read_with(flags, buf_view(&text));
    show(config, &tree, &json);
    struct config *again = config_bench_read_with(flags, buf_view(&json));
    show(again, &tree_again, &json_again);

    assert_case(path, str_equal(buf_view(&tree), buf_view(&tree_again)));
    assert_case(path, str_equal(buf_view(&json), buf_view(&json_again)));
    config_release(config);
    config_release(again);
}

static void what_is_shown_of_every_good_file_reads_as_the_same(void **state)
{
    static const char folder[] = SOURCE_DIR "/tests/config/good";
    DIR *directory = opendir(folder);
    char path[PATH_BYTES];
    size_t count = 0;
    (void)state;
    assert_non_null(directory);

    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        if (strstr(entry->d_name, ".json") != NULL) {
            (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            show_and_read_again(path);
            count++;
        }
    }

    print_message("%zu files\n", count);
    assert_in_range(count, 1, 10000);
    assert_int_equal(closedir(directory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_of_the_documentation_is_a_good_configuration),
        cmocka_unit_test(the_tree_of_the_documentation_is_that_of_its_first_example),
        cmocka_unit_test(what_is_shown_of_every_good_file_reads_as_the_same),
    };

    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
