/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/print/print.h"

#include "worker/connectors/base/format.h"
#include "worker/connectors/base/option.h"

static void sink_check(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    leat_format_check(config, NULL, 0, true, diagnostics);
}

static void sink_encode(const leat_connector_config *config, const leat_rows *rows, leat_buf *out)
{
    leat_format_write(config, rows, out);
}

const leat_sink_class leat_print_sink = {
    .name = "print", .kind = LEAT_SINK_PRINT, .check = sink_check, .encode = sink_encode};
