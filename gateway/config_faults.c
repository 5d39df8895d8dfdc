/* SPDX-License-Identifier: MIT */
/*
 * config_faults - the list of what is wrong in a configuration file, and that list for a person.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/config_reader.h"

void config_faults_init(struct config_faults *faults)
{
    *faults = (struct config_faults){ .items = NULL };
}

static void clear_fault(struct config_fault *fault)
{
    free(fault->path);
    free(fault->sentence);
}

void config_faults_clear(struct config_faults *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        clear_fault(&faults->items[i]);
    }
    free(faults->items);
    config_faults_init(faults);
}

/* ---- filling it ---- */

bool config_faults_takes(const struct config_faults *faults, size_t offset)
{
    return faults->count < CONFIG_FAULTS_MAXIMUM || offset < faults->items[CONFIG_FAULTS_MAXIMUM - 1].offset;
}

/* Behind those of the same byte. */
static void insert(struct config_faults *faults, const struct config_fault *fault)
{
    size_t index = faults->count;

    while (index > 0 && faults->items[index - 1].offset > fault->offset) {
        index--;
    }
    memmove(&faults->items[index + 1], &faults->items[index], (faults->count - index) * sizeof faults->items[0]);
    faults->items[index] = *fault;
    faults->count++;
}

void config_faults_add(struct config_faults *faults, size_t offset, const char *path, const char *sentence)
{
    if (faults->items == NULL) {
        faults->items = calloc(CONFIG_FAULTS_MAXIMUM, sizeof faults->items[0]);
    }
    struct config_fault fault = { .offset = offset, .path = strdup(path), .sentence = strdup(sentence) };
    bool has_memory = faults->items != NULL && fault.path != NULL && fault.sentence != NULL;
    if (!has_memory || !config_faults_takes(faults, offset)) {
        clear_fault(&fault);
        faults->has_more = true;
        return;
    }
    if (faults->count == CONFIG_FAULTS_MAXIMUM) {
        clear_fault(&faults->items[--faults->count]);
        faults->has_more = true;
    }
    insert(faults, &fault);
}

/* Each from where the one before it is: the text is gone through once. */
void config_faults_locate(struct config_faults *faults, struct str text)
{
    struct json_position last = { 1, 1 };
    size_t last_offset = 0;

    for (size_t i = 0; i < faults->count; i++) {
        struct config_fault *fault = &faults->items[i];
        struct json_position way = json_position(str_from(text, last_offset), fault->offset - last_offset);
        last.column = way.line > 1 ? way.column : last.column + way.column - 1;
        last.line += way.line - 1;
        last_offset = fault->offset;
        fault->position = last;
    }
}

/* ---- showing it ---- */

static void add_fault(const struct config_fault *fault, const char *file, struct buf *text)
{
    (void)buf_add_escaped(text, str_of(file));
    if (fault->position.line > 0) {
        (void)buf_add_format(text, ":%zu:%zu", fault->position.line, fault->position.column);
    }
    (void)buf_add_format(text, ": %s%s%s", fault->path, fault->path[0] != '\0' ? ": " : "", fault->sentence);
}

/* Not even one fault could be kept. */
static void add_no_memory(const char *file, struct buf *text)
{
    (void)buf_add_escaped(text, str_of(file));
    (void)buf_add_text(text, ": no memory to read it");
}

void config_faults_render(const struct config_faults *faults, const char *file, struct buf *text)
{
    for (size_t i = 0; i < faults->count; i++) {
        add_fault(&faults->items[i], file, text);
        (void)buf_add_byte(text, '\n');
    }
    if (faults->count == 0) {
        add_no_memory(file, text);
        (void)buf_add_byte(text, '\n');
    } else if (faults->has_more) {
        (void)buf_add_escaped(text, str_of(file));
        (void)buf_add_format(text, ": these are the first %zu faults\n", faults->count);
    }
}

void config_faults_render_line(const struct config_faults *faults, const char *file, struct buf *text)
{
    if (faults->count == 0) {
        add_no_memory(file, text);
        return;
    }
    add_fault(&faults->items[0], file, text);
    if (faults->has_more) {
        (void)buf_add_format(text, " (and at least %zu more faults)", faults->count - 1);
    } else if (faults->count > 1) {
        (void)buf_add_format(text, " (and %zu more %s)", faults->count - 1, faults->count == 2 ? "fault" : "faults");
    }
}
