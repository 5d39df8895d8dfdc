/* SPDX-License-Identifier: MIT */
#include "lab/origin.h"

#include <sys/utsname.h>

#include "lab/machine_probe.h"
#include "tests/support/unit.h"
#include "tests/unit/lab/program_folder.h"

static void origin_command_can_be_given_to_a_shell_again(void **state)
{
    static const struct {
        const char *word, *expected;
    } rows[] = {
        { "--modes=sync,async", "lab hello --modes=sync,async" },
        { "http://127.0.0.1:8080/a%20b", "lab hello http://127.0.0.1:8080/a%20b" },
        { "python3 client.py", "lab hello 'python3 client.py'" },
        { "it's", "lab hello 'it'\\''s'" },
        { "$(reboot)", "lab hello '$(reboot)'" },
        { "a;b", "lab hello 'a;b'" },
        { "*", "lab hello '*'" },
        { "", "lab hello ''" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        cleanup_buf struct buf text = { .base = NULL };
        char name[] = "hello";
        char word[64];
        char *argv[] = { name, word, NULL };

        buf_init(&text, 1024);
        (void)snprintf(word, sizeof word, "%s", rows[i].word);
        origin_add_command(&text, 2, argv);

        assert_text(buf_view(&text), rows[i].expected);
    }
}

/* "origin" of a document, which is to be freed. */
static cJSON *make_document(const struct origin *origin)
{
    cJSON *document = cJSON_CreateObject();

    assert_non_null(document);
    assert_true(origin_add_json(document, origin));
    assert_non_null(cJSON_GetObjectItem(document, "origin"));
    return document;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItem(object, name);

    assert_non_null(item);
    return item;
}

static void origin_tells_when_and_how_it_was_measured(void **state)
{
    const struct origin origin = {
        .command = STR("lab hello"),
        .measured_us = UINT64_C(1795336800999999), /* 2026-11-22T08:40:00.999999Z */
        .seed = 7,
        .was_interrupted = true,
    };

    (void)state;
    cJSON *document = make_document(&origin);

    const cJSON *json = member(document, "origin");
    assert_string_equal(member(json, "measured_at")->valuestring, "2026-11-22T08:40:00Z");
    assert_string_equal(member(json, "command")->valuestring, "lab hello");
    assert_true(member(json, "seed")->valuedouble == 7);
    assert_true(cJSON_IsTrue(member(json, "interrupted")));
    cJSON_Delete(document);
}

static void origin_describes_the_machine(void **state)
{
    struct utsname system;
    char expected[512];

    (void)state;
    cJSON *document = make_document(&(struct origin){ .command = STR("lab hello") });

    const cJSON *machine = member(member(document, "origin"), "machine");
    assert_true(member(machine, "cores")->valuedouble == machine_probe_cores());
    assert_true(member(machine, "memory_bytes")->valuedouble > 1024.0 * 1024.0);
    assert_true(strlen(member(machine, "processor")->valuestring) > 0);
    assert_true(strlen(member(machine, "distribution")->valuestring) > 0);
    assert_int_equal(uname(&system), 0);
    (void)snprintf(expected, sizeof expected, "%s %s %s", system.sysname, system.release, system.machine);
    assert_string_equal(member(machine, "system")->valuestring, expected); /* and not the name it goes by */
    cJSON_Delete(document);
}

static void origin_asks_the_programs_for_their_versions(void **state)
{
    struct program_folder folder;
    struct service_place place;
    struct error error;

    (void)state;
    program_folder_open(&folder);
    program_folder_write(&folder, "gateway", "[ \"$*\" = --version ] && echo 'fanlight-gateway 9 (x)' && echo more");
    assert_int_equal(service_place_init(&place, folder.own_path, program_folder_environment(), &error), 0);
    cJSON *document = make_document(&(struct origin){ .command = STR("lab hello"), .place = &place });

    const cJSON *versions = member(member(document, "origin"), "versions");
    assert_int_equal(cJSON_GetArraySize(versions), 2); /* there is no backend to ask */
    assert_int_equal(strncmp(cJSON_GetArrayItem(versions, 0)->valuestring, "fanlight-lab ", 13), 0);
    assert_string_equal(cJSON_GetArrayItem(versions, 1)->valuestring, "fanlight-gateway 9 (x)");
    cJSON_Delete(document);
    program_folder_close(&folder);
}

static void origin_is_valid_text_whatever_the_command_line_holds(void **state)
{
    (void)state;
    cJSON *document = make_document(&(struct origin){ .command = STR("lab \xff\x1b[31m") });

    assert_string_equal(member(member(document, "origin"), "command")->valuestring, "lab \\xFF\\x1B[31m");
    cJSON_Delete(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(origin_command_can_be_given_to_a_shell_again),
        cmocka_unit_test(origin_tells_when_and_how_it_was_measured),
        cmocka_unit_test(origin_describes_the_machine),
        cmocka_unit_test(origin_asks_the_programs_for_their_versions),
        cmocka_unit_test(origin_is_valid_text_whatever_the_command_line_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
