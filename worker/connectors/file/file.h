/* SPDX-License-Identifier: Apache-2.0
 *
 * file - the connector `file`: JSON lines in files, plain or gzip, as a source and as a sink.
 *
 * Source options: path (a pattern with * ? [] {}; relative to the job's folder), format (json),
 * follow (go on reading files that grow, and take up new ones). One split per file, named
 * `INODE:PATH`; its position is the offset in the uncompressed text, in decimal. Sink options:
 * path (the folder of the parts), format (json).
 */
#ifndef LEAT_WORKER_CONNECTORS_FILE_FILE_H
#define LEAT_WORKER_CONNECTORS_FILE_FILE_H

#include "worker/connectors/base/connector.h"

extern const leat_source_class leat_file_source;
extern const leat_sink_class leat_file_sink;

#endif
