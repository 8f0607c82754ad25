/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree is built from libfyaml's events, not from its documents: so depth, sizes, duplicate
 * keys and places are ours, and aliases can never multiply.
 */
#include "common/text/yaml.h"

#include <libfyaml.h>

#include "common/base/limits.h"
#include "common/text/str.h"

typedef struct yaml_loader {
    struct fy_parser *parser;
    struct fy_diag *diag;
    leat_arena *arena;
    leat_diagnostics *diagnostics;
    leat_masked_text masked;
    LEAT_VEC(size_t) line_starts;
} yaml_loader;

typedef LEAT_VEC(leat_yaml) yaml_list;

static leat_place place_at(const yaml_loader *loader, size_t offset, size_t length)
{
    size_t low = 0;
    size_t high = loader->line_starts.count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (loader->line_starts.items[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return (leat_place){(uint32_t)low + 1, (uint32_t)(offset - loader->line_starts.items[low]) + 1,
                        (uint32_t)length};
}

static size_t event_offset(struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    return mark == NULL ? 0 : mark->input_pos;
}

static bool refuse(yaml_loader *loader, struct fy_event *event, const char *message)
{
    size_t offset = LEAT_MIN(event_offset(event), loader->masked.text.size);
    leat_diagnostic_error(loader->diagnostics, place_at(loader, offset, 0), "%s", message);
    return false;
}

/* The first line of what libfyaml said, at its place. */
static void report_syntax(yaml_loader *loader)
{
    void *iterator = NULL;
    struct fy_diag_error *error;
    uint32_t count = 0;
    while ((error = fy_diag_errors_iterate(loader->diag, &iterator)) != NULL) {
        leat_place place = {(uint32_t)error->line, (uint32_t)error->column, 0};
        leat_diagnostic_error(loader->diagnostics, place, "%s", error->msg);
        count++;
    }
    if (count == 0)
        leat_diagnostic_error(loader->diagnostics, (leat_place){0}, "this is not valid YAML");
}

static bool has_mark(struct fy_token *anchor, struct fy_token *tag)
{
    return anchor != NULL || tag != NULL;
}

/* A block `|` stands in the file line by line, behind the blanks that its first line has. Moves
 * `*offset` from the start of that line to its text; false: it looks otherwise. */
static bool find_block(leat_bytes source, size_t *offset, leat_bytes text, uint32_t *out_indent)
{
    size_t at = *offset;
    while (at < source.size && source.data[at] == ' ')
        at++;
    const char *newline = memchr(text.data, '\n', text.size);
    size_t line_size = newline == NULL ? text.size : (size_t)(newline - text.data);
    bool is_it = line_size > 0 && source.size - at >= line_size &&
                 memcmp(source.data + at, text.data, line_size) == 0;
    if (!is_it)
        return false;
    *out_indent = (uint32_t)(at - *offset);
    *offset = at;
    return true;
}

static bool read_scalar(yaml_loader *loader, struct fy_event *event, leat_yaml *out)
{
    if (has_mark(event->scalar.anchor, event->scalar.tag))
        return refuse(loader, event, "anchors and tags are not supported");
    struct fy_token *token = event->scalar.value;
    size_t size = 0;
    const char *data = token == NULL ? NULL : fy_token_get_text(token, &size);
    size = data == NULL ? 0 : size;
    leat_bytes text = {leat_arena_text(loader->arena, leat_bytes_of(data, size)), size};
    enum fy_scalar_style style = token == NULL ? FYSS_PLAIN : fy_scalar_token_get_style(token);
    leat_bytes source = loader->masked.text;
    size_t offset = LEAT_MIN(event_offset(event), source.size);
    out->is_quoted = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
    /* The mark of a quoted scalar may or may not stand on its quote: look. */
    if (out->is_quoted && offset < source.size &&
        (source.data[offset] == '"' || source.data[offset] == '\''))
        offset++;
    out->text = leat_variables_unmask(&loader->masked, text, offset, loader->arena);
    out->is_literal = out->text.data == text.data && source.size - offset >= text.size &&
                      leat_bytes_equal(leat_bytes_of(source.data + offset, text.size), text);
    const char *newline = memchr(text.data, '\n', text.size);
    size_t length = out->is_literal && newline == NULL ? text.size : 0;
    out->is_literal = out->is_literal && newline == NULL;
    bool is_block = style == FYSS_LITERAL && out->text.data == text.data;
    if (is_block && find_block(source, &offset, text, &out->indent))
        out->is_literal = true;
    out->place = place_at(loader, offset, length);
    bool is_null =
        style == FYSS_PLAIN && (text.size == 0 || leat_bytes_equal(text, LEAT_BYTES("~")) ||
                                leat_bytes_equal(text, LEAT_BYTES("null")));
    out->kind = is_null ? LEAT_YAML_NULL : LEAT_YAML_SCALAR;
    return true;
}

static bool read_node(yaml_loader *loader, struct fy_event *event, uint32_t depth, leat_yaml *out);

static bool read_items(yaml_loader *loader, enum fy_event_type end, uint32_t depth, yaml_list *list)
{
    for (;;) {
        struct fy_event *event = fy_parser_parse(loader->parser);
        if (event == NULL)
            return false;
        bool is_end = event->type == end;
        leat_yaml item = {0};
        bool is_fine = is_end || read_node(loader, event, depth, &item);
        if (!is_end && is_fine && list->count >= LEAT_YAML_ENTRIES_MAX)
            is_fine = refuse(loader, event, "too many items in one list (at most 1024)");
        fy_parser_event_free(loader->parser, event);
        if (is_end || !is_fine)
            return is_fine;
        leat_vec_push(list, item);
    }
}

static void check_duplicate(yaml_loader *loader, const yaml_list *entries, const leat_yaml *entry)
{
    for (size_t i = 0; i < entries->count; i++) {
        const leat_yaml *other = &entries->items[i];
        if (!leat_bytes_equal(other->key, entry->key))
            continue;
        leat_diagnostic_error(loader->diagnostics, entry->key_place,
                              "duplicate key `%.*s`, first given in line %u", LEAT_FMT(entry->key),
                              other->key_place.line);
        return;
    }
}

static bool
read_entry(yaml_loader *loader, struct fy_event *key_event, uint32_t depth, yaml_list *entries)
{
    leat_yaml key = {0};
    if (key_event->type != FYET_SCALAR)
        return refuse(loader, key_event, "a key must be text");
    if (!read_scalar(loader, key_event, &key))
        return false;
    if (entries->count >= LEAT_YAML_ENTRIES_MAX)
        return refuse(loader, key_event, "too many entries in one mapping (at most 1024)");
    struct fy_event *event = fy_parser_parse(loader->parser);
    if (event == NULL)
        return false;
    leat_yaml entry = {0};
    bool is_fine = read_node(loader, event, depth, &entry);
    fy_parser_event_free(loader->parser, event);
    if (!is_fine)
        return false;
    entry.key = key.text;
    entry.key_place = key.place;
    if (entry.kind == LEAT_YAML_NULL)
        entry.place = key.place;
    check_duplicate(loader, entries, &entry);
    leat_vec_push(entries, entry);
    return true;
}

static bool read_entries(yaml_loader *loader, uint32_t depth, yaml_list *entries)
{
    for (;;) {
        struct fy_event *event = fy_parser_parse(loader->parser);
        if (event == NULL)
            return false;
        bool is_end = event->type == FYET_MAPPING_END;
        bool is_fine = is_end || read_entry(loader, event, depth, entries);
        fy_parser_event_free(loader->parser, event);
        if (is_end || !is_fine)
            return is_fine;
    }
}

static bool read_node(yaml_loader *loader, struct fy_event *event, uint32_t depth, leat_yaml *out)
{
    if (event->type == FYET_SCALAR)
        return read_scalar(loader, event, out);
    if (event->type == FYET_ALIAS)
        return refuse(loader, event, "aliases are not supported");
    bool is_mapping = event->type == FYET_MAPPING_START;
    if (!is_mapping && event->type != FYET_SEQUENCE_START)
        return refuse(loader, event, "expected a value");
    if (is_mapping ? has_mark(event->mapping_start.anchor, event->mapping_start.tag)
                   : has_mark(event->sequence_start.anchor, event->sequence_start.tag))
        return refuse(loader, event, "anchors and tags are not supported");
    if (depth >= LEAT_YAML_DEPTH_MAX)
        return refuse(loader, event, "nested too deeply");
    yaml_list list = {0};
    bool is_fine = is_mapping ? read_entries(loader, depth + 1, &list)
                              : read_items(loader, FYET_SEQUENCE_END, depth + 1, &list);
    out->kind = is_mapping ? LEAT_YAML_MAPPING : LEAT_YAML_SEQUENCE;
    out->place = place_at(loader, LEAT_MIN(event_offset(event), loader->masked.text.size), 0);
    out->count = (uint32_t)list.count;
    out->items = leat_arena_copy(loader->arena, list.items, list.count * sizeof *list.items);
    leat_vec_fini(&list);
    return is_fine;
}

/* Reads the events of exactly one document. *out_is_reported: the reason has been told. */
static bool read_document(yaml_loader *loader, leat_yaml *root, bool *out_is_reported)
{
    uint32_t document_count = 0;
    for (;;) {
        struct fy_event *event = fy_parser_parse(loader->parser);
        if (event == NULL) {
            *out_is_reported = false;
            return !fy_parser_get_stream_error(loader->parser);
        }
        enum fy_event_type type = event->type;
        bool is_fine = true;
        if (type == FYET_DOCUMENT_START && document_count++ > 0)
            is_fine = refuse(loader, event, "one file holds one document");
        else if (type != FYET_STREAM_START && type != FYET_STREAM_END &&
                 type != FYET_DOCUMENT_START && type != FYET_DOCUMENT_END)
            is_fine = read_node(loader, event, 0, root);
        fy_parser_event_free(loader->parser, event);
        *out_is_reported = !is_fine && !fy_parser_get_stream_error(loader->parser);
        if (!is_fine)
            return false;
    }
}

static void parser_open(yaml_loader *loader)
{
    struct fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = NULL;
    diag_config.colorize = false;
    loader->diag = fy_diag_create(&diag_config);
    LEAT_ASSERT(loader->diag != NULL);
    fy_diag_set_collect_errors(loader->diag, true);
    struct fy_parse_cfg config = {.flags = FYPCF_QUIET, .diag = loader->diag};
    loader->parser = fy_parser_create(&config);
    LEAT_ASSERT(loader->parser != NULL);
}

/* Destroy, not unref: collected errors are freed by nothing else. */
static void parser_close(yaml_loader *loader)
{
    fy_parser_destroy(loader->parser);
    fy_diag_destroy(loader->diag);
}

/* What libfyaml must not see: it never comes back from a directive that is not UTF-8, and takes
 * directives it does not know for nothing. */
static bool check_text(yaml_loader *loader)
{
    leat_bytes text = loader->masked.text;
    size_t fine = leat_str_utf8_size(text);
    if (fine < text.size) {
        leat_diagnostic_error(loader->diagnostics, place_at(loader, fine, 1),
                              "this is not UTF-8 text");
        return false;
    }
    LEAT_VEC_EACH (start, &loader->line_starts)
        if (*start < text.size && text.data[*start] == '%') {
            leat_diagnostic_error(loader->diagnostics, place_at(loader, *start, 1),
                                  "directives are not supported");
            return false;
        }
    return true;
}

const leat_yaml *leat_yaml_parse(leat_bytes source,
                                 const leat_variables *variables,
                                 leat_arena *arena,
                                 leat_diagnostics *diagnostics)
{
    if (source.size > LEAT_TOPOLOGY_BYTES_MAX) {
        leat_diagnostic_error(diagnostics, (leat_place){0},
                              "the file has %zu bytes, at most %d are allowed", source.size,
                              LEAT_TOPOLOGY_BYTES_MAX);
        return NULL;
    }
    yaml_loader loader = {.arena = arena, .diagnostics = diagnostics};
    loader.masked = leat_variables_mask(source, variables, arena, diagnostics);
    leat_vec_push(&loader.line_starts, 0);
    for (size_t i = 0; i < source.size; i++)
        if (source.data[i] == '\n')
            leat_vec_push(&loader.line_starts, i + 1);
    if (!check_text(&loader)) {
        leat_vec_fini(&loader.line_starts);
        return NULL;
    }
    parser_open(&loader);
    leat_yaml *root = LEAT_ARENA_NEW(arena, leat_yaml);
    bool is_reported = false;
    bool is_fine = fy_parser_set_string(loader.parser, loader.masked.text.data, source.size) == 0 &&
                   read_document(&loader, root, &is_reported);
    if (!is_fine && !is_reported)
        report_syntax(&loader);
    parser_close(&loader);
    leat_vec_fini(&loader.line_starts);
    return is_fine ? root : NULL;
}
