/* SPDX-License-Identifier: MIT */
#include "gateway/json_writer.h"

enum { INDENT_COLUMNS = 2 };

void json_writer_init(struct json_writer *writer, struct buf *json)
{
    *writer = (struct json_writer){ .json = json, .is_empty = true };
}

static void begin_line(struct json_writer *writer)
{
    (void)buf_add_byte(writer->json, '\n');
    for (unsigned i = 0; i < writer->depth * INDENT_COLUMNS; i++) {
        (void)buf_add_byte(writer->json, ' ');
    }
}

void json_writer_begin_value(struct json_writer *writer, struct str name)
{
    if (!writer->is_empty) {
        (void)buf_add_text(writer->json, writer->is_on_line ? ", " : ",");
    }
    if (writer->depth > 0 && !writer->is_on_line) {
        begin_line(writer);
    }
    writer->is_empty = false;
    if (name.base != NULL) {
        (void)buf_add_json_string(writer->json, name);
        (void)buf_add_text(writer->json, ": ");
    }
}

void json_writer_open(struct json_writer *writer, struct str name, char bracket)
{
    json_writer_begin_value(writer, name);
    (void)buf_add_byte(writer->json, bracket);
    writer->depth++;
    writer->is_empty = true;
}

void json_writer_open_list(struct json_writer *writer, struct str name)
{
    json_writer_open(writer, name, '[');
    writer->is_on_line = true;
}

void json_writer_close(struct json_writer *writer, char bracket)
{
    writer->depth--;
    if (!writer->is_empty && !writer->is_on_line) {
        begin_line(writer);
    }
    (void)buf_add_byte(writer->json, bracket);
    writer->is_empty = false;
    writer->is_on_line = false;
}

void json_writer_add_string(struct json_writer *writer, struct str name, struct str value)
{
    json_writer_begin_value(writer, name);
    (void)buf_add_json_string(writer->json, value);
}

void json_writer_add_number(struct json_writer *writer, struct str name, size_t value)
{
    json_writer_begin_value(writer, name);
    (void)buf_add_format(writer->json, "%zu", value);
}

void json_writer_add_boolean(struct json_writer *writer, struct str name, bool value)
{
    json_writer_add_json(writer, name, value ? STR("true") : STR("false"));
}

void json_writer_add_json(struct json_writer *writer, struct str name, struct str json)
{
    json_writer_begin_value(writer, name);
    (void)buf_add_str(writer->json, json);
}
