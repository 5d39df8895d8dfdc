/* SPDX-License-Identifier: MIT */
#include "tests/support/certificate_folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/unit.h"

void certificate_folder_path(const struct certificate_folder *folder, const char *name, char *path, size_t size)
{
    assert_true(snprintf(path, size, "%s/%s", folder->path, name) < (int)size);
}

void certificate_folder_write(const struct certificate_folder *folder, const char *name, const char *text)
{
    char path[256];

    certificate_folder_path(folder, name, path, sizeof path);
    certificate_write_file(path, text);
}

void certificate_folder_write_pair(const struct certificate_folder *folder, const char *name,
                                   const struct certificate *certificate)
{
    char file[128];

    (void)snprintf(file, sizeof file, "%s.pem", name);
    certificate_folder_write(folder, file, certificate->pem);
    (void)snprintf(file, sizeof file, "%s-key.pem", name);
    certificate_folder_write(folder, file, certificate->key_pem);
}

void certificate_folder_make(struct certificate_folder *folder)
{
    (void)snprintf(folder->path, sizeof folder->path, "/tmp/fanlight-certificates-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    certificate_make(&folder->authority, &(struct certificate_wish){ .name = "authority", .is_authority = true });
    certificate_make(&folder->gateway, &(struct certificate_wish){ .issuer = &folder->authority });
    certificate_folder_write_pair(folder, "ca", &folder->authority);
    certificate_folder_write_pair(folder, "gateway", &folder->gateway);
}

void certificate_folder_remove(struct certificate_folder *folder)
{
    DIR *directory = opendir(folder->path);
    char path[512];

    for (const struct dirent *entry = directory != NULL ? readdir(directory) : NULL; entry != NULL;
         entry = readdir(directory)) {
        (void)snprintf(path, sizeof path, "%s/%s", folder->path, entry->d_name);
        (void)unlink(path);
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
    (void)rmdir(folder->path);
}
