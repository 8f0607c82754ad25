/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases as people write them: one file, a topology or script for all of them or one each.
 */
#include "cli/case/case.h"
#include "common/text/yaml.h"

/* One file being read. */
typedef struct reader {
    leat_arena *arena;
    const leat_case_files *files;
    leat_diagnostics *diagnostics;
    leat_case *one;
} reader;

static bool text_read(reader *r, const leat_yaml *yaml, const char *key, leat_bytes *out)
{
    const leat_yaml *text = leat_yaml_get(yaml, key);
    return text == NULL || leat_yaml_read_text(text, out, r->diagnostics);
}

/* ------------------------------------------------------------------ rows */

static bool cell_read(reader *r, const leat_yaml *yaml, leat_case_cell *out)
{
    *out = (leat_case_cell){.is_null = yaml->kind == LEAT_YAML_NULL};
    return out->is_null || leat_yaml_read_text(yaml, &out->text, r->diagnostics);
}

static bool row_read(reader *r, const leat_yaml *yaml, leat_case_row *out)
{
    bool is_mapping = yaml->kind == LEAT_YAML_MAPPING;
    *out = (leat_case_row){0};
    if (!is_mapping && yaml->kind != LEAT_YAML_SEQUENCE) {
        leat_diagnostic_error(r->diagnostics, yaml->place,
                              "a row is {column: value, ...} or [value, ...]");
        return false;
    }
    out->count = yaml->count;
    out->cells = LEAT_ARENA_ARRAY(r->arena, leat_case_cell, yaml->count);
    if (is_mapping)
        out->names = LEAT_ARENA_ARRAY(r->arena, leat_bytes, yaml->count);
    for (uint32_t i = 0; i < yaml->count; i++) {
        if (is_mapping)
            out->names[i] = yaml->items[i].key;
        if (!cell_read(r, &yaml->items[i], &out->cells[i]))
            return false;
    }
    return true;
}

static bool rows_read(reader *r, const leat_yaml *yaml, leat_case_rows *out)
{
    *out = (leat_case_rows){0};
    if (yaml->kind == LEAT_YAML_NULL)
        return true;
    if (!leat_yaml_expect(yaml, LEAT_YAML_SEQUENCE, r->diagnostics))
        return false;
    out->items = LEAT_ARENA_ARRAY(r->arena, leat_case_row, yaml->count);
    for (uint32_t i = 0; i < yaml->count; i++)
        if (!row_read(r, &yaml->items[i], &out->items[out->count++]))
            return false;
    return true;
}

/* ------------------------------------------------------------------ what goes in */

/* A place for the table: tables come into being by being named. */
static leat_case_table *table_of(reader *r, leat_bytes name)
{
    int64_t at = leat_case_table_find(r->one, name);
    if (at >= 0)
        return &r->one->tables[at];
    leat_case_table *table = &r->one->tables[r->one->table_count++];
    table->name = name;
    return table;
}

static bool inputs_read(reader *r, const leat_yaml *yaml)
{
    for (uint32_t i = 0; i < yaml->count; i++)
        if (!rows_read(r, &yaml->items[i], &table_of(r, yaml->items[i].key)->rows))
            return false;
    return true;
}

static bool op_kind_read(reader *r, const leat_yaml *arrival, leat_case_op_kind *out)
{
    static const char *const words[] = {"+I", "-D", "-U", "+U", "upsert", "null-value"};
    const leat_yaml *yaml = leat_yaml_get(arrival, "op");
    uint32_t word = 0;
    *out = LEAT_CASE_INSERT;
    if (yaml == NULL)
        return true;
    return leat_yaml_read_word(yaml, words, LEAT_COUNT_OF(words), &word, r->diagnostics) &&
           leat_case_op_parse(leat_bytes_text(words[word]), out);
}

static bool is_setting(const leat_yaml *entry)
{
    return leat_bytes_equal(entry->key, LEAT_BYTES("op")) ||
           leat_bytes_equal(entry->key, LEAT_BYTES("at"));
}

/* {TABLE: row, ...}: what stands in one mapping arrives together; nothing: only time passes. */
static bool arrival_read(reader *r, const leat_yaml *yaml, uint64_t number)
{
    leat_case_op op = {.table = LEAT_CASE_NO_TABLE, .batch = number};
    leat_case_op *first = &r->one->ops[r->one->op_count];
    if (!leat_yaml_expect(yaml, LEAT_YAML_MAPPING, r->diagnostics) ||
        !op_kind_read(r, yaml, &op.kind) || !text_read(r, yaml, "at", &op.at))
        return false;
    *first = op;
    for (uint32_t i = 0; i < yaml->count; i++) {
        const leat_yaml *entry = &yaml->items[i];
        if (is_setting(entry))
            continue;
        op.table = (uint32_t)(table_of(r, entry->key) - r->one->tables);
        if (!row_read(r, entry, &op.row))
            return false;
        r->one->ops[r->one->op_count++] = op;
    }
    r->one->op_count += first->table == LEAT_CASE_NO_TABLE;
    return true;
}

static bool arrivals_read(reader *r, const leat_yaml *yaml)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < yaml->count; i++)
        count += yaml->items[i].count + 1;
    r->one->ops = LEAT_ARENA_ARRAY(r->arena, leat_case_op, count);
    for (uint32_t i = 0; i < yaml->count; i++)
        if (!arrival_read(r, &yaml->items[i], i + 1))
            return false;
    return true;
}

/* Every table that is named once: in `inputs` or in an arrival. */
static uint32_t table_count_most(const leat_yaml *inputs, const leat_yaml *arrivals)
{
    uint32_t count = inputs == NULL ? 0 : inputs->count;
    for (uint32_t i = 0; arrivals != NULL && i < arrivals->count; i++)
        count += arrivals->items[i].count;
    return count;
}

static bool tables_read(reader *r, const leat_yaml *yaml)
{
    const leat_yaml *inputs = leat_yaml_get(yaml, "inputs");
    const leat_yaml *arrivals = leat_yaml_get(yaml, "arrivals");
    if (inputs != NULL && !leat_yaml_expect(inputs, LEAT_YAML_MAPPING, r->diagnostics))
        return false;
    if (arrivals != NULL && !leat_yaml_expect(arrivals, LEAT_YAML_SEQUENCE, r->diagnostics))
        return false;
    r->one->tables =
        LEAT_ARENA_ARRAY(r->arena, leat_case_table, table_count_most(inputs, arrivals));
    return (inputs == NULL || inputs_read(r, inputs)) &&
           (arrivals == NULL || arrivals_read(r, arrivals));
}

/* ------------------------------------------------------------------ what comes out */

/* SINK: [row, ...], or SINK: {rows: [...], ordered: true, changes: true}. */
static bool expectation_read(reader *r, const leat_yaml *yaml, leat_case_expectation *out)
{
    static const char *const known[] = {"rows", "ordered", "changes"};
    out->sink = yaml->key;
    out->has_rows = true;
    if (yaml->kind != LEAT_YAML_MAPPING)
        return rows_read(r, yaml, &out->rows);
    leat_yaml_check_keys(yaml, "an expectation", known, LEAT_COUNT_OF(known), r->diagnostics);
    const leat_yaml *rows = leat_yaml_get(yaml, "rows");
    const leat_yaml *ordered = leat_yaml_get(yaml, "ordered");
    const leat_yaml *changes = leat_yaml_get(yaml, "changes");
    out->has_rows = rows != NULL;
    return (rows == NULL || rows_read(r, rows, &out->rows)) &&
           (ordered == NULL || leat_yaml_read_bool(ordered, &out->is_ordered, r->diagnostics)) &&
           (changes == NULL || leat_yaml_read_bool(changes, &out->is_changes, r->diagnostics));
}

/* Without `expect` the rows of the only sink are shown. */
static bool expectations_read(reader *r, const leat_yaml *yaml)
{
    const leat_yaml *expect = leat_yaml_get(yaml, "expect");
    if (expect != NULL && !leat_yaml_expect(expect, LEAT_YAML_MAPPING, r->diagnostics))
        return false;
    r->one->expectation_count = expect == NULL ? 1 : expect->count;
    r->one->expectations =
        LEAT_ARENA_ARRAY(r->arena, leat_case_expectation, r->one->expectation_count);
    for (uint32_t i = 0; expect != NULL && i < expect->count; i++)
        if (!expectation_read(r, &expect->items[i], &r->one->expectations[i]))
            return false;
    return true;
}

/* ------------------------------------------------------------------ the whole */

static bool file_read(reader *r, const leat_yaml *yaml, leat_bytes path, leat_bytes *out)
{
    leat_buf text = {0};
    leat_error err = {0};
    leat_code code = LEAT_UNSUPPORTED;
    if (r->files == NULL)
        leat_fail(&err, code, "no files can be read here");
    else
        code = r->files->read(r->files->self, path, &text, &err);
    if (code == LEAT_OK)
        *out = leat_arena_bytes(r->arena, leat_buf_bytes(&text));
    else
        leat_diagnostic_error(r->diagnostics, yaml->place, "%s", err.text);
    leat_buf_fini(&text);
    return code == LEAT_OK;
}

/* What is tested: of the case, or of the file around it. One of four keys. */
static bool job_read(reader *r, const leat_yaml *yaml)
{
    leat_case *one = r->one;
    leat_bytes sql_file = {NULL, 0};
    leat_bytes sql = {NULL, 0};
    leat_bytes topology_file = {NULL, 0};
    leat_bytes topology = {NULL, 0};
    if (!text_read(r, yaml, "sql", &sql) || !text_read(r, yaml, "sql_file", &sql_file) ||
        !text_read(r, yaml, "topology", &topology) ||
        !text_read(r, yaml, "topology_file", &topology_file))
        return false;
    int count =
        (sql.size > 0) + (sql_file.size > 0) + (topology.size > 0) + (topology_file.size > 0);
    if (count == 0)
        return true;
    if (count > 1) {
        leat_diagnostic_error(
            r->diagnostics, yaml->place,
            "only one of topology, topology_file, sql and sql_file can be tested");
        return false;
    }
    one->sql = sql;
    one->topology = topology;
    one->topology_file = topology_file;
    if (sql_file.size > 0 && !file_read(r, yaml, sql_file, &one->sql))
        return false;
    return topology_file.size == 0 || file_read(r, yaml, topology_file, &one->topology);
}

static bool settings_read(reader *r, const leat_yaml *yaml)
{
    const leat_yaml *restore = leat_yaml_get(yaml, "restore_after");
    return (restore == NULL || leat_yaml_read_number(restore, 1, UINT32_MAX,
                                                     &r->one->restore_after_op, r->diagnostics)) &&
           text_read(r, yaml, "clock", &r->one->clock) && text_read(r, yaml, "name", &r->one->name);
}

static void case_read(reader *r, const leat_yaml *file, const leat_yaml *yaml)
{
    static const char *const known[] = {"name",   "topology", "topology_file", "sql",   "sql_file",
                                        "inputs", "arrivals", "restore_after", "clock", "expect"};
    r->one->line = yaml->place.line;
    if (!leat_yaml_expect(yaml, LEAT_YAML_MAPPING, r->diagnostics))
        return;
    leat_yaml_check_keys(yaml, "a case", known, LEAT_COUNT_OF(known), r->diagnostics);
    if (!job_read(r, file) || !job_read(r, yaml) || !settings_read(r, yaml) ||
        !tables_read(r, yaml) || !expectations_read(r, yaml))
        return;
    if (r->one->name.size == 0)
        leat_diagnostic_error(r->diagnostics, yaml->place, "a case needs a `name`");
    if (r->one->sql.size == 0 && r->one->topology.size == 0)
        leat_diagnostic_error(r->diagnostics, yaml->place,
                              "a case needs a topology or sql to test");
}

bool leat_case_read_yaml(leat_bytes text,
                         const leat_variables *variables,
                         const leat_case_files *files,
                         leat_arena *arena,
                         leat_cases *out_cases,
                         leat_diagnostics *diagnostics)
{
    static const char *const known[] = {"topology", "topology_file", "sql", "sql_file", "cases"};
    reader r = {.arena = arena, .files = files, .diagnostics = diagnostics};
    *out_cases = (leat_cases){0};
    const leat_yaml *yaml = leat_yaml_parse(text, variables, arena, diagnostics);
    if (yaml == NULL || !leat_yaml_expect(yaml, LEAT_YAML_MAPPING, diagnostics))
        return false;
    leat_yaml_check_keys(yaml, "a file of cases", known, LEAT_COUNT_OF(known), diagnostics);
    const leat_yaml *cases = leat_yaml_get(yaml, "cases");
    if (cases == NULL) {
        leat_diagnostic_error(diagnostics, yaml->place, "a file of cases needs `cases`");
        return false;
    }
    if (!leat_yaml_expect(cases, LEAT_YAML_SEQUENCE, diagnostics))
        return false;
    out_cases->items = LEAT_ARENA_ARRAY(arena, leat_case, cases->count);
    for (uint32_t i = 0; i < cases->count; i++) {
        r.one = &out_cases->items[out_cases->count++];
        r.one->file = diagnostics->file;
        case_read(&r, yaml, &cases->items[i]);
    }
    return diagnostics->error_count == 0;
}
