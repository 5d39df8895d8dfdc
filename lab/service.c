/* SPDX-License-Identifier: MIT */
#include "lab/service.h"

#include <errno.h>
#include <string.h>

#include "common/arena.h"
#include "lab/company.h"
#include "lab/printable.h"

enum { URL_BYTES = 512, PROGRAM_BYTES = 64, COMMAND_BYTES = 64 * 1024 };

#define INSTALLED_PREFIX "fanlight-"
#define LISTEN_ANYWHERE "--listen=127.0.0.1:0"

/* ---- where programs are ---- */

int service_place_init(struct service_place *place, const char *own_path, char *const *environment, struct error *error)
{
    *place = (struct service_place){ .environment = environment };
    if (own_path != NULL) {
        (void)snprintf(place->own_path, sizeof place->own_path, "%s", own_path);
    } else if (readlink("/proc/self/exe", place->own_path, sizeof place->own_path - 1) < 0) {
        return error_set(error, "cannot find the folder this program is in: /proc/self/exe: %s", strerror(errno));
    }
    return 0;
}

void service_program_path(const char *own_path, const char *name, char *path, size_t size)
{
    const char *slash = strrchr(own_path, '/');
    const char *own_name = slash != NULL ? slash + 1 : own_path;
    bool is_installed = str_starts_with(str_of(own_name), STR(INSTALLED_PREFIX));

    (void)snprintf(path, size, "%.*s%s%s", (int)(own_name - own_path), own_path, is_installed ? INSTALLED_PREFIX : "",
                   name);
}

/* ---- starting ---- */

/* A command line in the making; its memory is an arena's, because execve(2) takes no constant strings. */
struct command {
    struct arena memory;
    char *arguments[SERVICE_ARGUMENTS_MOST + 3];
};

static int make_command(struct command *command, const char *path, const char *const *arguments, struct error *error)
{
    const char *const front[] = { path, LISTEN_ANYWHERE };
    size_t count = 0;

    for (; count < array_length(front); count++) {
        command->arguments[count] = arena_copy(&command->memory, str_of(front[count]));
    }
    for (size_t i = 0; arguments[i] != NULL && i < SERVICE_ARGUMENTS_MOST; i++) {
        command->arguments[count++] = arena_copy(&command->memory, str_of(arguments[i]));
    }
    bool is_whole = arguments[count - array_length(front)] == NULL;
    for (size_t i = 0; i < count; i++) {
        is_whole = is_whole && command->arguments[i] != NULL;
    }
    return is_whole ? 0 : error_set(error, "cannot start %s: its command line is too long", path);
}

int service_start(struct service *service, const struct service_place *place, const char *program,
                  const char *const *arguments, struct error *error)
{
    char path[SERVICE_PATH_BYTES + PROGRAM_BYTES];
    struct command command = { .arguments = { NULL } };

    service->is_ready = false;
    service->has_admin = false;
    service_program_path(place->own_path, program, path, sizeof path);
    if (access(path, X_OK) < 0) {
        return error_set(error, "cannot start %s: %s", path, strerror(errno));
    }
    arena_init(&command.memory, COMMAND_BYTES);
    int status = make_command(&command, path, arguments, error);
    if (status == 0) {
        status = child_start(&service->child, command.arguments, place->environment, error);
    }
    arena_clear(&command.memory);
    return status;
}

void service_stop(struct service *service, uint64_t grace_us)
{
    child_stop(&service->child, grace_us);
    service->is_ready = false;
}

/* ---- getting ready ---- */

int service_read_address(struct str line, struct str word, struct url *ret_url)
{
    static const char address_bytes[] = "0123456789abcdefABCDEF.:[]";
    char url[URL_BYTES];
    struct error ignored;
    const char *found = line.length > 0 ? memmem(line.base, line.length, word.base, word.length) : NULL;

    if (found == NULL) {
        return -1;
    }
    struct str address = str_from(line, (size_t)(found - line.base) + word.length);
    size_t length = 0;
    while (length < address.length && address.base[length] != '\0' &&
           strchr(address_bytes, address.base[length]) != NULL) {
        length++;
    }
    (void)snprintf(url, sizeof url, "http://%.*s", (int)length, address.base);
    return url_parse(str_of(url), ret_url, &ignored);
}

static void on_line_before_ready(void *context, struct str line)
{
    struct service *service = context;

    if (service->is_ready) {
        return;
    }
    if (!service->has_admin && service_read_address(line, STR("admin on "), &service->admin) == 0) {
        service->has_admin = true;
    } else if (service_read_address(line, STR("listening on "), &service->url) == 0) {
        service->is_ready = true;
    }
}

static int complain(const struct service *service, const char *what, struct error *error)
{
    cleanup_buf struct buf complaint = { .base = NULL };

    buf_init(&complaint, CHILD_COMPLAINT_BYTES);
    (void)printable_add(&complaint, child_first_complaint(&service->child));
    return error_set(error, "%s %s%s%.*s", service->title, what, complaint.length > 0 ? ": " : "",
                     STR_ARGUMENTS(buf_view(&complaint)));
}

int service_check(const struct service *service, struct error *error)
{
    if (service->child.pid > 0 && service->child.output < 0) {
        return complain(service, "ended while it was in use", error);
    }
    return 0;
}

static void wait_for_more(const struct service *service, const struct interrupt *interrupt, uint64_t give_up_us)
{
    struct pollfd descriptors[CHILD_DESCRIPTORS + 1];

    child_descriptors(&service->child, descriptors);
    descriptors[CHILD_DESCRIPTORS] =
        (struct pollfd){ .fd = interrupt != NULL ? interrupt->descriptor : -1, .events = POLLIN };
    (void)poll(descriptors, array_length(descriptors), company_poll_timeout_ms(give_up_us));
}

static int wait_until_ready(struct service *service, struct interrupt *interrupt, struct error *error)
{
    uint64_t give_up_us = clock_monotonic_us() + SERVICE_READY_TIMEOUT_US;

    for (;;) {
        if (interrupt != NULL && interrupt_check(interrupt)) {
            return error_set(error, "interrupted");
        }
        bool is_running = child_read(&service->child);
        if (service->is_ready) {
            return 0;
        }
        if (!is_running) {
            return complain(service, "ended before it was ready", error);
        }
        if (clock_monotonic_us() >= give_up_us) {
            return complain(service, "was not ready within 10s", error);
        }
        wait_for_more(service, interrupt, give_up_us);
    }
}

int service_wait_ready(struct service *service, struct interrupt *interrupt, struct error *error)
{
    service->child.on_line = on_line_before_ready;
    service->child.context = service;
    int status = wait_until_ready(service, interrupt, error);
    service->child.on_line = NULL;
    service->child.context = NULL;
    return status;
}
