/* SPDX-License-Identifier: MIT */
#include "tests/support/tls_server.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>

#include "tests/support/certificate.h"
#include "tests/support/unit.h"

enum { BYTES_MOST = 1024 * 1024, CONNECTIONS_MOST = 100 };

struct tls_server {
    struct MHD_Daemon *daemon;
    struct certificate certificate;
    atomic_size_t request_count;
    atomic_size_t connection_count;
    char bytes[BYTES_MOST];
};

/* Of one request. */
struct upload {
    size_t byte_count;
};

static struct MHD_Response *response_to(struct tls_server *server, struct MHD_Connection *connection,
                                        const struct upload *upload, const char *method)
{
    const char *bytes = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "bytes");
    char text[32] = "{\"tls\":true}";

    if (bytes != NULL) {
        size_t count = strtoul(bytes, NULL, 10);
        return MHD_create_response_from_buffer(count < BYTES_MOST ? count : BYTES_MOST, server->bytes,
                                               MHD_RESPMEM_PERSISTENT);
    }
    if (strcmp(method, "POST") == 0) {
        (void)snprintf(text, sizeof text, "%zu", upload->byte_count);
    }
    return MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *bytes, size_t *count, void **own)
{
    struct tls_server *server = context;
    struct upload *upload = *own;

    (void)url;
    (void)version;
    (void)bytes;
    if (upload == NULL) {
        atomic_fetch_add(&server->request_count, 1);
        *own = calloc(1, sizeof *upload);
        return *own != NULL ? MHD_YES : MHD_NO;
    }
    if (*count > 0) {
        upload->byte_count += *count;
        *count = 0;
        return MHD_YES;
    }
    struct MHD_Response *response = response_to(server, connection, upload, method);
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **own,
                         enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    free(*own);
    *own = NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **own,
                          enum MHD_ConnectionNotificationCode code)
{
    struct tls_server *server = context;

    (void)connection;
    (void)own;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        atomic_fetch_add(&server->connection_count, 1);
    }
}

static void be_silent(void *context, const char *format, va_list arguments)
{
    (void)context;
    (void)format;
    (void)arguments;
}

struct tls_server *tls_server_start(void)
{
    struct tls_server *server = calloc(1, sizeof *server);

    assert_non_null(server);
    (void)memset(server->bytes, 'x', sizeof server->bytes);
    certificate_make(&server->certificate, &(struct certificate_wish){ .name = "127.0.0.1" });
    server->daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request,
                         server, MHD_OPTION_EXTERNAL_LOGGER, be_silent, NULL, MHD_OPTION_HTTPS_MEM_CERT,
                         server->certificate.pem, MHD_OPTION_HTTPS_MEM_KEY, server->certificate.key_pem,
                         MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
                         server, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MOST, MHD_OPTION_END);
    assert_non_null(server->daemon);
    return server;
}

void tls_server_stop(struct tls_server *server)
{
    if (server != NULL) {
        MHD_stop_daemon(server->daemon);
        free(server);
    }
}

const char *tls_server_certificate(const struct tls_server *server)
{
    return server->certificate.pem;
}

uint16_t tls_server_port(const struct tls_server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);

    assert_non_null(info);
    return info->port;
}

size_t tls_server_request_count(struct tls_server *server)
{
    return atomic_load(&server->request_count);
}

size_t tls_server_connection_count(struct tls_server *server)
{
    return atomic_load(&server->connection_count);
}
