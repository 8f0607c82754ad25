/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/base/format.h"
#include "worker/connectors/base/option.h"
#include "worker/connectors/file/file.h"

static void sink_check(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    static const char *const names[] = {"path", "roll"};
    leat_format_check(config, names, LEAT_COUNT_OF(names), true, diagnostics);
    leat_option_required(config, "path", diagnostics);
    const leat_connector_option *roll = leat_option_find(config, "roll");
    if (roll != NULL)
        leat_diagnostic_error(diagnostics, roll->place,
                              "`roll` is not supported yet: a part is closed with its epoch");
}

static void sink_encode(const leat_connector_config *config, const leat_rows *rows, leat_buf *out)
{
    leat_format_write(config, rows, out);
}

const leat_sink_class leat_file_sink = {
    .name = "file", .kind = LEAT_SINK_FILE, .check = sink_check, .encode = sink_encode};
