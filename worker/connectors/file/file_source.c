/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/columns/value.h"
#include "worker/connectors/base/format.h"
#include "worker/connectors/base/option.h"
#include "worker/connectors/file/file.h"
#include "worker/connectors/file/lines.h"

enum { LINES_PER_POLL_MAX = 4 * LEAT_BATCH_ROWS_MAX }; /* blank and bad ones included */

struct leat_source_reader {
    const leat_connector_config *config;
    leat_format_reader *format;
    bool needs_header; /* the next record is one */
    leat_buf partial;  /* lines of a record that goes on in the next line */
    uint64_t partial_start;
    leat_lines *lines;
    char *path; /* as in the split's name */
};

static void source_check(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    static const char *const names[] = {"path", "follow"};
    leat_format_check(config, names, LEAT_COUNT_OF(names), false, diagnostics);
    leat_bytes path = leat_option_required(config, "path", diagnostics);
    bool follow = leat_option_bool(config, "follow", false, diagnostics);
    if (follow && path.size > 3 && memcmp(path.data + path.size - 3, ".gz", 3) == 0)
        leat_diagnostic_error(diagnostics, leat_option_find(config, "follow")->place,
                              "`follow` needs files that can grow, a .gz file cannot");
}

/* The root, escaped where it stands in a pattern, and a slash; nothing for an absolute path. */
static void root_add(const leat_connector_config *config, bool is_pattern, leat_buf *out)
{
    for (const char *at = config->files_root; at != NULL && *at != '\0'; at++) {
        if (is_pattern && strchr("*?[]{}\\", *at) != NULL)
            leat_buf_add_char(out, '\\');
        leat_buf_add_char(out, *at);
    }
    if (out->size > 0)
        leat_buf_add_char(out, '/');
}

static void
full_path(const leat_connector_config *config, leat_bytes path, bool is_pattern, leat_buf *out)
{
    if (path.size == 0 || path.data[0] != '/')
        root_add(config, is_pattern, out);
    leat_buf_add(out, path.data, path.size);
}

static void split_add(const char *path, size_t root_size, leat_buf *out)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return;
    leat_buf_print(out, "%" PRIu64 ":%s", (uint64_t)status.st_ino, path + root_size);
    leat_buf_add_char(out, '\0');
}

static leat_code source_splits(const leat_connector_config *config, leat_buf *out, leat_error *err)
{
    leat_bytes path = leat_option_required(config, "path", NULL);
    bool is_relative = path.size == 0 || path.data[0] != '/';
    leat_buf pattern = {0};
    leat_buf root = {0};
    full_path(config, path, true, &pattern);
    if (is_relative)
        root_add(config, false, &root);
    size_t before = out->size;
    glob_t found = {0};
    int rc = glob(leat_buf_text(&pattern), GLOB_BRACE, NULL, &found);
    for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
        split_add(found.gl_pathv[i], root.size, out);
    globfree(&found);
    leat_buf_fini(&pattern);
    leat_buf_fini(&root);
    if (rc != 0 && rc != GLOB_NOMATCH)
        return leat_fail(err, LEAT_IO, "cannot list `%.*s`", LEAT_FMT(path));
    if (out->size == before && !leat_option_bool(config, "follow", false, NULL))
        return leat_fail(err, LEAT_NOT_FOUND, "no file matches `%.*s`%s%s", LEAT_FMT(path),
                         is_relative && config->files_root != NULL ? " in " : "",
                         is_relative && config->files_root != NULL ? config->files_root : "");
    return LEAT_OK;
}

static leat_code number_parse(leat_bytes text, uint64_t *out_number)
{
    int64_t number = 0;
    if (leat_integer_parse(text, &number) != LEAT_OK || number < 0)
        return LEAT_CORRUPT;
    *out_number = (uint64_t)number;
    return LEAT_OK;
}

static leat_code
split_parse(leat_bytes split, uint64_t *out_inode, leat_bytes *out_path, leat_error *err)
{
    const char *colon = split.size == 0 ? NULL : memchr(split.data, ':', split.size);
    if (colon == NULL ||
        number_parse(leat_bytes_of(split.data, (size_t)(colon - split.data)), out_inode) != LEAT_OK)
        return leat_fail(err, LEAT_CORRUPT, "`%.*s` is not the name of a file split",
                         LEAT_FMT(split));
    size_t used = (size_t)(colon - split.data) + 1;
    *out_path = leat_bytes_of(split.data + used, split.size - used);
    return LEAT_OK;
}

static void reader_close(leat_source_reader **reader_slot)
{
    leat_source_reader *reader = LEAT_TAKE(*reader_slot);
    if (reader == NULL)
        return;
    leat_format_reader_free(&reader->format);
    leat_buf_fini(&reader->partial);
    leat_lines_close(&reader->lines);
    leat_free(reader->path);
    leat_free(reader);
}

static leat_code lines_open(const leat_connector_config *config,
                            leat_bytes path,
                            uint64_t offset,
                            leat_lines **out_lines,
                            leat_error *err)
{
    leat_buf full = {0};
    full_path(config, path, false, &full);
    bool follow = leat_option_bool(config, "follow", false, NULL);
    leat_code code = leat_lines_open(leat_buf_text(&full), offset, follow, out_lines, err);
    leat_buf_fini(&full);
    return code;
}

static leat_bytes line_text(const leat_line *line)
{
    leat_bytes text = line->text;
    if (line->start == 0 && text.size >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
        text = leat_bytes_of(text.data + 3, text.size - 3); /* byte order mark */
    return text;
}

static bool is_blank(leat_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!isspace((unsigned char)text.data[i]))
            return false;
    }
    return true;
}

/* The record that the line ends, as far as it is known. */
static leat_bytes record_of(leat_source_reader *reader, const leat_line *line)
{
    leat_bytes text = line_text(line);
    if (reader->partial.size == 0)
        return text;
    leat_buf_add_char(&reader->partial, '\n');
    leat_buf_add(&reader->partial, text.data, text.size);
    return leat_buf_bytes(&reader->partial);
}

/* The record goes on: keep what there is of it. */
static void keep_partial(leat_source_reader *reader, const leat_line *line, leat_bytes record)
{
    if (reader->partial.size > 0)
        return;
    reader->partial_start = line->start;
    leat_buf_add(&reader->partial, record.data, record.size);
}

/* Resuming behind the header: its names are needed all the same. */
static leat_code header_again(leat_source_reader *reader, leat_bytes path, leat_error *err)
{
    leat_lines *lines = NULL;
    LEAT_TRY(lines_open(reader->config, path, 0, &lines, err));
    const char *reason = "it is gone";
    leat_code code = LEAT_AGAIN;
    leat_line line;
    while (code == LEAT_AGAIN && leat_lines_next(lines, &line, err) == LEAT_OK) {
        leat_bytes record = record_of(reader, &line);
        code = leat_format_read_header(reader->format, record, &reason);
        if (code == LEAT_AGAIN)
            keep_partial(reader, &line, record);
    }
    leat_lines_close(&lines);
    leat_buf_clear(&reader->partial);
    reader->needs_header = false;
    return code == LEAT_OK ? LEAT_OK
                           : leat_fail(err, LEAT_CORRUPT, "the header of `%s` cannot be read: %s",
                                       reader->path, reason);
}

static leat_code source_open_split(const leat_connector_config *config,
                                   leat_bytes split,
                                   leat_bytes position,
                                   leat_source_reader **out_reader,
                                   leat_error *err)
{
    uint64_t inode = 0;
    uint64_t offset = 0;
    leat_bytes path = {0};
    LEAT_TRY(split_parse(split, &inode, &path, err));
    if (position.size > 0 && number_parse(position, &offset) != LEAT_OK)
        return leat_fail(err, LEAT_CORRUPT, "`%.*s` is not a position in `%.*s`",
                         LEAT_FMT(position), LEAT_FMT(path));
    leat_lines *lines = NULL;
    LEAT_TRY(lines_open(config, path, offset, &lines, err));
    if (leat_lines_inode(lines) != inode) {
        leat_lines_close(&lines);
        return leat_fail(err, LEAT_NOT_FOUND, "`%.*s` is another file than when it was listed",
                         LEAT_FMT(path));
    }
    leat_source_reader *reader = LEAT_NEW(leat_source_reader);
    reader->config = config;
    reader->lines = lines;
    reader->format = leat_format_reader_new(config);
    reader->path = memcpy(leat_alloc_zero(path.size + 1, 1), path.data, path.size);
    reader->needs_header = leat_format_has_header(config);
    leat_code code = offset > 0 && reader->needs_header ? header_again(reader, path, err) : LEAT_OK;
    if (code != LEAT_OK)
        reader_close(&reader);
    *out_reader = reader;
    return code;
}

static void report_bad(leat_source_reader *reader,
                       leat_bytes raw,
                       uint64_t position,
                       const char *reason,
                       const leat_poll *poll)
{
    leat_bad_record record = {.raw = raw,
                              .resource = leat_bytes_text(reader->path),
                              .position = position,
                              .reason = reason};
    record.raw.size = LEAT_MIN(record.raw.size, (size_t)LEAT_BAD_RECORD_RAW_MAX);
    poll->bad(poll->bad_self, &record);
}

static leat_code record_read(leat_source_reader *reader,
                             leat_bytes record,
                             leat_builder *builder,
                             const char **out_reason)
{
    if (!reader->needs_header)
        return leat_format_read(reader->format, record, builder, out_reason);
    leat_code code = leat_format_read_header(reader->format, record, out_reason);
    reader->needs_header = code == LEAT_AGAIN;
    return code;
}

/* True when the line ended a record that became a row or was reported. */
static bool line_read(leat_source_reader *reader,
                      const leat_line *line,
                      leat_builder *builder,
                      const leat_poll *poll)
{
    const char *reason = "longer than 1 MiB";
    uint64_t start = reader->partial.size > 0 ? reader->partial_start : line->start;
    leat_bytes record = record_of(reader, line);
    uint32_t count_before = leat_builder_count(builder);
    leat_code code = LEAT_RECORD;
    if (!line->is_too_long && record.size <= LEAT_RECORD_BYTES_MAX) {
        bool is_skipped = reader->partial.size == 0 && is_blank(record) &&
                          leat_format_skips_blank(reader->format);
        code = is_skipped ? LEAT_OK : record_read(reader, record, builder, &reason);
    }
    if (code == LEAT_AGAIN) {
        keep_partial(reader, line, record);
        return false;
    }
    if (code != LEAT_OK)
        report_bad(reader, record, start, reason, poll);
    leat_buf_clear(&reader->partial);
    return code != LEAT_OK || leat_builder_count(builder) > count_before;
}

/* The file ended within a record. */
static bool partial_end(leat_source_reader *reader, const leat_poll *poll)
{
    if (reader->partial.size == 0)
        return false;
    report_bad(reader, leat_buf_bytes(&reader->partial), reader->partial_start,
               "the file ends within a quoted field", poll);
    leat_buf_clear(&reader->partial);
    return true;
}

static leat_code source_poll(leat_source_reader *reader,
                             const leat_poll *poll,
                             leat_builder *builder,
                             leat_error *err)
{
    leat_source_omit_unwanted(reader->config, builder);
    uint32_t limit =
        leat_builder_count(builder) + LEAT_MIN(poll->max_rows, leat_builder_room(builder));
    bool has_progress = false;
    leat_code code = LEAT_OK;
    for (uint32_t i = 0; i < LINES_PER_POLL_MAX; i++) {
        if (leat_builder_count(builder) >= limit ||
            leat_builder_room(builder) < LEAT_FORMAT_ROWS_MAX ||
            leat_builder_size_bytes(builder) >= LEAT_BATCH_BYTES_MAX)
            break;
        leat_line line;
        code = leat_lines_next(reader->lines, &line, err);
        if (code != LEAT_OK)
            break; /* the next call says it again, should there be progress now */
        has_progress |= line_read(reader, &line, builder, poll);
    }
    if (code == LEAT_END)
        has_progress |= partial_end(reader, poll);
    if (has_progress)
        return LEAT_OK;
    return code == LEAT_OK ? LEAT_AGAIN : code;
}

static void source_position(const leat_source_reader *reader, leat_buf *out)
{
    bool is_within = reader->partial.size > 0;
    leat_buf_print(out, "%" PRIu64,
                   is_within ? reader->partial_start : leat_lines_offset(reader->lines));
}

const leat_source_class leat_file_source = {.name = "file",
                                            .check = source_check,
                                            .splits = source_splits,
                                            .open_split = source_open_split,
                                            .poll = source_poll,
                                            .position = source_position,
                                            .close = reader_close};
