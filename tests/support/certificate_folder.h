/* SPDX-License-Identifier: MIT */
/*
 * certificate_folder - a directory with certificates and keys in files, for configurations that name them.
 *
 *     ca.pem, ca-key.pem             an authority
 *     gateway.pem, gateway-key.pem   one that it signed, for 127.0.0.1, ::1 and localhost
 *
 * Memory: fixed fields; certificate_folder_remove() removes the directory and all files in it.
 */
#ifndef TESTS_SUPPORT_CERTIFICATE_FOLDER_H
#define TESTS_SUPPORT_CERTIFICATE_FOLDER_H

#include "tests/support/certificate.h"

struct certificate_folder {
    char path[64];
    struct certificate authority;
    struct certificate gateway;
};

void certificate_folder_make(struct certificate_folder *folder);
void certificate_folder_remove(struct certificate_folder *folder);
/* The path of a file in it. */
void certificate_folder_path(const struct certificate_folder *folder, const char *name, char *path, size_t size);
/* A new file in it, or one in place of another. */
void certificate_folder_write(const struct certificate_folder *folder, const char *name, const char *text);
/* NAME.pem and NAME-key.pem */
void certificate_folder_write_pair(const struct certificate_folder *folder, const char *name,
                                   const struct certificate *certificate);

#endif
