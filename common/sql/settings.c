/* SPDX-License-Identifier: Apache-2.0
 *
 * SET and RESET: the settings of the job and of the front end, each with its default.
 */
#include "common/base/limits.h"
#include "common/sql/planner.h"
#include "common/text/duration.h"
#include "common/text/str.h"

typedef bool setting_apply(leat_sql_planner *p, leat_bytes value, leat_error *err);

static bool read_count(leat_bytes value, uint32_t most, uint32_t *out, leat_error *err)
{
    uint64_t number;
    if (!leat_str_to_u64(value, &number) || number > most) {
        leat_fail(err, LEAT_INVALID, "expected a whole number of at most %u", most);
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

/* "5min" as in a topology, or "5 min", as PostgreSQL and Flink write an interval. */
static bool read_duration(leat_sql_planner *p, leat_bytes value, int64_t *out_us, leat_error *err)
{
    leat_error unread = {0};
    leat_value interval;
    if (leat_duration_parse(value, out_us, err) == LEAT_OK)
        return true;
    if (leat_value_parse(LEAT_TYPE(INTERVAL), value, p->arena, &interval, &unread) != LEAT_OK ||
        interval.interval.months != 0 || interval.interval.days < 0 || interval.interval.micros < 0)
        return false;
    *out_us = interval.interval.days * INT64_C(86400000000) + interval.interval.micros;
    return true;
}

static bool
is_one_of(leat_bytes value, const char *a, const char *b, bool *out_is_b, leat_error *err)
{
    *out_is_b = leat_str_equal_nocase(value, leat_bytes_text(b));
    if (*out_is_b || leat_str_equal_nocase(value, leat_bytes_text(a)))
        return true;
    leat_fail(err, LEAT_INVALID, "expected '%s' or '%s'", a, b);
    return false;
}

static bool apply_name(leat_sql_planner *p, leat_bytes value, leat_error *err)
{
    (void)err;
    if (value.size == 0)
        value = p->config->name.size > 0 ? p->config->name : LEAT_BYTES("sql");
    p->plan->name = leat_arena_bytes(p->arena, value);
    return true;
}

static bool apply_parallelism(leat_sql_planner *p, leat_bytes value, leat_error *err)
{
    return read_count(value, LEAT_PARALLELISM_MAX, &p->plan->parallelism, err);
}

static bool apply_replicas(leat_sql_planner *p, leat_bytes value, leat_error *err)
{
    return read_count(value, 16, &p->plan->replicas, err);
}

static bool apply_epoch_interval(leat_sql_planner *p, leat_bytes value, leat_error *err)
{
    return read_duration(p, value, &p->plan->epoch_interval_us, err);
}

static bool apply_ttl(leat_sql_planner *p, leat_bytes value, leat_error *err)
{
    return read_duration(p, value, &p->state_ttl_us, err);
}

static bool apply_unbounded(leat_sql_planner *p, leat_bytes value, leat_error *err)
{
    return is_one_of(value, "refuse", "allow", &p->allows_unbounded_state, err);
}

static bool apply_on_error(leat_sql_planner *p, leat_bytes value, leat_error *err)
{
    bool skips;
    if (!is_one_of(value, "fail", "skip", &skips, err))
        return false;
    p->on_error = skips ? LEAT_BAD_RECORD_SKIP : LEAT_BAD_RECORD_FAIL;
    return true;
}

static bool apply_dialect(leat_sql_planner *p, leat_bytes value, leat_error *err)
{
    return is_one_of(value, "postgres", "flink", &p->is_flink, err);
}

/* Flink's names for the same stand beside ours. */
static const struct setting {
    const char *name;
    const char *other; /* or NULL */
    const char *value; /* the default */
    setting_apply *apply;
} known[] = {
    {"job.name", "pipeline.name", "", apply_name},
    {"parallelism", "parallelism.default", "0", apply_parallelism},
    {"replicas", NULL, "2", apply_replicas},
    {"epoch.interval", "execution.checkpointing.interval", "1s", apply_epoch_interval},
    {"state.ttl", "table.exec.state.ttl", "0", apply_ttl},
    {"state.unbounded", NULL, "refuse", apply_unbounded},
    {"on.error", NULL, "skip", apply_on_error},
    {"sql.dialect", "table.sql-dialect", "postgres", apply_dialect},
};

LEAT_STATIC_ASSERT(LEAT_REPLICAS_DEFAULT == 2, "the table says 2");
LEAT_STATIC_ASSERT(LEAT_EPOCH_INTERVAL_MS_DEFAULT == 1000, "the table says 1s");

static const struct setting *setting_find(leat_bytes name)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(known); i++)
        if (leat_bytes_equal(name, leat_bytes_text(known[i].name)) ||
            (known[i].other != NULL && leat_bytes_equal(name, leat_bytes_text(known[i].other))))
            return &known[i];
    return NULL;
}

/* Scripts written for other systems set much that has no meaning here: they run. */
static void warn_unknown(leat_sql_planner *p, leat_sql_name name)
{
    const char *names[2 * LEAT_COUNT_OF(known)];
    size_t count = 0;
    for (size_t i = 0; i < LEAT_COUNT_OF(known); i++) {
        names[count++] = known[i].name;
        if (known[i].other != NULL)
            names[count++] = known[i].other;
    }
    const char *near = leat_suggest(name.text, names, count);
    leat_diagnostic_warning(p->diagnostics, leat_sql_place(p, name.span),
                            "the setting '%.*s' is not known and does nothing%s%s%s",
                            LEAT_FMT(name.text), near == NULL ? "" : ", did you mean '",
                            near == NULL ? "" : near, near == NULL ? "" : "'?");
}

static void setting_keep(leat_sql_planner *p, const char *name, leat_bytes value)
{
    value = leat_arena_bytes(p->arena, value);
    for (size_t i = 0; i < p->settings.count; i++)
        if (strcmp(p->settings.items[i].name, name) == 0) {
            p->settings.items[i].value = value;
            return;
        }
    leat_vec_push(&p->settings, (leat_sql_setting){name, value});
}

bool leat_sql_plan_set(leat_sql_planner *p, const leat_sql_option *option)
{
    leat_error err = {0};
    const struct setting *setting = setting_find(option->name.text);
    p->has_acted = true;
    if (setting == NULL) {
        warn_unknown(p, option->name);
        return true;
    }
    if (!setting->apply(p, option->value, &err)) {
        LEAT_SQL_REPORT(p, option->value_span, "'%s': %s", setting->name, err.text);
        return false;
    }
    setting_keep(p, setting->name, option->value);
    return true;
}

static void reset(leat_sql_planner *p, const struct setting *setting)
{
    leat_error err = {0};
    bool is_fine = setting->apply(p, leat_bytes_text(setting->value), &err);
    LEAT_ASSERT(is_fine); /* a default is right */
    setting_keep(p, setting->name, leat_bytes_text(setting->value));
}

bool leat_sql_plan_reset(leat_sql_planner *p, leat_sql_name name)
{
    p->has_acted = true;
    if (name.text.size == 0) {
        leat_sql_settings_init(p);
        return true;
    }
    const struct setting *setting = setting_find(name.text);
    if (setting == NULL)
        warn_unknown(p, name);
    else
        reset(p, setting);
    return true;
}

void leat_sql_settings_init(leat_sql_planner *p)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(known); i++)
        reset(p, &known[i]);
    if (p->config->allows_unbounded_state) {
        p->allows_unbounded_state = true;
        setting_keep(p, "state.unbounded", LEAT_BYTES("allow"));
    }
}
