/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/load.h"

#include <stdio.h>

#include "common/base/limits.h"
#include "common/plan/rewrite.h"
#include "common/sql/sql.h"
#include "common/sys/file.h"

static void report_connector(const leat_connector_checks *checks,
                             const leat_logical_node *node,
                             leat_diagnostics *diagnostics)
{
    bool is_source = node->kind == LEAT_LOGICAL_SOURCE;
    const char *names[LEAT_CONNECTORS_MAX];
    uint32_t count = is_source ? checks->connectors->source_count : checks->connectors->sink_count;
    leat_buf known = {0};
    for (uint32_t i = 0; i < count; i++) {
        names[i] =
            is_source ? checks->connectors->sources[i]->name : checks->connectors->sinks[i]->name;
        leat_buf_print(&known, "%s%s", i == 0 ? "" : ", ", names[i]);
    }
    const char *near = leat_suggest(node->connector, names, count);
    leat_diagnostic_error(diagnostics, node->connector_place,
                          "no %s connector is called `%.*s`%s%s%s", is_source ? "source" : "sink",
                          LEAT_FMT(node->connector),
                          near == NULL ? "; known are " : ", did you mean `",
                          near == NULL ? leat_buf_text(&known) : near, near == NULL ? "" : "`?");
    leat_buf_fini(&known);
}

static void check_connector(void *self,
                            const leat_logical_node *node,
                            const leat_schema *schema,
                            leat_diagnostics *diagnostics)
{
    const leat_connector_checks *checks = self;
    leat_connector_option *options = leat_alloc_zero(node->option_count, sizeof *options);
    for (uint32_t i = 0; i < node->option_count; i++)
        options[i] = (leat_connector_option){node->options[i].name, node->options[i].value,
                                             node->options[i].place, node->options[i].key_place};
    leat_connector_config config = {.schema = schema,
                                    .options = options,
                                    .option_count = node->option_count,
                                    .files_root = checks->files_root,
                                    .parallelism = 1};
    size_t said_before = diagnostics->entries.count;
    const leat_source_class *source = leat_connectors_source(checks->connectors, node->connector);
    const leat_sink_class *sink = leat_connectors_sink(checks->connectors, node->connector);
    if (node->kind == LEAT_LOGICAL_SOURCE && source != NULL)
        source->check(&config, diagnostics);
    else if (node->kind == LEAT_LOGICAL_SINK && sink != NULL)
        sink->check(&config, diagnostics);
    else
        report_connector(checks, node, diagnostics);
    /* A connector has no place for what is missing: it is missing in this source or sink. */
    for (size_t i = said_before; i < diagnostics->entries.count; i++)
        if (diagnostics->entries.items[i].place.line == 0)
            diagnostics->entries.items[i].place = node->place;
    leat_free(options);
}

leat_topology_checks leat_connector_checks_of(leat_connector_checks *checks)
{
    return (leat_topology_checks){checks, check_connector};
}

static bool is_sql(const char *path)
{
    size_t size = strlen(path);
    return size > 4 && strcmp(path + size - 4, ".sql") == 0;
}

/* "q0" of "examples/q0.sql". */
static leat_bytes file_stem(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    return leat_bytes_of(name, strlen(name) - 4);
}

bool leat_topology_file_load(leat_topology_file *file,
                             const char *path,
                             const leat_variables *variables,
                             const leat_connectors *connectors)
{
    leat_error error;
    *file = (leat_topology_file){0};
    if (leat_file_read(path, LEAT_TOPOLOGY_BYTES_MAX, &file->text, &error) != LEAT_OK) {
        fprintf(stderr, "leat: %s\n", error.text);
        return false;
    }
    const char *slash = strrchr(path, '/');
    leat_bytes folder =
        slash == NULL ? LEAT_BYTES(".") : leat_bytes_of(path, (size_t)(slash - path + 1));
    leat_connector_checks self = {.connectors = connectors,
                                  .files_root = leat_arena_text(&file->arena, folder)};
    leat_topology_checks checks = leat_connector_checks_of(&self);
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, &file->arena, path, leat_buf_bytes(&file->text));
    leat_bytes text = leat_buf_bytes(&file->text);
    if (is_sql(path)) {
        leat_sql_config config = {.name = file_stem(path), .checks = &checks};
        file->written = leat_sql_load(text, &config, &file->arena, &diagnostics);
    } else {
        file->written = leat_topology_load(text, variables, &checks, &file->arena, &diagnostics);
    }
    leat_buf said = {0};
    leat_diagnostics_print(&diagnostics, &said);
    fwrite(leat_buf_text(&said), 1, said.size, stderr);
    leat_buf_fini(&said);
    file->warning_count = (uint32_t)diagnostics.entries.count;
    leat_diagnostics_fini(&diagnostics);
    if (file->written == NULL)
        return false;
    const leat_logical_plan *rewritten = leat_rewrite(file->written, &file->arena);
    file->physical = leat_physical_of(rewritten, &file->arena);
    return true;
}

void leat_topology_file_fini(leat_topology_file *file)
{
    leat_buf_fini(&file->text);
    leat_arena_fini(&file->arena);
}
