/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/base/format_json.h"
#include "worker/connectors/base/option.h"
#include "worker/connectors/file/file.h"

static void sink_check(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    static const char *const names[] = {"path", "format", "roll"};
    static const char *const formats[] = {"json"};
    leat_options_check(config, names, LEAT_COUNT_OF(names), diagnostics);
    leat_option_required(config, "path", diagnostics);
    leat_option_choice(config, "format", formats, LEAT_COUNT_OF(formats), diagnostics);
    const leat_connector_option *roll = leat_option_find(config, "roll");
    if (roll != NULL)
        leat_diagnostic_error(diagnostics, roll->place,
                              "`roll` is not supported yet: a part is closed with its epoch");
}

static void sink_encode(const leat_connector_config *config, const leat_rows *rows, leat_buf *out)
{
    (void)config;
    leat_json_lines_write(rows, out);
}

const leat_sink_class leat_file_sink = {
    .name = "file", .kind = LEAT_SINK_FILE, .check = sink_check, .encode = sink_encode};
