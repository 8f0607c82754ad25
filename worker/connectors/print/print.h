/* SPDX-License-Identifier: Apache-2.0
 *
 * print - the sink `print`: rows as JSON lines on the worker's output, shown at once; may repeat
 * rows after a crash (class S6).
 */
#ifndef LEAT_WORKER_CONNECTORS_PRINT_PRINT_H
#define LEAT_WORKER_CONNECTORS_PRINT_PRINT_H

#include "worker/connectors/base/connector.h"

extern const leat_sink_class leat_print_sink;

#endif
