/* SPDX-License-Identifier: Apache-2.0
 *
 * option - typed reading of a connector's options, with words for the user when they are wrong.
 *
 * Every getter takes `diagnostics` or NULL. check() passes the list and ignores the values; the
 * connector itself passes NULL and gets the fallback where a value is wrong, which cannot happen
 * after a check. Options that the engine reads (on_bad_record, changes ...) are known to all.
 */
#ifndef LEAT_WORKER_CONNECTORS_BASE_OPTION_H
#define LEAT_WORKER_CONNECTORS_BASE_OPTION_H

#include "worker/connectors/base/connector.h"

/* NULL when absent. */
const leat_connector_option *leat_option_find(const leat_connector_config *config,
                                              const char *name);
/* Report each option that is not in `names`, with the nearest that is. */
void leat_options_check(const leat_connector_config *config,
                        const char *const *names,
                        uint32_t name_count,
                        leat_diagnostics *diagnostics);

leat_bytes
leat_option_text(const leat_connector_config *config, const char *name, const char *fallback);
/* Reports an absent or empty value; returns an empty text then. */
leat_bytes leat_option_required(const leat_connector_config *config,
                                const char *name,
                                leat_diagnostics *diagnostics);
bool leat_option_bool(const leat_connector_config *config,
                      const char *name,
                      bool fallback,
                      leat_diagnostics *diagnostics);

typedef struct leat_option_range {
    int64_t fallback;
    int64_t min;
    int64_t max;
} leat_option_range;

int64_t leat_option_integer(const leat_connector_config *config,
                            const char *name,
                            leat_option_range range,
                            leat_diagnostics *diagnostics);
leat_time leat_option_timestamp(const leat_connector_config *config,
                                const char *name,
                                leat_time fallback,
                                leat_diagnostics *diagnostics);
/* Index of the value among `choices`; the first is the fallback. */
uint32_t leat_option_choice(const leat_connector_config *config,
                            const char *name,
                            const char *const *choices,
                            uint32_t choice_count,
                            leat_diagnostics *diagnostics);

#endif
