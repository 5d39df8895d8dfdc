/* SPDX-License-Identifier: MIT */
#include "tests/e2e/experiment_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int experiment_bench_open(void **state)
{
    static struct experiment_bench bench;

    bench = (struct experiment_bench){ .lab = PROCESS_NONE, .folder = "/tmp/fanlight-experiment-XXXXXX" };
    bench.scene.backend = (struct process)PROCESS_NONE;
    bench.scene.gateway = (struct process)PROCESS_NONE;
    assert_non_null(mkdtemp(bench.folder));
    (void)snprintf(bench.json_path, sizeof bench.json_path, "%s/result.json", bench.folder);
    (void)snprintf(bench.svg_path, sizeof bench.svg_path, "%s/picture.svg", bench.folder);
    (void)snprintf(bench.json_option, sizeof bench.json_option, "--json=%s", bench.json_path);
    (void)snprintf(bench.svg_option, sizeof bench.svg_option, "--svg=%s", bench.svg_path);
    *state = &bench;
    return 0;
}

int experiment_bench_close(void **state)
{
    struct experiment_bench *bench = *state;

    process_clear(&bench->lab);
    process_clear(&bench->scene.gateway);
    process_clear(&bench->scene.backend);
    (void)unlink(bench->json_path);
    (void)unlink(bench->svg_path);
    return rmdir(bench->folder);
}

void experiment_bench_start(struct experiment_bench *bench, const char *const *options)
{
    const char *arguments[16] = { "experiment" };

    for (size_t i = 0; options[i] != NULL; i++) {
        assert_true(i + 2 < array_length(arguments));
        arguments[i + 1] = options[i];
    }
    process_start(&bench->lab, "lab", arguments);
}

char *experiment_bench_read_file(const char *path)
{
    struct stat status = { .st_size = 0 };
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("%s is not there", path);
        return NULL;
    }
    assert_int_equal(fstat(fileno(file), &status), 0);
    char *text = calloc(1, (size_t)status.st_size + 1);

    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)status.st_size, file), status.st_size);
    (void)fclose(file);
    return text;
}

cJSON *experiment_bench_read_document(const struct experiment_bench *bench)
{
    char *text = experiment_bench_read_file(bench->json_path);
    cJSON *document = cJSON_Parse(text);

    assert_non_null(document);
    free(text);
    return document;
}
