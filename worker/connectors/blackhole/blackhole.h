/* SPDX-License-Identifier: Apache-2.0
 *
 * blackhole - the sink `blackhole`: takes rows and drops them, for measurements.
 */
#ifndef LEAT_WORKER_CONNECTORS_BLACKHOLE_BLACKHOLE_H
#define LEAT_WORKER_CONNECTORS_BLACKHOLE_BLACKHOLE_H

#include "worker/connectors/base/connector.h"

extern const leat_sink_class leat_blackhole_sink;

#endif
