/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/base/option.h"

#include "common/base/assert.h"
#include "common/columns/value.h"

/* Read by the engine for every connector; whether they make sense there is its business. */
static const char *const engine_names[] = {"on_bad_record", "changes"};

const leat_connector_option *leat_option_find(const leat_connector_config *config, const char *name)
{
    for (uint32_t i = 0; i < config->option_count; i++) {
        if (leat_bytes_equal(config->options[i].name, leat_bytes_text(name)))
            return &config->options[i];
    }
    return NULL;
}

static bool is_among(leat_bytes name, const char *const *names, size_t name_count)
{
    for (size_t i = 0; i < name_count; i++) {
        if (leat_bytes_equal(name, leat_bytes_text(names[i])))
            return true;
    }
    return false;
}

void leat_options_check(const leat_connector_config *config,
                        const char *const *names,
                        uint32_t name_count,
                        leat_diagnostics *diagnostics)
{
    for (uint32_t i = 0; i < config->option_count; i++) {
        const leat_connector_option *option = &config->options[i];
        if (is_among(option->name, names, name_count) ||
            is_among(option->name, engine_names, LEAT_COUNT_OF(engine_names)))
            continue;
        const char *nearest = leat_suggest(option->name, names, name_count);
        if (nearest != NULL)
            leat_diagnostic_error(diagnostics, option->key_place,
                                  "unknown option `%.*s`, did you mean `%s`?",
                                  LEAT_FMT(option->name), nearest);
        else
            leat_diagnostic_error(diagnostics, option->key_place, "unknown option `%.*s`",
                                  LEAT_FMT(option->name));
    }
}

leat_bytes
leat_option_text(const leat_connector_config *config, const char *name, const char *fallback)
{
    const leat_connector_option *option = leat_option_find(config, name);
    return option != NULL ? option->value : leat_bytes_text(fallback);
}

leat_bytes leat_option_required(const leat_connector_config *config,
                                const char *name,
                                leat_diagnostics *diagnostics)
{
    const leat_connector_option *option = leat_option_find(config, name);
    if (option != NULL && option->value.size > 0)
        return option->value;
    if (diagnostics != NULL)
        leat_diagnostic_error(diagnostics, option == NULL ? (leat_place){0} : option->place,
                              "the option `%s` is needed", name);
    return leat_bytes_of("", 0);
}

static void value_wrong(const leat_connector_option *option,
                        const char *expected,
                        leat_diagnostics *diagnostics)
{
    if (diagnostics != NULL)
        leat_diagnostic_error(diagnostics, option->place, "`%.*s: %.*s`: expected %s",
                              LEAT_FMT(option->name), LEAT_FMT(option->value), expected);
}

bool leat_option_bool(const leat_connector_config *config,
                      const char *name,
                      bool fallback,
                      leat_diagnostics *diagnostics)
{
    const leat_connector_option *option = leat_option_find(config, name);
    if (option == NULL)
        return fallback;
    if (leat_bytes_equal(option->value, LEAT_BYTES("true")))
        return true;
    if (leat_bytes_equal(option->value, LEAT_BYTES("false")))
        return false;
    value_wrong(option, "true or false", diagnostics);
    return fallback;
}

int64_t leat_option_integer(const leat_connector_config *config,
                            const char *name,
                            leat_option_range range,
                            leat_diagnostics *diagnostics)
{
    const leat_connector_option *option = leat_option_find(config, name);
    if (option == NULL)
        return range.fallback;
    int64_t value = 0;
    if (leat_integer_parse(option->value, &value) == LEAT_OK && value >= range.min &&
        value <= range.max)
        return value;
    leat_buf expected = {0};
    leat_buf_print(&expected, "a whole number from %lld to %lld", (long long)range.min,
                   (long long)range.max);
    value_wrong(option, leat_buf_text(&expected), diagnostics);
    leat_buf_fini(&expected);
    return range.fallback;
}

leat_time leat_option_timestamp(const leat_connector_config *config,
                                const char *name,
                                leat_time fallback,
                                leat_diagnostics *diagnostics)
{
    const leat_connector_option *option = leat_option_find(config, name);
    leat_time value = fallback;
    if (option != NULL && leat_timestamp_parse(option->value, &value) != LEAT_OK)
        value_wrong(option, "a time such as 2015-07-15 00:00:00", diagnostics);
    return value;
}

uint32_t leat_option_choice(const leat_connector_config *config,
                            const char *name,
                            const char *const *choices,
                            uint32_t choice_count,
                            leat_diagnostics *diagnostics)
{
    const leat_connector_option *option = leat_option_find(config, name);
    if (option == NULL)
        return 0;
    leat_buf expected = {0};
    for (uint32_t i = 0; i < choice_count; i++) {
        if (leat_bytes_equal(option->value, leat_bytes_text(choices[i]))) {
            leat_buf_fini(&expected);
            return i;
        }
        leat_buf_print(&expected, "%s%s",
                       i == 0                  ? ""
                       : i + 1 == choice_count ? " or "
                                               : ", ",
                       choices[i]);
    }
    value_wrong(option, leat_buf_text(&expected), diagnostics);
    leat_buf_fini(&expected);
    return 0;
}
