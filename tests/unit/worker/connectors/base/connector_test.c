/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/base/connector.h"

#include <criterion/criterion.h>

#include "tests/support/batch_text.h"
#include "worker/connectors/builtin.h"

Test(connector, the_builtin_ones_are_found_by_name)
{
    leat_connectors connectors = {0};

    leat_connectors_add_builtin(&connectors);

    cr_assert_not_null(leat_connectors_source(&connectors, LEAT_BYTES("file")));
    cr_assert_not_null(leat_connectors_source(&connectors, LEAT_BYTES("nexmark")));
    cr_assert_not_null(leat_connectors_source(&connectors, LEAT_BYTES("sequence")));
    cr_assert_eq(leat_connectors_sink(&connectors, LEAT_BYTES("file"))->kind, LEAT_SINK_FILE);
    cr_assert_eq(leat_connectors_sink(&connectors, LEAT_BYTES("print"))->kind, LEAT_SINK_PRINT);
    cr_assert_eq(leat_connectors_sink(&connectors, LEAT_BYTES("blackhole"))->kind, LEAT_SINK_NULL);
    cr_assert_null(leat_connectors_source(&connectors, LEAT_BYTES("print")));
    cr_assert_null(leat_connectors_sink(&connectors, LEAT_BYTES("fil")));
}

Test(connector, sinks_encode_json_lines_and_the_blackhole_nothing)
{
    leat_connectors connectors = {0};
    leat_connectors_add_builtin(&connectors);
    leat_batch *batch = BATCH("k bigint", "1", "2");
    leat_connector_config config = {.schema = leat_batch_rows(batch)->schema};
    leat_buf out = {0};

    for (uint32_t i = 0; i < connectors.sink_count; i++) {
        leat_buf_clear(&out);
        connectors.sinks[i]->encode(&config, leat_batch_rows(batch), &out);
        bool is_null = connectors.sinks[i]->kind == LEAT_SINK_NULL;
        cr_assert_str_eq(leat_buf_text(&out), is_null ? "" : "{\"k\":1}\n{\"k\":2}\n");
    }

    leat_buf_fini(&out);
    leat_batch_unref(&batch);
}

Test(connector, a_file_sink_refuses_what_it_cannot_do_yet)
{
    leat_connectors connectors = {0};
    leat_connectors_add_builtin(&connectors);
    leat_connector_option options[] = {
        {.name = LEAT_BYTES("path"), .value = LEAT_BYTES("out"), .place = {1, 1, 0}},
        {.name = LEAT_BYTES("roll"), .value = LEAT_BYTES("1h"), .place = {2, 1, 0}}};
    leat_connector_config config = {.options = options, .option_count = 2};
    leat_arena arena = {0};
    leat_diagnostics list;
    leat_diagnostics_init(&list, &arena, "t.yaml", leat_bytes_of("", 0));

    leat_connectors_sink(&connectors, LEAT_BYTES("file"))->check(&config, &list);

    cr_assert_eq(list.error_count, 1);
    cr_assert_str_eq(list.entries.items[0].message,
                     "`roll` is not supported yet: a part is closed with its epoch");
    leat_diagnostics_fini(&list);
    leat_arena_fini(&arena);
}
