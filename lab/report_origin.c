/* SPDX-License-Identifier: MIT */
#include "lab/report_sections.h"
#include "lab/report_text.h"

#define BYTES_PER_GIB (1024.0 * 1024.0 * 1024.0)

static void add_entry(struct buf *html, const char *title, struct str text, bool is_code)
{
    if (text.length == 0) {
        return;
    }
    (void)buf_add_format(html, "<dt>%s</dt><dd>%s", title, is_code ? "<code>" : "");
    (void)report_text_add_html(html, text);
    (void)buf_add_text(html, is_code ? "</code></dd>\n" : "</dd>\n");
}

/* "AMD EPYC, 2 cores, 23.5 GiB; Debian GNU/Linux 12 (bookworm), Linux 6.1.0 x86_64" */
static void add_machine(struct buf *html, const cJSON *machine)
{
    struct str processor = report_string(machine, "processor");
    struct str distribution = report_string(machine, "distribution");
    double cores = report_number(machine, "cores");
    double memory_bytes = report_number(machine, "memory_bytes");

    if (machine == NULL) {
        return;
    }
    (void)buf_add_text(html, "<dt>machine</dt><dd>");
    (void)report_text_add_html(html, processor.length > 0 ? processor : STR("processor not known"));
    if (!isnan(cores)) {
        (void)buf_add_format(html, ", %.0f core%s", cores, cores == 1 ? "" : "s");
    }
    if (!isnan(memory_bytes)) {
        (void)buf_add_format(html, ", %.1f GiB", memory_bytes / BYTES_PER_GIB);
    }
    (void)buf_add_text(html, distribution.length > 0 ? "; " : "");
    (void)report_text_add_html(html, distribution);
    (void)buf_add_text(html, "; ");
    (void)report_text_add_html(html, report_string(machine, "system"));
    (void)buf_add_text(html, "</dd>\n");
}

static void add_versions(struct buf *html, const cJSON *versions)
{
    const cJSON *version = NULL;

    if (cJSON_GetArraySize(versions) == 0) {
        return;
    }
    (void)buf_add_text(html, "<dt>versions</dt><dd>");
    cJSON_ArrayForEach(version, versions)
    {
        (void)buf_add_text(html, version == versions->child ? "" : "<br>");
        (void)report_text_add_html(html, str_of(cJSON_GetStringValue(version)));
    }
    (void)buf_add_text(html, "</dd>\n");
}

void report_add_origin(struct buf *html, const cJSON *origin)
{
    double seed = report_number(origin, "seed");

    if (origin == NULL) {
        return;
    }
    (void)buf_add_text(html, "<h3>How it was measured</h3>\n<dl class=\"origin\">\n");
    add_entry(html, "command", report_string(origin, "command"), true);
    add_entry(html, "when", report_string(origin, "measured_at"), false);
    if (!isnan(seed)) {
        (void)buf_add_format(html, "<dt>seed</dt><dd>%.0f</dd>\n", seed);
    }
    add_machine(html, report_member(origin, "machine"));
    add_versions(html, report_member(origin, "versions"));
    (void)buf_add_text(html, "</dl>\n");
}
