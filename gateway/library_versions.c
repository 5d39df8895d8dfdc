/* SPDX-License-Identifier: MIT */
#include "gateway/library_versions.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "common/http_server.h"
#include "common/pem.h"
#include "gateway/curl_tls.h"
#include "gateway/http_response_parser.h"
#include "gateway/name_channel.h"
#include "gateway/transfer.h"

enum { VERSION_BYTES = 32 };

void library_versions(char text[static LIBRARY_VERSIONS_BYTES])
{
    char curl[VERSION_BYTES];
    char tls[VERSION_BYTES];
    char names[VERSION_BYTES];
    unsigned long parser = http_parser_version(); /* a byte for each number */

    transfer_library_version(curl, sizeof curl);
    curl_tls_library_version(tls, sizeof tls);
    name_channel_library_version(names, sizeof names);
    (void)snprintf(text, LIBRARY_VERSIONS_BYTES,
                   "libmicrohttpd %s, GnuTLS %s, %s, %s, %s, http_parser %lu.%lu.%lu, cJSON %s",
                   http_server_library_version(), pem_library_version(), curl, tls, names, parser >> 16 & 0xff,
                   parser >> 8 & 0xff, parser & 0xff, cJSON_Version());
}
