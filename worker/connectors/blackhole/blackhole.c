/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/blackhole/blackhole.h"

#include "worker/connectors/base/option.h"

static void sink_check(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    leat_options_check(config, NULL, 0, diagnostics);
}

static void sink_encode(const leat_connector_config *config, const leat_rows *rows, leat_buf *out)
{
    (void)config;
    (void)rows;
    (void)out;
}

const leat_sink_class leat_blackhole_sink = {
    .name = "blackhole", .kind = LEAT_SINK_NULL, .check = sink_check, .encode = sink_encode};
