/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/base/fields.h"

#include <strings.h>

#include "common/base/assert.h"

int32_t leat_fields_find(const leat_source_field *fields, uint32_t field_count, leat_bytes column)
{
    for (uint32_t i = 0; i < field_count; i++) {
        if (strlen(fields[i].name) == column.size &&
            strncasecmp(fields[i].name, column.data, column.size) == 0)
            return (int32_t)i;
    }
    return -1;
}

static void column_unknown(leat_bytes column,
                           const leat_source_field *fields,
                           uint32_t field_count,
                           leat_diagnostics *diagnostics)
{
    LEAT_ASSERT(field_count <= LEAT_FIELDS_MAX);
    const char *names[LEAT_FIELDS_MAX];
    for (uint32_t i = 0; i < field_count; i++)
        names[i] = fields[i].name;
    const char *nearest = leat_suggest(column, names, field_count);
    if (nearest != NULL)
        leat_diagnostic_error(diagnostics, (leat_place){0},
                              "column `%.*s` is no field of the source, did you mean `%s`?",
                              LEAT_FMT(column), nearest);
    else
        leat_diagnostic_error(diagnostics, (leat_place){0},
                              "column `%.*s` is no field of the source", LEAT_FMT(column));
}

void leat_fields_check(const leat_connector_config *config,
                       const leat_source_field *fields,
                       uint32_t field_count,
                       leat_diagnostics *diagnostics)
{
    for (uint32_t c = 0; config->schema != NULL && c < config->schema->field_count; c++) {
        const leat_field *column = &config->schema->fields[c];
        int32_t index = leat_fields_find(fields, field_count, column->name);
        if (index < 0) {
            column_unknown(column->name, fields, field_count, diagnostics);
            continue;
        }
        leat_type expected = {.id = (uint8_t)fields[index].type};
        if (leat_type_equal(expected, column->type))
            continue;
        leat_buf name = {0};
        leat_type_print(expected, &name);
        leat_diagnostic_error(diagnostics, (leat_place){0}, "column `%.*s` must be a %s",
                              LEAT_FMT(column->name), leat_buf_text(&name));
        leat_buf_fini(&name);
    }
}
