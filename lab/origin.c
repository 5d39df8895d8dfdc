/* SPDX-License-Identifier: MIT */
#include "lab/origin.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/clock.h"
#include "common/time_stamp.h"
#include "lab/command.h"
#include "lab/company.h"
#include "lab/machine_probe.h"
#include "lab/printable.h"
#include "lab/small_file.h"

enum { FILE_BYTES = 16 * 1024, VERSION_BYTES = 256, SENTENCE_BYTES = 512, COMMAND_BYTES = 64 * 1024 };
enum { VERSION_TIMEOUT_US = 5 * CLOCK_US_PER_SECOND, DATE_BYTES = sizeof "2026-11-22T08:40:00" - 1 };

/* ---- the command line ---- */

static bool needs_quotes(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";

    return word[0] == '\0' || word[strspn(word, plain)] != '\0';
}

/* For sh: within ' nothing but ' itself is special. */
static void add_quoted(struct buf *text, const char *word)
{
    (void)buf_add_byte(text, '\'');
    for (; *word != '\0'; word++) {
        (void)(*word == '\'' ? buf_add_text(text, "'\\''") : buf_add_byte(text, *word));
    }
    (void)buf_add_byte(text, '\'');
}

void origin_add_command(struct buf *text, int argc, char *const *argv)
{
    (void)buf_add_text(text, "lab");
    for (int i = 0; i < argc; i++) {
        (void)buf_add_byte(text, ' ');
        if (needs_quotes(argv[i])) {
            add_quoted(text, argv[i]);
        } else {
            (void)buf_add_text(text, argv[i]);
        }
    }
}

/* ---- JSON from bytes that need not be UTF-8 ---- */

static bool add_text(cJSON *object, const char *name, struct str bytes)
{
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, COMMAND_BYTES);
    bool is_whole = printable_add(&text, bytes) == 0 && buf_add_byte(&text, '\0') == 0;
    return is_whole && cJSON_AddStringToObject(object, name, text.base) != NULL;
}

/* ---- the machine ---- */

/* "model name : AMD EPYC"; not every architecture has such a line. */
static bool add_processor(cJSON *machine, const struct utsname *system)
{
    char bytes[FILE_BYTES];
    struct str cpuinfo = small_file_read("/proc/cpuinfo", bytes, sizeof bytes);
    struct str model = small_file_value(cpuinfo, STR("model name"));

    (void)str_split(&model, ':');
    model = str_trim(model);
    return add_text(machine, "processor", model.length > 0 ? model : str_of(system->machine));
}

static bool add_distribution(cJSON *machine)
{
    char bytes[FILE_BYTES];
    struct str name = small_file_value(small_file_read("/etc/os-release", bytes, sizeof bytes), STR("PRETTY_NAME="));

    if (name.length >= 2 && name.base[0] == '"' && name.base[name.length - 1] == '"') {
        name = (struct str){ name.base + 1, name.length - 2 };
    }
    return add_text(machine, "distribution", name.length > 0 ? name : STR("unknown"));
}

static bool add_machine(cJSON *origin)
{
    struct utsname system;
    char sentence[SENTENCE_BYTES];
    cJSON *machine = cJSON_AddObjectToObject(origin, "machine");
    double pages = (double)sysconf(_SC_PHYS_PAGES);
    double page_bytes = (double)sysconf(_SC_PAGESIZE);

    if (machine == NULL || uname(&system) < 0) {
        return false;
    }
    (void)snprintf(sentence, sizeof sentence, "%s %s %s", system.sysname, system.release, system.machine);
    return add_processor(machine, &system) &&
           cJSON_AddNumberToObject(machine, "cores", machine_probe_cores()) != NULL &&
           cJSON_AddNumberToObject(machine, "memory_bytes", pages * page_bytes) != NULL &&
           add_text(machine, "system", str_of(sentence)) && add_distribution(machine);
}

/* ---- the versions ---- */

/* Takes the first line. */
static void on_version(void *context, struct str line)
{
    struct buf *version = context;

    if (version->length == 0) {
        (void)buf_add_str(version, line);
    }
}

static void read_until_end(struct child *child)
{
    uint64_t give_up_us = clock_monotonic_us() + VERSION_TIMEOUT_US;

    while (child_read(child) && clock_monotonic_us() < give_up_us) {
        struct pollfd descriptors[CHILD_DESCRIPTORS];
        child_descriptors(child, descriptors);
        (void)poll(descriptors, CHILD_DESCRIPTORS, company_poll_timeout_ms(give_up_us));
    }
}

/* What a program beside us says to --version; nothing where it cannot be asked. */
static void ask_version(const struct service_place *place, const char *program, struct buf *version)
{
    char path[SERVICE_PATH_BYTES];
    char flag[] = "--version";
    char *const command[] = { path, flag, NULL };
    struct child child = { .on_line = on_version, .context = version };
    struct error ignored;

    service_program_path(place->own_path, program, path, sizeof path);
    if (access(path, X_OK) == 0 && child_start(&child, command, place->environment, &ignored) == 0) {
        read_until_end(&child);
        child_stop(&child, VERSION_TIMEOUT_US);
    }
}

static bool append_text(cJSON *array, const char *text)
{
    cJSON *item = cJSON_CreateString(text);

    if (item != NULL && cJSON_AddItemToArray(array, item)) {
        return true;
    }
    cJSON_Delete(item);
    return false;
}

static bool add_program_version(cJSON *versions, const struct service_place *place, const char *program)
{
    cleanup_buf struct buf line = { .base = NULL };
    cleanup_buf struct buf version = { .base = NULL };

    buf_init(&line, VERSION_BYTES);
    buf_init(&version, (size_t)4 * VERSION_BYTES);
    ask_version(place, program, &line);
    if (printable_add(&version, buf_view(&line)) < 0 || buf_add_byte(&version, '\0') < 0) {
        return false;
    }
    return line.length == 0 || append_text(versions, version.base);
}

static bool add_versions(cJSON *object, const struct service_place *place)
{
    char libraries[VERSION_BYTES];
    char own[2 * VERSION_BYTES];
    cJSON *versions = cJSON_AddArrayToObject(object, "versions");

    command_libraries(libraries, sizeof libraries);
    (void)snprintf(own, sizeof own, COMMAND_PROGRAM_NAME " " FANLIGHT_VERSION " (%s)", libraries);
    if (versions == NULL || !append_text(versions, own)) {
        return false;
    }
    return place == NULL ||
           (add_program_version(versions, place, "gateway") && add_program_version(versions, place, "backend"));
}

/* ---- all of it ---- */

static bool add_moment(cJSON *object, uint64_t wall_us)
{
    cleanup_buf struct buf text = { .base = NULL };
    char moment[DATE_BYTES + sizeof "Z"];
    struct time_stamp stamp;

    buf_init(&text, SENTENCE_BYTES);
    time_stamp_init(&stamp);
    time_stamp_add(&stamp, wall_us, &text);
    (void)snprintf(moment, sizeof moment, "%.*sZ", DATE_BYTES, text.base != NULL ? text.base : "");
    return cJSON_AddStringToObject(object, "measured_at", moment) != NULL;
}

bool origin_add_json(cJSON *document, const struct origin *origin)
{
    cJSON *object = cJSON_AddObjectToObject(document, "origin");

    return object != NULL && add_moment(object, origin->measured_us) && add_text(object, "command", origin->command) &&
           cJSON_AddNumberToObject(object, "seed", (double)origin->seed) != NULL &&
           cJSON_AddBoolToObject(object, "interrupted", origin->was_interrupted) != NULL && add_machine(object) &&
           add_versions(object, origin->place);
}
