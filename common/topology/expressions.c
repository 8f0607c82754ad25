/* SPDX-License-Identifier: Apache-2.0
 *
 * From the text of a scalar to bound expressions over a stream.
 */
#include "common/plan/inline.h"
#include "common/topology/load.h"

leat_binder leat_topology_binder(leat_topology_loader *loader,
                                 const leat_yaml *scalar,
                                 const leat_schema *schema)
{
    return (leat_binder){.arena = loader->arena,
                         .schema = schema,
                         .relation = LEAT_BYTES(""),
                         .source = leat_yaml_source(scalar),
                         .diagnostics = loader->diagnostics};
}

leat_bound *leat_topology_condition(leat_topology_loader *loader,
                                    const leat_yaml *scalar,
                                    const leat_schema *schema)
{
    if (!leat_yaml_expect(scalar, LEAT_YAML_SCALAR, loader->diagnostics))
        return NULL;
    leat_expr *expr = leat_expr_parse(leat_yaml_source(scalar), loader->arena, loader->diagnostics);
    if (expr == NULL)
        return NULL;
    leat_binder binder = leat_topology_binder(loader, scalar, schema);
    return leat_bind_condition(&binder, expr);
}

void leat_topology_fields_fini(leat_topology_fields *list)
{
    leat_vec_fini(&list->fields);
    leat_vec_fini(&list->expressions);
}

bool leat_topology_fields_add(leat_topology_loader *loader,
                              leat_topology_fields *list,
                              leat_bytes name,
                              leat_bound *bound,
                              leat_place place)
{
    if (bound->type.id == LEAT_TYPE_UNKNOWN) {
        leat_diagnostic_error(loader->diagnostics, place,
                              "`%.*s` has no type: write CAST(... AS type)", LEAT_FMT(name));
        return false;
    }
    LEAT_VEC_EACH (field, &list->fields) {
        if (leat_bytes_equal(field->name, name)) {
            leat_diagnostic_error(loader->diagnostics, place,
                                  "two columns are called `%.*s`: rename one with AS",
                                  LEAT_FMT(name));
            return false;
        }
    }
    if (list->fields.count >= LEAT_SCHEMA_FIELDS_MAX) {
        leat_diagnostic_error(loader->diagnostics, place, "more than %d columns",
                              LEAT_SCHEMA_FIELDS_MAX);
        return false;
    }
    leat_field field = {.name = name, .type = bound->type, .is_nullable = bound->is_nullable};
    leat_vec_push(&list->fields, field);
    leat_vec_push(&list->expressions, bound);
    return true;
}

static bool add_all(leat_topology_loader *loader,
                    const leat_schema *schema,
                    leat_place place,
                    leat_topology_fields *list)
{
    bool is_fine = true;
    for (uint32_t i = 0; i < schema->field_count && is_fine; i++)
        is_fine = leat_topology_fields_add(loader, list, schema->fields[i].name,
                                           leat_bound_column(schema, i, loader->arena), place);
    return is_fine;
}

static bool read_select_text(leat_topology_loader *loader,
                             const leat_yaml *scalar,
                             const leat_schema *schema,
                             leat_topology_fields *list)
{
    if (!leat_yaml_expect(scalar, LEAT_YAML_SCALAR, loader->diagnostics))
        return false;
    leat_binder binder = leat_topology_binder(loader, scalar, schema);
    uint32_t count = 0;
    leat_select_item *items =
        leat_select_parse(binder.source, loader->arena, loader->diagnostics, &count);
    bool is_fine = items != NULL && count > 0;
    for (uint32_t i = 0; i < count; i++) {
        leat_place place = leat_expr_place(binder.source, items[i].expr);
        if (items[i].expr->kind == LEAT_EXPR_STAR) {
            is_fine &= add_all(loader, schema, place, list);
            continue;
        }
        leat_bound *bound = leat_bind(&binder, items[i].expr);
        is_fine &=
            bound != NULL && leat_topology_fields_add(loader, list, items[i].alias, bound, place);
    }
    return is_fine;
}

bool leat_topology_read_select(leat_topology_loader *loader,
                               const leat_yaml *yaml,
                               const leat_schema *schema,
                               leat_topology_fields *list)
{
    if (yaml->kind != LEAT_YAML_SEQUENCE)
        return read_select_text(loader, yaml, schema, list);
    bool is_fine = true;
    for (uint32_t i = 0; i < yaml->count; i++)
        is_fine &= read_select_text(loader, &yaml->items[i], schema, list);
    return is_fine;
}

leat_logical_input leat_topology_project(leat_topology_loader *loader,
                                         const leat_topology_item *item,
                                         const char *role,
                                         leat_logical_input input,
                                         const leat_topology_fields *list)
{
    leat_logical_output output = *leat_topology_output(loader, input);
    uint32_t count = (uint32_t)list->fields.count;
    int32_t event_time = -1;
    for (uint32_t i = 0; i < count && event_time < 0; i++) {
        const leat_bound *bound = list->expressions.items[i];
        if (bound->kind == LEAT_BOUND_COLUMN && (int32_t)bound->column == output.schema->event_time)
            event_time = (int32_t)i;
    }
    output.schema = leat_schema_new(loader->arena, list->fields.items, count, event_time);
    output.time_is_window_end &= event_time >= 0;
    leat_logical_node node = leat_topology_node(loader, item, LEAT_LOGICAL_PROJECT, role, input);
    node.expression_count = count;
    node.expressions =
        leat_arena_copy(loader->arena, list->expressions.items, count * sizeof *node.expressions);
    leat_topology_outputs(loader, &node, 1, &output);
    return leat_topology_add(loader, &node);
}
