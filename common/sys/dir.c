/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/sys/file.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_read(DIR *folder, leat_names *names)
{
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL; errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            leat_vec_push(names, leat_strdup(entry->d_name));
}

leat_code leat_dir_list(const char *path, leat_names *out_names, leat_error *err)
{
    leat_names names = {0};
    DIR *folder = opendir(path);
    if (folder == NULL)
        return leat_file_fail(err, errno, "open folder", path);
    errno = 0;
    names_read(folder, &names);
    int number = errno;
    closedir(folder);
    if (number != 0) {
        leat_names_fini(&names);
        return leat_file_fail(err, number, "read folder", path);
    }
    if (names.count > 0)
        qsort(names.items, names.count, sizeof *names.items, by_name);
    *out_names = names;
    return LEAT_OK;
}

void leat_names_fini(leat_names *names)
{
    LEAT_VEC_EACH (name, names)
        leat_free(*name);
    leat_vec_fini(names);
}

leat_code leat_dir_remove(const char *path, leat_error *err)
{
    leat_names names = {0};
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT ? LEAT_OK : leat_file_fail(err, errno, "look at", path);
    if (!S_ISDIR(status.st_mode))
        return leat_file_remove(path, err);
    LEAT_TRY(leat_dir_list(path, &names, err));
    leat_code code = LEAT_OK;
    for (size_t i = 0; i < names.count && code == LEAT_OK; i++) {
        char below[LEAT_PATH_MAX];
        int size = snprintf(below, sizeof below, "%s/%s", path, names.items[i]);
        if (size < 0 || (size_t)size >= sizeof below)
            code = leat_fail(err, LEAT_LIMIT, "path is longer than %d bytes", LEAT_PATH_MAX);
        else
            code = leat_dir_remove(below, err);
    }
    leat_names_fini(&names);
    if (code == LEAT_OK && rmdir(path) != 0)
        code = leat_file_fail(err, errno, "remove folder", path);
    return code;
}
