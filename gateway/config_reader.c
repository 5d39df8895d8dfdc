/* SPDX-License-Identifier: MIT */
#include "gateway/config_reader.h"

#include <stdlib.h>
#include <string.h>

bool config_is_given(const struct config_value *value)
{
    return value->json.base != NULL;
}

/* ---- objects whose keys are known ---- */

/* Its row; count: there is none. */
static size_t find_key(const struct config_table *table, struct str name)
{
    size_t i = 0;

    while (i < table->count && !json_string_equal(name, str_of(table->keys[i].name))) {
        i++;
    }
    return i;
}

static void tell_unknown_key(struct config_reader *reader, const struct config_table *table,
                             const struct config_value *value)
{
    const char *names[sizeof(uint64_t) * 8 + 1];
    size_t count = 0;

    while (count < table->count && count + 1 < array_length(names)) {
        names[count] = table->keys[count].name;
        count++;
    }
    names[count] = NULL;
    config_unknown(reader, value, value->key.base, "key", names);
}

static void tell_duplicate(struct config_reader *reader, const struct config_value *value)
{
    config_fault_at(reader, value, value->key.base, "stands more than once");
}

static void sort_members(struct config_reader *reader, const struct config_value *object,
                         const struct config_table *table, struct config_value *values)
{
    struct json_walk walk = json_walk_begin(object->json);
    struct config_value value = { .outer = object };

    while (json_walk_member(&walk, &value.key, &value.json)) {
        size_t row = find_key(table, value.key);
        if (row == table->count) {
            tell_unknown_key(reader, table, &value);
        } else if (config_is_given(&values[row])) {
            tell_duplicate(reader, &value);
        } else {
            values[row] = value;
        }
    }
}

void config_read_object(struct config_reader *reader, const struct config_value *object,
                        const struct config_table *table, void *target, struct config_value *values)
{
    memset(values, 0, table->count * sizeof values[0]);
    if (json_kind(object->json) != JSON_OBJECT) {
        config_expected(reader, object, "an object");
        return;
    }
    sort_members(reader, object, table, values);
    for (size_t i = 0; i < table->count; i++) {
        const struct config_key *key = &table->keys[i];
        if (config_is_given(&values[i]) && key->read != NULL) {
            key->read(reader, key, &values[i], (char *)target + key->offset);
        } else if (key->is_required && !config_is_given(&values[i])) {
            config_fault(reader, object, "\"%s\" is missing", key->name);
        }
    }
}

/* ---- how many ---- */

static bool has_right_count(struct config_reader *reader, const struct config_value *value,
                            const struct config_key *bounds, const char *what)
{
    size_t count = json_count(value->json);
    unsigned long long minimum = bounds->minimum;
    unsigned long long maximum = bounds->maximum;

    if (count < minimum) {
        config_fault(reader, value, "expected %llu to %llu %s, not %zu", minimum, maximum, what, count);
    } else if (count > maximum) {
        config_fault(reader, value, "expected at most %llu %s, not %zu", maximum, what, count);
    }
    return count >= minimum && count <= maximum;
}

/* ---- objects whose names are free ---- */

static int compare_members(const void *left, const void *right)
{
    const struct config_member *a = *(const struct config_member *const *)left;
    const struct config_member *b = *(const struct config_member *const *)right;
    size_t shorter = a->name.length < b->name.length ? a->name.length : b->name.length;
    int order = memcmp(a->name.base, b->name.base, shorter);

    order = order != 0 ? order : (a->name.length > b->name.length) - (a->name.length < b->name.length);
    return order != 0 ? order : (a > b) - (a < b);
}

/* Those that are left out lose their names' bytes; in the list sorted by name, they stand behind the one that stays. */
static int mark_duplicates(struct config_reader *reader, struct config_member *members, size_t count)
{
    cleanup_free struct config_member **sorted = calloc(count + 1, sizeof *sorted);

    if (sorted == NULL) {
        config_refuse_size(reader);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &members[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_members);
    struct str last = { NULL, 0 };
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && str_equal(sorted[i]->name, last)) {
            tell_duplicate(reader, &sorted[i]->value);
            sorted[i]->name.base = NULL;
        } else {
            last = sorted[i]->name;
        }
    }
    return 0;
}

static size_t drop_duplicates(struct config_member *members, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (members[i].name.base != NULL) {
            members[kept++] = members[i];
        }
    }
    return kept;
}

static int copy_name(struct config_reader *reader, struct str key, struct str *ret_name)
{
    cleanup_buf struct buf name;

    buf_init(&name, key.length);
    if (json_add_text(key, &name) < 0) {
        config_refuse_size(reader);
        return -1;
    }
    *ret_name = (struct str){ config_copy(reader, buf_view(&name)), name.length };
    return ret_name->base != NULL ? 0 : -1;
}

static int fill(struct config_reader *reader, const struct config_value *object, struct config_member *members)
{
    struct json_walk walk = json_walk_begin(object->json);
    struct config_value value = { .outer = object };

    for (size_t i = 0; json_walk_member(&walk, &value.key, &value.json); i++) {
        members[i].value = value;
        if (copy_name(reader, value.key, &members[i].name) < 0) {
            return -1;
        }
    }
    return 0;
}

struct config_member *config_list_members(struct config_reader *reader, const struct config_value *object,
                                          const struct config_key *bounds, const char *what, size_t *ret_count)
{
    if (json_kind(object->json) != JSON_OBJECT) {
        config_expected(reader, object, "an object");
        return NULL;
    }
    if (!has_right_count(reader, object, bounds, what)) {
        return NULL;
    }
    size_t count = json_count(object->json);
    cleanup_free struct config_member *members = calloc(count + 1, sizeof *members);
    if (members == NULL) {
        config_refuse_size(reader);
        return NULL;
    }
    if (fill(reader, object, members) < 0 || mark_duplicates(reader, members, count) < 0) {
        return NULL;
    }
    *ret_count = drop_duplicates(members, count);
    return take_pointer(members);
}

/* ---- arrays ---- */

bool config_is_list(struct config_reader *reader, const struct config_value *array, const struct config_key *bounds,
                    const char *what)
{
    char allowed[64];

    if (json_kind(array->json) == JSON_ARRAY) {
        return has_right_count(reader, array, bounds, what);
    }
    (void)snprintf(allowed, sizeof allowed, "an array of %s", what);
    config_expected(reader, array, allowed);
    return false;
}

bool config_next_element(const struct config_value *array, struct json_walk *walk, struct config_value *element)
{
    size_t index = element->outer == NULL ? 0 : element->index + 1;

    *element = (struct config_value){ .outer = array, .index = index };
    return json_walk_element(walk, &element->json);
}
