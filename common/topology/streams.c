/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of items and streams, and the order in which items are lowered.
 */
#include "common/topology/load.h"

bool leat_topology_name_check(leat_topology_loader *loader, leat_bytes name, leat_place place)
{
    bool is_fine = name.size > 0 && name.size <= LEAT_NAME_BYTES_MAX;
    for (size_t i = 0; i < name.size && is_fine; i++) {
        char c = name.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool is_later = (c >= '0' && c <= '9') || c == '-';
        is_fine = is_letter || (i > 0 && is_later);
    }
    if (!is_fine)
        leat_diagnostic_error(loader->diagnostics, place,
                              "`%.*s` is no name: a letter, then letters, digits, `_`, `-`, at "
                              "most %d",
                              LEAT_FMT(name), LEAT_NAME_BYTES_MAX);
    return is_fine;
}

leat_topology_item *leat_topology_find(leat_topology_loader *loader, leat_bytes name)
{
    LEAT_VEC_EACH (item, &loader->items)
        if (leat_bytes_equal(item->name, name))
            return item;
    return NULL;
}

void leat_topology_offer(leat_topology_item *item,
                         leat_bytes name,
                         leat_place place,
                         leat_logical_input from)
{
    leat_topology_stream stream = {.name = name, .place = place, .from = from};
    leat_vec_push(&item->streams, stream);
}

bool leat_topology_lower(leat_topology_loader *loader, leat_topology_item *item)
{
    if (item->state == LEAT_TOPOLOGY_WAITING) {
        bool is_fine = false;
        item->state = LEAT_TOPOLOGY_OPEN;
        leat_vec_push(&loader->open, item);
        switch (item->role) {
        case LEAT_TOPOLOGY_SOURCE:
            is_fine = leat_topology_lower_source(loader, item);
            break;
        case LEAT_TOPOLOGY_PROCESSOR:
            is_fine = leat_topology_lower_processor(loader, item);
            break;
        case LEAT_TOPOLOGY_SINK:
            is_fine = leat_topology_lower_sink(loader, item);
            break;
        }
        (void)leat_vec_pop(&loader->open);
        item->state = is_fine ? LEAT_TOPOLOGY_DONE : LEAT_TOPOLOGY_FAILED;
    }
    return item->state == LEAT_TOPOLOGY_DONE;
}

static void report_unknown(leat_topology_loader *loader, leat_bytes name, leat_place place)
{
    const char **names = LEAT_ARENA_ARRAY(loader->arena, const char *, loader->items.count + 1);
    size_t count = 0;
    LEAT_VEC_EACH (item, &loader->items)
        if (item->role != LEAT_TOPOLOGY_SINK)
            names[count++] = leat_arena_text(loader->arena, item->name);
    const char *near = leat_suggest(name, names, count);
    if (near != NULL)
        leat_diagnostic_error(loader->diagnostics, place,
                              "no source or processor is called `%.*s`, did you mean `%s`?",
                              LEAT_FMT(name), near);
    else
        leat_diagnostic_error(loader->diagnostics, place, "no source or processor is called `%.*s`",
                              LEAT_FMT(name));
}

static void report_output(leat_topology_loader *loader,
                          const leat_topology_item *item,
                          leat_bytes output,
                          leat_place place)
{
    leat_buf known = {0};
    LEAT_VEC_EACH (stream, &item->streams)
        leat_buf_print(&known, "%s`%.*s%s%.*s`", known.size > 0 ? ", " : "", LEAT_FMT(item->name),
                       stream->name.size > 0 ? "." : "", LEAT_FMT(stream->name));
    if (output.size == 0)
        leat_diagnostic_error(loader->diagnostics, place, "`%.*s` routes its rows: read one of %s",
                              LEAT_FMT(item->name), leat_buf_text(&known));
    else
        leat_diagnostic_error(loader->diagnostics, place,
                              "`%.*s` has no output `%.*s`; it offers %s", LEAT_FMT(item->name),
                              LEAT_FMT(output), leat_buf_text(&known));
    leat_buf_fini(&known);
}

/* The open path from `item` on is the cycle. */
static void
report_cycle(leat_topology_loader *loader, const leat_topology_item *item, leat_place place)
{
    leat_buf path = {0};
    bool is_in_cycle = false;
    LEAT_VEC_EACH (other, &loader->open) {
        is_in_cycle |= *other == item;
        if (is_in_cycle)
            leat_buf_print(&path, "%.*s -> ", LEAT_FMT((*other)->name));
    }
    leat_diagnostic_error(loader->diagnostics, place, "`%.*s` reads itself: %s%.*s",
                          LEAT_FMT(item->name), leat_buf_text(&path), LEAT_FMT(item->name));
    leat_buf_fini(&path);
}

/* NAME or NAME.OUTPUT. */
bool leat_topology_resolve(leat_topology_loader *loader,
                           const leat_yaml *scalar,
                           leat_logical_input *out)
{
    if (!leat_yaml_expect(scalar, LEAT_YAML_SCALAR, loader->diagnostics))
        return false;
    leat_bytes name = scalar->text;
    leat_bytes output = LEAT_BYTES("");
    const char *dot = memchr(name.data, '.', name.size);
    if (dot != NULL) {
        output = leat_bytes_of(dot + 1, (size_t)(name.data + name.size - dot - 1));
        name.size = (size_t)(dot - name.data);
    }
    leat_topology_item *item = leat_topology_find(loader, name);
    if (item == NULL) {
        report_unknown(loader, name, scalar->place);
        return false;
    }
    if (item->role == LEAT_TOPOLOGY_SINK) {
        leat_diagnostic_error(loader->diagnostics, scalar->place,
                              "`%.*s` is a sink: nothing can be read from it", LEAT_FMT(name));
        return false;
    }
    if (item->state == LEAT_TOPOLOGY_OPEN) {
        report_cycle(loader, item, scalar->place);
        return false;
    }
    if (!leat_topology_lower(loader, item))
        return false;
    LEAT_VEC_EACH (stream, &item->streams) {
        if (leat_bytes_equal(stream->name, output)) {
            stream->is_read = true;
            *out = stream->from;
            return true;
        }
    }
    report_output(loader, item, output, scalar->place);
    return false;
}

/* Names and types must agree; a column may be NULL when it may be in one of the inputs. */
static bool unite(leat_topology_loader *loader,
                  leat_field *fields,
                  const leat_schema *first,
                  const leat_schema *other,
                  const leat_yaml *place)
{
    if (first->field_count != other->field_count) {
        leat_diagnostic_error(loader->diagnostics, place->place,
                              "inputs of a union need equal columns: `%.*s` has %u, the first "
                              "input has %u",
                              LEAT_FMT(place->text), other->field_count, first->field_count);
        return false;
    }
    for (uint32_t i = 0; i < first->field_count; i++) {
        const leat_field *field = &other->fields[i];
        fields[i].is_nullable |= field->is_nullable;
        if (leat_bytes_equal(fields[i].name, field->name) &&
            leat_type_equal(fields[i].type, field->type))
            continue;
        leat_buf text = {0};
        leat_type_print(field->type, &text);
        leat_buf_print(&text, "`, but `%.*s ", LEAT_FMT(fields[i].name));
        leat_type_print(fields[i].type, &text);
        leat_diagnostic_error(loader->diagnostics, place->place,
                              "inputs of a union need equal columns: column %u of `%.*s` is "
                              "`%.*s %s` in the first input",
                              i + 1, LEAT_FMT(place->text), LEAT_FMT(field->name),
                              leat_buf_text(&text));
        leat_buf_fini(&text);
        return false;
    }
    return true;
}

static bool add_union(leat_topology_loader *loader,
                      const leat_topology_item *item,
                      const leat_yaml *list,
                      const leat_logical_input *inputs,
                      leat_logical_input *out)
{
    const leat_logical_output *first = leat_topology_output(loader, inputs[0]);
    leat_logical_output united = *first;
    leat_field *fields = leat_arena_copy(loader->arena, first->schema->fields,
                                         first->schema->field_count * sizeof *fields);
    int32_t event_time = first->schema->event_time;
    bool is_fine = true;
    for (uint32_t i = 1; i < list->count; i++) {
        const leat_logical_output *other = leat_topology_output(loader, inputs[i]);
        is_fine &= unite(loader, fields, first->schema, other->schema, &list->items[i]);
        united.is_updating |= other->is_updating;
        united.changes = LEAT_MAX(united.changes, other->changes);
        if (other->schema->event_time != event_time ||
            other->time_is_window_end != first->time_is_window_end)
            event_time = -1;
    }
    if (!is_fine)
        return false;
    united.name = LEAT_BYTES("");
    united.schema = leat_schema_new(loader->arena, fields, first->schema->field_count, event_time);
    united.time_is_window_end &= event_time >= 0;
    leat_logical_node node =
        leat_topology_node(loader, item, LEAT_LOGICAL_UNION, "union", inputs[0]);
    node.input_count = list->count;
    node.inputs = leat_arena_copy(loader->arena, inputs, list->count * sizeof *inputs);
    leat_topology_outputs(loader, &node, 1, &united);
    *out = leat_topology_add(loader, &node);
    return true;
}

bool leat_topology_read_input(leat_topology_loader *loader,
                              leat_topology_item *item,
                              leat_logical_input *out_input)
{
    const leat_yaml *yaml = leat_yaml_get(item->yaml, "input");
    if (yaml == NULL) {
        leat_diagnostic_error(loader->diagnostics, item->place, "`%.*s` needs an `input`",
                              LEAT_FMT(item->name));
        return false;
    }
    if (yaml->kind != LEAT_YAML_SEQUENCE)
        return leat_topology_resolve(loader, yaml, out_input);
    if (yaml->count == 0 || yaml->count > LEAT_TOPOLOGY_INPUTS_MAX) {
        leat_diagnostic_error(loader->diagnostics, yaml->place, "`input` needs 1 to %d streams",
                              LEAT_TOPOLOGY_INPUTS_MAX);
        return false;
    }
    leat_logical_input inputs[LEAT_TOPOLOGY_INPUTS_MAX];
    bool is_fine = true;
    for (uint32_t i = 0; i < yaml->count; i++)
        is_fine &= leat_topology_resolve(loader, &yaml->items[i], &inputs[i]);
    if (!is_fine)
        return false;
    if (yaml->count == 1) {
        *out_input = inputs[0];
        return true;
    }
    return add_union(loader, item, yaml, inputs, out_input);
}
