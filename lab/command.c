/* SPDX-License-Identifier: MIT */
#include "lab/command.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "lab/sender.h"

int command_complain(int exit_code, const char *text)
{
    (void)fprintf(stderr, "lab: %s\n", text);
    return exit_code;
}

void command_libraries(char *text, size_t size)
{
    char curl[64];

    sender_library_version(curl, sizeof curl);
    (void)snprintf(text, size, "%s, cJSON %s", curl, cJSON_Version());
}
