/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/builtin.h"

#include "worker/connectors/blackhole/blackhole.h"
#include "worker/connectors/file/file.h"
#include "worker/connectors/generator/sequence.h"
#include "worker/connectors/nexmark/nexmark.h"
#include "worker/connectors/print/print.h"

void leat_connectors_add_builtin(leat_connectors *connectors)
{
    leat_connectors_add_source(connectors, &leat_file_source);
    leat_connectors_add_source(connectors, &leat_sequence_source);
    leat_connectors_add_source(connectors, &leat_nexmark_source);
    leat_connectors_add_sink(connectors, &leat_file_sink);
    leat_connectors_add_sink(connectors, &leat_print_sink);
    leat_connectors_add_sink(connectors, &leat_blackhole_sink);
}
