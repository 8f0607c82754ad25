/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/base/connector.h"

#include "common/base/assert.h"

void leat_connectors_add_source(leat_connectors *connectors, const leat_source_class *source)
{
    LEAT_ASSERT(connectors->source_count < LEAT_CONNECTORS_MAX);
    LEAT_ASSERT(leat_connectors_source(connectors, leat_bytes_text(source->name)) == NULL);
    connectors->sources[connectors->source_count++] = source;
}

void leat_connectors_add_sink(leat_connectors *connectors, const leat_sink_class *sink)
{
    LEAT_ASSERT(connectors->sink_count < LEAT_CONNECTORS_MAX);
    LEAT_ASSERT(leat_connectors_sink(connectors, leat_bytes_text(sink->name)) == NULL);
    connectors->sinks[connectors->sink_count++] = sink;
}

const leat_source_class *leat_connectors_source(const leat_connectors *connectors, leat_bytes name)
{
    for (uint32_t i = 0; i < connectors->source_count; i++) {
        if (leat_bytes_equal(leat_bytes_text(connectors->sources[i]->name), name))
            return connectors->sources[i];
    }
    return NULL;
}

const leat_sink_class *leat_connectors_sink(const leat_connectors *connectors, leat_bytes name)
{
    for (uint32_t i = 0; i < connectors->sink_count; i++) {
        if (leat_bytes_equal(leat_bytes_text(connectors->sinks[i]->name), name))
            return connectors->sinks[i];
    }
    return NULL;
}

void leat_source_omit_unwanted(const leat_connector_config *config, leat_builder *builder)
{
    for (uint32_t c = 0; config->wanted != NULL && c < config->schema->field_count; c++) {
        if (!config->wanted[c])
            leat_builder_omit(builder, c);
    }
}
