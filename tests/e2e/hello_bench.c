/* SPDX-License-Identifier: MIT */
#include "tests/e2e/hello_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXT_BYTES = 256 * 1024 };

int hello_bench_open(void **state)
{
    static struct hello_bench bench;

    bench = (struct hello_bench){ .lab = PROCESS_NONE, .folder = "/tmp/fanlight-hello-XXXXXX" };
    bench.scene.backend = (struct process)PROCESS_NONE;
    bench.scene.gateway = (struct process)PROCESS_NONE;
    assert_non_null(mkdtemp(bench.folder));
    (void)snprintf(bench.json_path, sizeof bench.json_path, "%s/result.json", bench.folder);
    (void)snprintf(bench.report_path, sizeof bench.report_path, "%s/report.html", bench.folder);
    (void)snprintf(bench.script_path, sizeof bench.script_path, "%s/own_client.sh", bench.folder);
    (void)snprintf(bench.marker_path, sizeof bench.marker_path, "%s/marker", bench.folder);
    (void)snprintf(bench.json_option, sizeof bench.json_option, "--json=%s", bench.json_path);
    (void)snprintf(bench.report_option, sizeof bench.report_option, "--report=%s", bench.report_path);
    (void)snprintf(bench.command_option, sizeof bench.command_option, "--client-command=sh %s", bench.script_path);
    *state = &bench;
    return 0;
}

int hello_bench_close(void **state)
{
    struct hello_bench *bench = *state;

    process_clear(&bench->lab);
    process_clear(&bench->scene.backend);
    (void)unlink(bench->json_path);
    (void)unlink(bench->report_path);
    (void)unlink(bench->script_path);
    (void)unlink(bench->marker_path);
    return rmdir(bench->folder);
}

void hello_bench_write_client(const struct hello_bench *bench, const char *script)
{
    FILE *file = fopen(bench->script_path, "w");

    assert_non_null(file);
    (void)fprintf(file, "%s\n", script);
    (void)fclose(file);
}

void hello_bench_start(struct hello_bench *bench, const char *const *options)
{
    const char *arguments[16] = { "hello" };

    for (size_t i = 0; options[i] != NULL; i++) {
        assert_true(i + 2 < array_length(arguments));
        arguments[i + 1] = options[i];
    }
    process_start(&bench->lab, "lab", arguments);
}

void hello_bench_start_server(struct hello_bench *bench, const char *target)
{
    scene_start_backend(&bench->scene, OPTIONS("--delay=1ms"));
    (void)snprintf(bench->url, sizeof bench->url, "server=http://127.0.0.1:%d%s", bench->scene.backend_port, target);
}

char *hello_bench_read_file(const char *path)
{
    char *text = calloc(1, TEXT_BYTES);
    FILE *file = fopen(path, "r");

    assert_non_null(text);
    assert_non_null(file);
    assert_true(fread(text, 1, TEXT_BYTES - 1, file) < TEXT_BYTES - 1);
    (void)fclose(file);
    return text;
}

cJSON *hello_bench_read_document(const struct hello_bench *bench)
{
    char *text = hello_bench_read_file(bench->json_path);
    cJSON *document = cJSON_Parse(text);

    assert_non_null(document);
    free(text);
    return document;
}

const cJSON *hello_row_of(const cJSON *document, const char *name, const char *client)
{
    const cJSON *row = NULL;

    cJSON_ArrayForEach(row, cJSON_GetObjectItem(document, "rows"))
    {
        if (strcmp(json_text(row, "name"), name) == 0 && strcmp(json_text(row, "client"), client) == 0) {
            return row;
        }
    }
    fail_msg("there is no row %s, %s", name, client);
    return NULL;
}

double hello_seconds_of(const cJSON *row, int column)
{
    const cJSON *median =
        cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(row, "seconds"), column), "median");

    return cJSON_IsNumber(median) ? median->valuedouble : -1;
}
