/* SPDX-License-Identifier: MIT */
#include "gateway/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/json_scan.h"
#include "common/options.h"
#include "gateway/config_sections.h"

enum {
    FILE_BYTES_MAXIMUM = 4 * 1024 * 1024,
    DEPTH_MAXIMUM = 64,
    GIB = 1024 * 1024 * 1024,
    FAN_OUT_MAXIMUM = 4096,
    PIECE_BYTES = 65536
};

/* ---- limits ---- */

/* If it is wrong, then the number of calls is not wrong as well. */
static void read_fan_out(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                         void *field)
{
    *(size_t *)field = FAN_OUT_MAXIMUM;
    config_read_size(reader, key, value, field);
}

static void read_overflow(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                          void *field)
{
    int choice = config_read_choice(reader, value, connection_overflow_names);

    (void)key;
    if (choice >= 0) {
        *(int *)field = choice;
    }
}

#define LIMITS_SIZE(key, least, most) CONFIG_SIZE_ROW(#key, struct config_limits, key, least, most)
#define LIMITS_DURATION(key, least_us) CONFIG_DURATION_ROW(#key, struct config_limits, key##_us, least_us)

static const struct config_key limit_keys[] = {
    LIMITS_SIZE(connections, 1, 1000000),
    { .name = "connection_overflow",
      .read = read_overflow,
      .offset = offsetof(struct config_limits, connection_overflow) },
    LIMITS_SIZE(in_flight, 1, 1000000),
    LIMITS_SIZE(header_bytes, 1024, 65536),
    LIMITS_SIZE(body_bytes, 0, GIB),
    LIMITS_SIZE(answer_bytes, 1024, GIB),
    { .name = "fan_out",
      .read = read_fan_out,
      .offset = offsetof(struct config_limits, fan_out),
      .minimum = 1,
      .maximum = FAN_OUT_MAXIMUM },
    LIMITS_DURATION(header_timeout, CLOCK_US_PER_MS),
    LIMITS_DURATION(body_timeout, CLOCK_US_PER_MS),
    LIMITS_DURATION(idle_timeout, CLOCK_US_PER_SECOND),
    LIMITS_DURATION(send_timeout, CLOCK_US_PER_MS),
};

static void read_limits(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                        void *field)
{
    struct config_value values[array_length(limit_keys)];

    (void)key;
    config_read_object(reader, value, &(struct config_table){ limit_keys, array_length(limit_keys) }, field, values);
}

/* ---- the top level ---- */

/* For editors; nothing is fetched. */
static void read_schema_name(struct config_reader *reader, const struct config_key *key,
                             const struct config_value *value, void *field)
{
    (void)key;
    (void)field;
    if (json_kind(value->json) != JSON_STRING) {
        config_expected(reader, value, "a string that says where the file's schema is");
    }
}

/* Routes last: what they may have depends on the two before. */
enum top_key { TOP_SCHEMA, TOP_LIMITS, TOP_BACKENDS, TOP_ROUTES, TOP_TLS, TOP_OWN_KEYS, TOP_KEYS_MAXIMUM = 32 };

static const struct config_key top_keys[TOP_OWN_KEYS] = {
    [TOP_SCHEMA] = { .name = "$schema", .read = read_schema_name },
    [TOP_LIMITS] = { .name = "limits", .read = read_limits, .offset = offsetof(struct config, limits) },
    [TOP_BACKENDS] = { .name = "backends", .read = config_read_backends, .maximum = CONFIG_BACKENDS_MAXIMUM },
    [TOP_ROUTES] = { .name = "routes",
                     .read = config_read_routes,
                     .minimum = 1,
                     .maximum = CONFIG_ROUTES_MAXIMUM,
                     .is_required = true },
    [TOP_TLS] = { .name = "tls", .read = config_read_front_tls, .offset = offsetof(struct config, tls) },
};

/* A key for each setting that is for the file, and then those of our own. */
struct top_table {
    struct config_key keys[TOP_KEYS_MAXIMUM];
    char names[TOP_KEYS_MAXIMUM][32];
    size_t setting_count;
};

/* "drain_timeout" for "drain-timeout" */
static void name_setting(const struct option *option, char *name, size_t size)
{
    (void)snprintf(name, size, "%s", option->name);
    for (; *name != '\0'; name++) {
        *name = *name == '-' ? '_' : *name;
    }
}

static void fill_top_table(struct top_table *top)
{
    size_t count = 0;

    for (size_t i = 0; i < settings_option_count && count + TOP_OWN_KEYS < TOP_KEYS_MAXIMUM; i++) {
        const struct option *option = &settings_options[i];
        char *name = top->names[count];
        name_setting(option, name, sizeof top->names[0]);
        if (settings_option_of_key(str_of(name)) == option) {
            top->keys[count++] = (struct config_key){
                .name = name,
                .read = config_read_setting,
                .offset = offsetof(struct config, settings),
                .option = option,
            };
        }
    }
    memcpy(&top->keys[count], top_keys, sizeof top_keys);
    top->setting_count = count;
}

static bool has_calls(const struct config_value *routes)
{
    struct json_walk walk = json_walk_begin(routes->json);
    struct str route;

    while (json_walk_element(&walk, &route)) {
        if (json_member(route, STR("calls")).base != NULL) {
            return true;
        }
    }
    return false;
}

/* Where nothing is called there need not be any. */
static void check_backends(struct config_reader *reader, const struct config_value *file,
                           const struct config_value *own)
{
    const struct config_value *backends = &own[TOP_BACKENDS];

    if (!has_calls(&own[TOP_ROUTES])) {
        return;
    }
    if (!config_is_given(backends)) {
        config_fault(reader, file, "\"backends\" is missing");
    } else if (json_kind(backends->json) == JSON_OBJECT && json_count(backends->json) == 0) {
        config_fault(reader, backends, "expected at least one backend, since there are routes with calls");
    }
}

static void read_top(struct config_reader *reader)
{
    struct config_value file = { .json = json_scan_trim(reader->text) };
    struct config_value values[TOP_KEYS_MAXIMUM];
    struct top_table top;

    fill_top_table(&top);
    struct config_table table = { top.keys, top.setting_count + TOP_OWN_KEYS };
    config_read_object(reader, &file, &table, reader->config, values);
    check_backends(reader, &file, &values[top.setting_count]);
}

/* ---- the text ---- */

static int refuse(struct config_faults *faults, size_t offset, const char *sentence)
{
    config_faults_add(faults, offset, "", sentence);
    return -1;
}

static int check_text(struct str text, struct config_faults *faults)
{
    struct json_fault fault;
    char sentence[128];

    if (text.length > FILE_BYTES_MAXIMUM) {
        return refuse(faults, 0, "has more than 4 MiB");
    }
    if (json_scan_check(text, DEPTH_MAXIMUM, &fault) == 0) {
        return 0;
    }
    if (fault.offset < text.length && text.base[fault.offset] == '\0') {
        return refuse(faults, fault.offset, "not valid JSON: a NUL byte");
    }
    if (strcmp(fault.reason, "nested too deep") == 0) {
        (void)snprintf(sentence, sizeof sentence, "nested deeper than %d levels", DEPTH_MAXIMUM);
    } else {
        (void)snprintf(sentence, sizeof sentence, "not valid JSON: %s", fault.reason);
    }
    return refuse(faults, fault.offset, sentence);
}

static struct config *read_text(const struct settings *settings, struct str text, struct config_faults *faults)
{
    struct config *config = NULL;

    if (check_text(text, faults) < 0) {
        return NULL;
    }
    config = config_new(settings);
    if (config == NULL) {
        (void)refuse(faults, 0, "no memory to read it");
        return NULL;
    }
    struct config_reader reader = { .text = text, .config = config, .faults = faults };
    read_top(&reader);
    if (faults->count == 0 && !faults->has_more && config_finish(config) < 0) {
        config_refuse_size(&reader);
    }
    return config;
}

struct config *config_read(const struct settings *settings, struct str text, struct config_faults *faults)
{
    struct config *config = read_text(settings, text, faults);

    if (faults->count > 0 || faults->has_more) {
        config_faults_locate(faults, text);
        config_release(config);
        return NULL;
    }
    return config;
}

/* ---- the file ---- */

/* A pipe that nobody has opened for writing is empty; opened without O_NONBLOCK, it would stop a gateway that is told
 * to reload. What a pipe's writer has to say is waited for (--config <(…)). */
static int open_file(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (descriptor < 0) {
        return -errno;
    }
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) < 0) {
        int error = errno;
        (void)close(descriptor);
        return -error;
    }
    return descriptor;
}

/* One byte more than is allowed, so that this is seen. 0 or -errno. */
static int read_file(const char *path, struct buf *text)
{
    cleanup_close int descriptor = open_file(path);
    ssize_t count = 1;

    if (descriptor < 0) {
        return descriptor;
    }
    while (count > 0 && text->length < text->limit) {
        size_t wanted = text->limit - text->length;
        wanted = wanted < PIECE_BYTES ? wanted : PIECE_BYTES;
        char *room = buf_reserve(text, wanted);
        if (room == NULL) {
            return -ENOMEM;
        }
        count = read(descriptor, room, wanted);
        text->length += count > 0 ? (size_t)count : 0;
    }
    return count < 0 ? -errno : 0;
}

struct config *config_load(const struct settings *settings, struct config_faults *faults)
{
    cleanup_buf struct buf text;
    char sentence[256];

    buf_init(&text, FILE_BYTES_MAXIMUM + 1);
    int result = read_file(settings->config_file, &text);
    if (result < 0) {
        (void)snprintf(sentence, sizeof sentence, "cannot be read: %s", strerror(-result));
        (void)refuse(faults, 0, sentence);
        return NULL;
    }
    return config_read(settings, buf_view(&text), faults);
}
