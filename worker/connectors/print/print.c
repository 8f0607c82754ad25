/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/print/print.h"

#include "worker/connectors/base/format_json.h"
#include "worker/connectors/base/option.h"

static void sink_check(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    static const char *const names[] = {"format"};
    static const char *const formats[] = {"json"};
    leat_options_check(config, names, LEAT_COUNT_OF(names), diagnostics);
    leat_option_choice(config, "format", formats, LEAT_COUNT_OF(formats), diagnostics);
}

static void sink_encode(const leat_connector_config *config, const leat_rows *rows, leat_buf *out)
{
    (void)config;
    leat_json_lines_write(rows, out);
}

const leat_sink_class leat_print_sink = {
    .name = "print", .kind = LEAT_SINK_PRINT, .check = sink_check, .encode = sink_encode};
