/* SPDX-License-Identifier: MIT */
#include "lab/assets.h"

#include "tests/support/unit.h"

static bool has(struct str text, const char *wanted)
{
    return memmem(text.base, text.length, wanted, strlen(wanted)) != NULL;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static void the_page_and_its_files_are_found_by_their_paths(void **state)
{
    static const struct {
        const char *path;
        const char *type;
        const char *beginning;
    } rows[] = {
        { "/", "text/html; charset=utf-8", "<!" },
        { "/index.html", "text/html; charset=utf-8", "<!" },
        { "/lab.css", "text/css; charset=utf-8", "/* SPDX-License-Identifier: MIT */" },
        { "/curves.js", "text/javascript; charset=utf-8", "// SPDX-License-Identifier: MIT" },
        { "/chart.js", "text/javascript; charset=utf-8", "/*!" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        const struct asset *asset = asset_find(str_of(rows[i].path));

        assert_case(rows[i].path, asset != NULL && strcmp(asset->content_type, rows[i].type) == 0 &&
                                      str_starts_with(asset->content, str_of(rows[i].beginning)));
    }
}

static void what_is_no_file_of_the_page_is_not_found(void **state)
{
    static const char *const paths[] = { "", "lab.css", "/lab.cs", "/lab.css/", "/LAB.CSS", "/../lab.css", "//" };

    (void)state;
    for (size_t i = 0; i < array_length(paths); i++) {
        assert_case(paths[i], asset_find(str_of(paths[i])) == NULL);
    }
}

static void every_asset_has_a_type_that_suits_its_name_and_ends_where_its_file_does(void **state)
{
    size_t count = 0;

    (void)state;
    for (const struct asset *asset = NULL; (asset = asset_at(count)) != NULL; count++) {
        bool is_suitable = (ends_with(asset->path, ".js") && strstr(asset->content_type, "javascript") != NULL) ||
                           (ends_with(asset->path, ".css") && strstr(asset->content_type, "css") != NULL) ||
                           (ends_with(asset->path, ".html") && strstr(asset->content_type, "html") != NULL);

        assert_case(asset->path, is_suitable);
        assert_case(asset->path, asset_find(str_of(asset->path)) == asset);
        assert_case(asset->path, asset->content.length > 0);
        assert_case(asset->path, asset->content.base[asset->content.length] == '\0');
        assert_case(asset->path, strlen(asset->content.base) == asset->content.length);
    }
    assert_true(count > 4);
    assert_null(asset_at(count));
    assert_null(asset_at(SIZE_MAX));
}

static void chart_js_comes_with_its_whole_licence(void **state)
{
    struct str chart = asset_find(STR("/chart.js"))->content;

    (void)state;
    assert_true(has(chart, "Chart.js v3."));
    assert_true(has(chart, "Permission is hereby granted, free of charge"));
    assert_true(has(chart, "Chart.js Contributors"));
    assert_true(has(chart, "Jukka Kurkela"));
}

/* A report has them in script elements. */
static void nothing_in_a_script_or_style_ends_its_element(void **state)
{
    static const char *const enders[] = { "</script", "</SCRIPT", "</style", "<!--" };

    (void)state;
    for (size_t i = 0; asset_at(i) != NULL; i++) {
        const struct asset *asset = asset_at(i);
        for (size_t k = 0; k < array_length(enders) && !ends_with(asset->path, ".html"); k++) {
            assert_case(asset->path, !has(asset->content, enders[k]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_and_its_files_are_found_by_their_paths),
        cmocka_unit_test(what_is_no_file_of_the_page_is_not_found),
        cmocka_unit_test(every_asset_has_a_type_that_suits_its_name_and_ends_where_its_file_does),
        cmocka_unit_test(chart_js_comes_with_its_whole_licence),
        cmocka_unit_test(nothing_in_a_script_or_style_ends_its_element),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
