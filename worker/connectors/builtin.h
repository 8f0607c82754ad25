/* SPDX-License-Identifier: Apache-2.0
 *
 * builtin - all connectors that come with leat, for the shells; the simulator picks its own.
 */
#ifndef LEAT_WORKER_CONNECTORS_BUILTIN_H
#define LEAT_WORKER_CONNECTORS_BUILTIN_H

#include "worker/connectors/base/connector.h"

void leat_connectors_add_builtin(leat_connectors *connectors);

#endif
