/* SPDX-License-Identifier: Apache-2.0
 *
 * `sql`, `join`, `intersect`, `except`, and `top`, `dedup`, `over`, `distinct`: processors that SQL
 * has words for become a SELECT, and the SQL planner makes their nodes. So both front ends agree on
 * what they mean, to the last NULL.
 *
 * The first four take the place of `input`; the others stand behind `where` and `select`, and a
 * processor has at most one of them.
 */
#include "common/sql/embed.h"
#include "common/topology/load.h"

#define THIS "this" /* the name of a processor's own rows in a SELECT made here */

static const char *const AHEAD[] = {"sql", "join", "intersect", "except"};
static const char *const BEHIND[] = {"top", "dedup", "over", "distinct", "aggregate"};

static const leat_yaml *
first_of(const leat_yaml *yaml, const char *const *keys, size_t count, const leat_yaml **out_second)
{
    const leat_yaml *found = NULL;
    *out_second = NULL;
    for (size_t i = 0; i < count; i++) {
        const leat_yaml *one = leat_yaml_get(yaml, keys[i]);
        if (one != NULL && found != NULL)
            *out_second = one;
        found = found != NULL ? found : one;
    }
    return found;
}

static bool is_key(const leat_yaml *yaml, const char *key)
{
    return leat_bytes_equal(yaml->key, leat_bytes_text(key));
}

static void add_name(leat_buf *sql, leat_bytes name)
{
    leat_buf_add_u8(sql, '"');
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '"')
            leat_buf_add_u8(sql, '"');
        leat_buf_add_u8(sql, (uint8_t)name.data[i]);
    }
    leat_buf_add_u8(sql, '"');
}

/* Scalars that are SQL stand in the SELECT as they are; what is no expression by itself is told
 * where it stands, before. */
static bool add_expression(leat_topology_loader *loader, leat_buf *sql, const leat_yaml *scalar)
{
    if (!leat_yaml_expect(scalar, LEAT_YAML_SCALAR, loader->diagnostics) ||
        leat_expr_parse(leat_yaml_source(scalar), loader->arena, loader->diagnostics) == NULL)
        return false;
    leat_buf_add(sql, scalar->text.data, scalar->text.size);
    return true;
}

/* A text or a list of texts, as a list in SQL. */
static bool add_list(leat_topology_loader *loader, leat_buf *sql, const leat_yaml *yaml)
{
    uint32_t count = yaml->kind == LEAT_YAML_SEQUENCE ? yaml->count : 1;
    for (uint32_t i = 0; i < count; i++) {
        const leat_yaml *one = yaml->kind == LEAT_YAML_SEQUENCE ? &yaml->items[i] : yaml;
        if (!leat_yaml_expect(one, LEAT_YAML_SCALAR, loader->diagnostics))
            return false;
        leat_buf_print(sql, "%s%.*s", i > 0 ? ", " : "", LEAT_FMT(one->text));
    }
    return true;
}

/* Plan the SELECT over the streams; its nodes become the item's. */
static bool embed(leat_topology_loader *loader,
                  const leat_topology_item *item,
                  leat_source_text source,
                  const leat_sql_stream *streams,
                  uint32_t stream_count,
                  leat_logical_input *out)
{
    const leat_sql_embedding embedding = {.source = source,
                                          .owner = item->name,
                                          .node_count = (uint32_t)loader->nodes.count,
                                          .nodes = loader->nodes.items,
                                          .stream_count = stream_count,
                                          .streams = streams};
    leat_sql_embedded embedded;
    if (!leat_sql_embed(&embedding, loader->arena, loader->diagnostics, &embedded))
        return false;
    for (uint32_t i = 0; i < embedded.node_count; i++)
        leat_vec_push(&loader->nodes, embedded.nodes[i]);
    *out = embedded.out;
    return true;
}

/* A SELECT that was made here: what is wrong with it is told at `place`. */
static leat_source_text
made_source(leat_topology_loader *loader, const leat_buf *sql, leat_place place)
{
    return (leat_source_text){.text = leat_arena_bytes(loader->arena, leat_buf_bytes(sql)),
                              .place = place};
}

/* ------------------------------------------------------------------ in the place of `input` */

static bool read_stream(leat_topology_loader *loader, const leat_yaml *scalar, leat_sql_stream *out)
{
    if (!leat_topology_resolve(loader, scalar, &out->from))
        return false;
    out->name = scalar->text;
    return true;
}

/* `sql: SELECT ...` reads the streams of `input` by their names. */
static bool lower_sql(leat_topology_loader *loader,
                      const leat_topology_item *item,
                      const leat_yaml *yaml,
                      leat_logical_input *out)
{
    const leat_yaml *input = leat_yaml_get(item->yaml, "input");
    if (!leat_yaml_expect(yaml, LEAT_YAML_SCALAR, loader->diagnostics))
        return false;
    if (input == NULL) {
        leat_diagnostic_error(loader->diagnostics, yaml->key_place,
                              "`sql` needs an `input`: the streams that it reads");
        return false;
    }
    bool is_list = input->kind == LEAT_YAML_SEQUENCE;
    uint32_t count = is_list ? input->count : 1;
    if (count == 0 || count > LEAT_TOPOLOGY_INPUTS_MAX) {
        leat_diagnostic_error(loader->diagnostics, input->place, "`input` needs 1 to %d streams",
                              LEAT_TOPOLOGY_INPUTS_MAX);
        return false;
    }
    leat_sql_stream streams[LEAT_TOPOLOGY_INPUTS_MAX];
    bool is_fine = true;
    for (uint32_t i = 0; i < count; i++)
        is_fine &= read_stream(loader, is_list ? &input->items[i] : input, &streams[i]);
    return is_fine && embed(loader, item, leat_yaml_source(yaml), streams, count, out);
}

static bool write_join(leat_topology_loader *loader,
                       const leat_topology_item *item,
                       const leat_yaml *yaml,
                       leat_buf *sql)
{
    static const char *const kinds[] = {"inner", "left", "right", "full"};
    static const char *const times[] = {"event_time", "processing_time"};
    const leat_yaml *select = leat_yaml_get(item->yaml, "select");
    const leat_yaml *where = leat_yaml_get(item->yaml, "where");
    const leat_yaml *kind = leat_yaml_get(yaml, "kind"), *as_of = leat_yaml_get(yaml, "as_of");
    uint32_t word = 0, time = 0;
    if ((kind != NULL && !leat_yaml_read_word(kind, kinds, 4, &word, loader->diagnostics)) ||
        (as_of != NULL && !leat_yaml_read_word(as_of, times, 2, &time, loader->diagnostics)))
        return false;
    leat_bytes left = leat_yaml_get(yaml, "left")->text;
    leat_buf_print(sql, "SELECT ");
    if (select == NULL)
        leat_buf_print(sql, "*");
    else if (!add_list(loader, sql, select))
        return false;
    leat_buf_print(sql, " FROM ");
    add_name(sql, left);
    leat_buf_print(sql, " %s JOIN ", kinds[word]);
    add_name(sql, leat_yaml_get(yaml, "right")->text);
    if (as_of != NULL && time == 1)
        leat_buf_print(sql, " FOR SYSTEM_TIME AS OF PROCTIME()");
    if (as_of != NULL && time == 0) {
        const leat_yaml *scalar = leat_yaml_get(yaml, "left");
        leat_logical_input from;
        if (!leat_topology_resolve(loader, scalar, &from))
            return false;
        const leat_schema *schema = leat_topology_output(loader, from)->schema;
        if (schema->event_time < 0) {
            leat_diagnostic_error(loader->diagnostics, as_of->place,
                                  "`%.*s` has no event time: give its source one, or say "
                                  "`as_of: processing_time`",
                                  LEAT_FMT(left));
            return false;
        }
        leat_buf_print(sql, " FOR SYSTEM_TIME AS OF ");
        add_name(sql, left);
        leat_buf_print(sql, ".");
        add_name(sql, schema->fields[schema->event_time].name);
    }
    leat_buf_print(sql, " ON ");
    if (!add_expression(loader, sql, leat_yaml_get(yaml, "on")))
        return false;
    if (where == NULL)
        return true;
    leat_buf_print(sql, " WHERE ");
    return add_expression(loader, sql, where);
}

static bool lower_join(leat_topology_loader *loader,
                       const leat_topology_item *item,
                       const leat_yaml *yaml,
                       leat_logical_input *out)
{
    static const char *const known[] = {"left", "right", "kind", "on", "as_of"};
    static const char *const needed[] = {"left", "right", "on"};
    if (!leat_yaml_expect(yaml, LEAT_YAML_MAPPING, loader->diagnostics))
        return false;
    leat_yaml_check_keys(yaml, "`join`", known, LEAT_COUNT_OF(known), loader->diagnostics);
    for (size_t i = 0; i < LEAT_COUNT_OF(needed); i++)
        if (leat_yaml_get(yaml, needed[i]) == NULL) {
            leat_diagnostic_error(loader->diagnostics, yaml->key_place,
                                  "`join` needs `%s`: {left: STREAM, right: STREAM, on: \"left.id "
                                  "= right.id\"} by the names of the streams",
                                  needed[i]);
            return false;
        }
    leat_sql_stream streams[2];
    if (!read_stream(loader, leat_yaml_get(yaml, "left"), &streams[0]) ||
        !read_stream(loader, leat_yaml_get(yaml, "right"), &streams[1]))
        return false;
    leat_buf sql = {0};
    bool is_fine = write_join(loader, item, yaml, &sql) &&
                   embed(loader, item, made_source(loader, &sql, leat_yaml_get(yaml, "on")->place),
                         streams, 2, out);
    leat_buf_fini(&sql);
    return is_fine;
}

/* `intersect: [a, b]`, `except: [a, b]`: rows of a that are, or are not, in b; each once. */
static bool lower_set(leat_topology_loader *loader,
                      const leat_topology_item *item,
                      const leat_yaml *yaml,
                      leat_logical_input *out)
{
    const char *word = is_key(yaml, "intersect") ? "INTERSECT" : "EXCEPT";
    if (!leat_yaml_expect(yaml, LEAT_YAML_SEQUENCE, loader->diagnostics))
        return false;
    if (yaml->count < 2 || yaml->count > LEAT_TOPOLOGY_INPUTS_MAX) {
        leat_diagnostic_error(loader->diagnostics, yaml->place, "`%.*s` needs 2 to %d streams",
                              LEAT_FMT(yaml->key), LEAT_TOPOLOGY_INPUTS_MAX);
        return false;
    }
    leat_sql_stream streams[LEAT_TOPOLOGY_INPUTS_MAX];
    leat_buf sql = {0};
    bool is_fine = true;
    for (uint32_t i = 0; i < yaml->count; i++) {
        is_fine &= read_stream(loader, &yaml->items[i], &streams[i]);
        leat_buf_print(&sql, " %s SELECT * FROM ", i > 0 ? word : "");
        add_name(&sql, yaml->items[i].text);
    }
    is_fine = is_fine && embed(loader, item, made_source(loader, &sql, yaml->place), streams,
                               yaml->count, out);
    leat_buf_fini(&sql);
    return is_fine;
}

bool leat_topology_has_own_input(const leat_yaml *yaml)
{
    const leat_yaml *second;
    return first_of(yaml, AHEAD, LEAT_COUNT_OF(AHEAD), &second) != NULL;
}

bool leat_topology_lower_own_input(leat_topology_loader *loader,
                                   const leat_topology_item *item,
                                   leat_logical_input *out)
{
    const leat_yaml *second;
    const leat_yaml *yaml = first_of(item->yaml, AHEAD, LEAT_COUNT_OF(AHEAD), &second);
    const leat_yaml *input = leat_yaml_get(item->yaml, "input");
    if (second == NULL && !is_key(yaml, "sql"))
        second = input;
    if (second != NULL) {
        leat_diagnostic_error(loader->diagnostics, second->key_place,
                              "`%.*s` says what is read already: `%.*s` belongs to another "
                              "processor",
                              LEAT_FMT(yaml->key), LEAT_FMT(second->key));
        return false;
    }
    if (is_key(yaml, "sql"))
        return lower_sql(loader, item, yaml, out);
    if (is_key(yaml, "join"))
        return lower_join(loader, item, yaml, out);
    return lower_set(loader, item, yaml, out);
}

/* ------------------------------------------------------------------ behind `select` */

static void add_columns(leat_buf *sql, const leat_schema *schema)
{
    for (uint32_t i = 0; i < schema->field_count; i++) {
        leat_buf_print(sql, "%s", i > 0 ? ", " : "");
        add_name(sql, schema->fields[i].name);
    }
}

/* "(PARTITION BY a, b ORDER BY c desc": the caller goes on. */
static bool add_window(leat_topology_loader *loader,
                       leat_buf *sql,
                       const leat_yaml *partition,
                       const leat_yaml *order)
{
    leat_buf_print(sql, "(");
    if (partition != NULL) {
        leat_buf_print(sql, "PARTITION BY ");
        if (!add_list(loader, sql, partition))
            return false;
    }
    if (order == NULL)
        return true;
    leat_buf_print(sql, " ORDER BY ");
    return add_list(loader, sql, order);
}

static bool need(leat_topology_loader *loader, const leat_yaml *yaml, const char *key)
{
    if (leat_yaml_get(yaml, key) != NULL)
        return true;
    leat_diagnostic_error(loader->diagnostics, yaml->key_place, "`%.*s` needs `%s`",
                          LEAT_FMT(yaml->key), key);
    return false;
}

/* The rows of `this` by their number in each partition: first_row to count. */
static bool write_ranked(leat_topology_loader *loader,
                         const leat_schema *schema,
                         const leat_yaml *partition,
                         const leat_yaml *order,
                         leat_buf *sql)
{
    add_columns(sql, schema);
    leat_buf_print(sql, " FROM (SELECT *, ROW_NUMBER() OVER ");
    if (!add_window(loader, sql, partition, order))
        return false;
    leat_buf_print(sql, ") AS \"$rank\" FROM \"" THIS "\") ");
    return true;
}

/* {n: 3, by: "price desc", partition_by: [auction], rank: position} */
static bool write_top(leat_topology_loader *loader,
                      const leat_yaml *yaml,
                      const leat_schema *schema,
                      leat_buf *sql)
{
    static const char *const known[] = {"n", "by", "partition_by", "rank"};
    if (!leat_yaml_expect(yaml, LEAT_YAML_MAPPING, loader->diagnostics) ||
        !need(loader, yaml, "n") || !need(loader, yaml, "by"))
        return false;
    leat_yaml_check_keys(yaml, "`top`", known, LEAT_COUNT_OF(known), loader->diagnostics);
    uint64_t count;
    leat_bytes rank = LEAT_BYTES("");
    const leat_yaml *rank_yaml = leat_yaml_get(yaml, "rank");
    if (!leat_yaml_read_number(leat_yaml_get(yaml, "n"), 1, UINT32_MAX, &count,
                               loader->diagnostics) ||
        (rank_yaml != NULL && !leat_yaml_read_text(rank_yaml, &rank, loader->diagnostics)))
        return false;
    leat_buf_print(sql, "SELECT ");
    if (rank.size > 0) {
        leat_buf_print(sql, "\"$rank\" AS ");
        add_name(sql, rank);
        leat_buf_print(sql, ", ");
    }
    if (!write_ranked(loader, schema, leat_yaml_get(yaml, "partition_by"),
                      leat_yaml_get(yaml, "by"), sql))
        return false;
    leat_buf_print(sql, "WHERE \"$rank\" <= %llu", (unsigned long long)count);
    return true;
}

/* {by: [id], keep: first | last, order: ts} */
static bool write_dedup(leat_topology_loader *loader,
                        const leat_yaml *yaml,
                        const leat_schema *schema,
                        leat_buf *sql)
{
    static const char *const known[] = {"by", "keep", "order"};
    static const char *const keeps[] = {"first", "last"};
    if (!leat_yaml_expect(yaml, LEAT_YAML_MAPPING, loader->diagnostics) ||
        !need(loader, yaml, "by") || !need(loader, yaml, "order"))
        return false;
    leat_yaml_check_keys(yaml, "`dedup`", known, LEAT_COUNT_OF(known), loader->diagnostics);
    const leat_yaml *keep = leat_yaml_get(yaml, "keep"), *order = leat_yaml_get(yaml, "order");
    uint32_t word = 0;
    if (keep != NULL && !leat_yaml_read_word(keep, keeps, 2, &word, loader->diagnostics))
        return false;
    if (!leat_yaml_expect(order, LEAT_YAML_SCALAR, loader->diagnostics))
        return false;
    leat_buf_print(sql, "SELECT ");
    add_columns(sql, schema);
    leat_buf_print(sql, " FROM (SELECT *, ROW_NUMBER() OVER ");
    if (!add_window(loader, sql, leat_yaml_get(yaml, "by"), NULL))
        return false;
    leat_buf_print(sql, " ORDER BY ");
    if (!add_expression(loader, sql, order))
        return false;
    leat_buf_print(sql, "%s) AS \"$rank\" FROM \"" THIS "\") WHERE \"$rank\" = 1",
                   word == 1 ? " DESC" : "");
    return true;
}

/* {partition_by: [card], order_by: ts, frame: "rows 3 preceding", columns: {n: "count(*)"}} */
static bool write_over(leat_topology_loader *loader, const leat_yaml *yaml, leat_buf *sql)
{
    static const char *const known[] = {"partition_by", "order_by", "frame", "columns"};
    if (!leat_yaml_expect(yaml, LEAT_YAML_MAPPING, loader->diagnostics) ||
        !need(loader, yaml, "columns") || !need(loader, yaml, "order_by"))
        return false;
    leat_yaml_check_keys(yaml, "`over`", known, LEAT_COUNT_OF(known), loader->diagnostics);
    const leat_yaml *columns = leat_yaml_get(yaml, "columns");
    const leat_yaml *frame = leat_yaml_get(yaml, "frame");
    leat_bytes frame_text = LEAT_BYTES("");
    if (!leat_yaml_expect(columns, LEAT_YAML_MAPPING, loader->diagnostics) ||
        (frame != NULL && !leat_yaml_read_text(frame, &frame_text, loader->diagnostics)))
        return false;
    leat_buf_print(sql, "SELECT *");
    for (uint32_t i = 0; i < columns->count; i++) {
        leat_buf_print(sql, ", ");
        if (!add_expression(loader, sql, &columns->items[i]))
            return false;
        leat_buf_print(sql, " OVER ");
        if (!add_window(loader, sql, leat_yaml_get(yaml, "partition_by"),
                        leat_yaml_get(yaml, "order_by")))
            return false;
        leat_buf_print(sql, " %.*s) AS ", LEAT_FMT(frame_text));
        add_name(sql, columns->items[i].key);
    }
    leat_buf_print(sql, " FROM \"" THIS "\"");
    return true;
}

static bool write_distinct(leat_topology_loader *loader, const leat_yaml *yaml, leat_buf *sql)
{
    bool is_distinct = false;
    if (!leat_yaml_read_bool(yaml, &is_distinct, loader->diagnostics))
        return false;
    leat_buf_print(sql, "SELECT %s* FROM \"" THIS "\"", is_distinct ? "DISTINCT " : "");
    return true;
}

bool leat_topology_lower_ranking(leat_topology_loader *loader,
                                 const leat_topology_item *item,
                                 leat_logical_input *input)
{
    const leat_yaml *second;
    const leat_yaml *yaml = first_of(item->yaml, BEHIND, LEAT_COUNT_OF(BEHIND), &second);
    if (second != NULL) {
        leat_diagnostic_error(loader->diagnostics, second->key_place,
                              "a processor has one of `%.*s` and `%.*s`: put the second into a "
                              "processor behind this one",
                              LEAT_FMT(yaml->key), LEAT_FMT(second->key));
        return false;
    }
    if (yaml == NULL || is_key(yaml, "aggregate"))
        return true;
    const leat_schema *schema = leat_topology_output(loader, *input)->schema;
    leat_buf sql = {0};
    bool is_fine = is_key(yaml, "top")     ? write_top(loader, yaml, schema, &sql)
                   : is_key(yaml, "dedup") ? write_dedup(loader, yaml, schema, &sql)
                   : is_key(yaml, "over")  ? write_over(loader, yaml, &sql)
                                           : write_distinct(loader, yaml, &sql);
    leat_sql_stream stream = {LEAT_BYTES(THIS), *input};
    is_fine =
        is_fine && embed(loader, item, made_source(loader, &sql, yaml->place), &stream, 1, input);
    leat_buf_fini(&sql);
    return is_fine;
}
