/* SPDX-License-Identifier: MIT */
#include "lab/command.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "common/complain.h"
#include "common/http_server.h"
#include "lab/sender.h"

enum { LIBRARIES_BYTES = 192 };

int command_complain(int exit_code, const char *text)
{
    complain("lab", str_of(text));
    return exit_code;
}

void command_libraries(char *text, size_t size)
{
    char curl[64];

    sender_library_version(curl, sizeof curl);
    (void)snprintf(text, size, "%s, cJSON %s, libmicrohttpd %s", curl, cJSON_Version(), http_server_library_version());
}

int command_parse(const struct options_program *program, int argc, char **argv, char **environment, void *parsed,
                  struct options_operands *operands)
{
    struct options_program complete = *program;
    struct error error = { { '\0' } };
    char libraries[LIBRARIES_BYTES];

    command_libraries(libraries, sizeof libraries);
    complete.name = COMMAND_PROGRAM_NAME;
    complete.libraries = libraries;
    switch (options_parse(&complete, argc, argv, environment, parsed, operands, &error)) {
    case OPTIONS_DONE:
        return COMMAND_OK;
    case OPTIONS_WRONG:
        return command_complain(COMMAND_WRONG_USE, error.text);
    case OPTIONS_RUN:
        break;
    }
    return COMMAND_GOES_ON;
}
