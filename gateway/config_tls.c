/* SPDX-License-Identifier: MIT */
/*
 * config_tls - reads `tls`: that of a backend, and that for clients. The files it names are read and checked here.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/url.h"
#include "gateway/config_sections.h"

enum { FILE_BYTES_MAXIMUM = 1024 * 1024 };

/* ---- files ---- */

/* A path that does not begin with a slash begins where the configuration's file is. */
static const char *path_of(struct config_reader *reader, struct str written)
{
    const char *file = reader->config->settings.config_file;
    const char *slash = file != NULL ? strrchr(file, '/') : NULL;
    size_t folder_length = slash != NULL && written.base[0] != '/' ? (size_t)(slash - file) + 1 : 0;
    struct str pieces[] = { { file != NULL ? file : "", folder_length }, written };
    const char *path = arena_join(&reader->config->arena, pieces, array_length(pieces));

    if (path == NULL) {
        config_refuse_size(reader);
    }
    return path;
}

/* Only regular files are read: nothing here waits for a pipe's other end. Its size or -errno. */
static ssize_t size_of(int descriptor)
{
    struct stat status;

    if (descriptor < 0 || fstat(descriptor, &status) < 0) {
        return -errno;
    }
    if (!S_ISREG(status.st_mode)) {
        return S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
    }
    return status.st_size > FILE_BYTES_MAXIMUM ? -EFBIG : (ssize_t)status.st_size;
}

/* 0 or -errno; -ENOMEM: the arena is full. */
static int read_file(struct arena *arena, const char *path, struct str *ret_text)
{
    cleanup_close int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t result = size_of(descriptor);
    size_t length = 0;

    if (result < 0) {
        return (int)result;
    }
    size_t size = (size_t)result;
    char *text = arena_allocate(arena, size + 1);
    if (text == NULL) {
        return -ENOMEM;
    }
    while (length < size) {
        ssize_t count = read(descriptor, text + length, size - length);
        if (count <= 0) {
            return count == 0 ? -EIO : -errno;
        }
        length += (size_t)count;
    }
    *ret_text = (struct str){ text, length };
    return 0;
}

static const char *reason_of(int result)
{
    switch (result) {
    case -EINVAL:
        return "not a regular file";
    case -EFBIG:
        return "more than 1 MiB";
    default:
        return strerror(-result);
    }
}

typedef int check_fn(struct str text, struct error *error);

static bool load(struct config_reader *reader, const struct config_value *value, struct str written, check_fn *check,
                 struct str *ret_text)
{
    const char *path = path_of(reader, written);
    struct error wrong = { { '\0' } };

    if (path == NULL) {
        return false;
    }
    int result = read_file(&reader->config->arena, path, ret_text);
    if (result == -ENOMEM) {
        config_refuse_size(reader);
        return false;
    }
    if (result < 0) {
        config_fault(reader, value, "%s cannot be read: %s", quote_in_marks(written, QUOTE_BYTES_AT_MOST).text,
                     reason_of(result));
        return false;
    }
    if (check(*ret_text, &wrong) < 0) {
        config_fault(reader, value, "%s %s", quote_in_marks(written, QUOTE_BYTES_AT_MOST).text, wrong.text);
        return false;
    }
    return true;
}

static void read_pem(struct config_reader *reader, const struct config_value *value, check_fn *check,
                     struct tls_file *file)
{
    static const char allowed[] = "a file's name";
    struct str written = { NULL, 0 };
    struct str text = { NULL, 0 };

    if (!config_read_text(reader, value, allowed, &written)) {
        return;
    }
    if (written.length == 0) {
        config_expected(reader, value, allowed);
        return;
    }
    if (load(reader, value, written, check, &text)) {
        *file = (struct tls_file){ .path = written.base, .text = text };
    }
}

static void read_certificates(struct config_reader *reader, const struct config_key *key,
                              const struct config_value *value, void *field)
{
    (void)key;
    read_pem(reader, value, pem_check_certificates, field);
}

static void read_key(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                     void *field)
{
    (void)key;
    read_pem(reader, value, pem_check_key, field);
}

static void check_pair(struct config_reader *reader, const struct config_value *key, const struct tls_settings *tls)
{
    struct error wrong = { { '\0' } };

    if (tls->certificate.path != NULL && tls->key.path != NULL &&
        pem_check_pair(tls->certificate.text, tls->key.text, &wrong) < 0) {
        config_fault(reader, key, "%s %s", quote_in_marks(str_of(tls->key.path), QUOTE_BYTES_AT_MOST).text, wrong.text);
    }
}

/* ---- the name ---- */

/* A URL's host, and nothing else of a URL. */
static bool is_host(struct str text)
{
    char whole[sizeof((struct url *)NULL)->host + 16];
    struct url url = { .port = 0 };
    struct error unused = { { '\0' } };

    int length = snprintf(whole, sizeof whole, "https://%.*s/", STR_ARGUMENTS(text));
    return length > 0 && (size_t)length < sizeof whole &&
           url_parse((struct str){ whole, (size_t)length }, &url, &unused) == 0 && !url.is_ipv6 &&
           str_equal(str_of(url.host), text);
}

static void read_server_name(struct config_reader *reader, const struct config_key *key,
                             const struct config_value *value, void *field)
{
    static const char allowed[] = "a host's name or IPv4 address, such as users.example";
    struct str text = { NULL, 0 };

    (void)key;
    if (!config_read_text(reader, value, allowed, &text)) {
        return;
    }
    if (!is_host(text)) {
        config_expected(reader, value, allowed);
        return;
    }
    *(const char **)field = text.base;
}

/* ---- all of it ---- */

static bool finish(struct config_reader *reader, struct tls_settings *tls)
{
    const struct str texts[] = {
        tls->ca.text,
        tls->certificate.text,
        tls->key.text,
        tls->server_name != NULL ? str_of(tls->server_name) : (struct str){ NULL, 0 },
    };

    if (pem_fingerprint(texts, array_length(texts), tls->fingerprint) < 0) {
        config_refuse_size(reader);
        return false;
    }
    return true;
}

enum { BACKEND_CA, BACKEND_CERTIFICATE, BACKEND_KEY, BACKEND_SERVER_NAME, BACKEND_TLS_KEYS };

static const struct config_key backend_tls_keys[BACKEND_TLS_KEYS] = {
    [BACKEND_CA] = { .name = "ca", .read = read_certificates, .offset = offsetof(struct tls_settings, ca) },
    [BACKEND_CERTIFICATE] = { .name = "certificate",
                              .read = read_certificates,
                              .offset = offsetof(struct tls_settings, certificate) },
    [BACKEND_KEY] = { .name = "key", .read = read_key, .offset = offsetof(struct tls_settings, key) },
    [BACKEND_SERVER_NAME] = { .name = "server_name",
                              .read = read_server_name,
                              .offset = offsetof(struct tls_settings, server_name) },
};

static void refuse_half(struct config_reader *reader, const struct config_value *values)
{
    bool has_certificate = config_is_given(&values[BACKEND_CERTIFICATE]);
    bool has_key = config_is_given(&values[BACKEND_KEY]);

    if (has_certificate && !has_key) {
        config_fault(reader, &values[BACKEND_CERTIFICATE], "has no effect without \"key\"");
    } else if (has_key && !has_certificate) {
        config_fault(reader, &values[BACKEND_KEY], "has no effect without \"certificate\"");
    }
}

void config_read_backend_tls(struct config_reader *reader, const struct config_key *key,
                             const struct config_value *value, void *field)
{
    struct config_value values[BACKEND_TLS_KEYS] = { { .outer = NULL } };
    struct tls_settings *tls = config_allocate(reader, 1, sizeof *tls);

    (void)key;
    if (tls == NULL) {
        return;
    }
    config_read_object(reader, value, &(struct config_table){ backend_tls_keys, BACKEND_TLS_KEYS }, tls, values);
    refuse_half(reader, values);
    check_pair(reader, &values[BACKEND_KEY], tls);
    if (finish(reader, tls)) {
        *(const struct tls_settings **)field = tls;
    }
}

enum { FRONT_CERTIFICATE, FRONT_KEY, FRONT_TLS_KEYS };

static const struct config_key front_tls_keys[FRONT_TLS_KEYS] = {
    [FRONT_CERTIFICATE] = { .name = "certificate",
                            .read = read_certificates,
                            .offset = offsetof(struct tls_settings, certificate),
                            .is_required = true },
    [FRONT_KEY] = { .name = "key",
                    .read = read_key,
                    .offset = offsetof(struct tls_settings, key),
                    .is_required = true },
};

void config_read_front_tls(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                           void *field)
{
    struct config_value values[FRONT_TLS_KEYS] = { { .outer = NULL } };
    struct tls_settings *tls = config_allocate(reader, 1, sizeof *tls);

    (void)key;
    if (tls == NULL) {
        return;
    }
    config_read_object(reader, value, &(struct config_table){ front_tls_keys, FRONT_TLS_KEYS }, tls, values);
    check_pair(reader, &values[FRONT_KEY], tls);
    if (finish(reader, tls)) {
        *(const struct tls_settings **)field = tls;
    }
}
