/* SPDX-License-Identifier: Apache-2.0
 *
 * load - what the files of this folder share while one topology is being lowered.
 *
 * An item is a source, processor or sink as the user wrote it; it becomes one or more logical
 * nodes and offers streams: its main one (name "") and side outputs. Items are lowered inputs
 * first. An item that failed offers nothing, and who reads it fails without a word of its own:
 * one mistake, one message.
 */
#ifndef LEAT_COMMON_TOPOLOGY_LOAD_H
#define LEAT_COMMON_TOPOLOGY_LOAD_H

#include "common/base/limits.h"
#include "common/sql/syntax.h"
#include "common/text/yaml.h"
#include "common/topology/topology.h"

typedef enum leat_topology_role {
    LEAT_TOPOLOGY_SOURCE,
    LEAT_TOPOLOGY_PROCESSOR,
    LEAT_TOPOLOGY_SINK,
} leat_topology_role;

typedef enum leat_topology_state {
    LEAT_TOPOLOGY_WAITING,
    LEAT_TOPOLOGY_OPEN, /* its inputs are being lowered: meeting it again is a cycle */
    LEAT_TOPOLOGY_DONE,
    LEAT_TOPOLOGY_FAILED,
} leat_topology_state;

typedef struct leat_topology_stream {
    leat_bytes name; /* "" for the main one */
    leat_place place;
    leat_logical_input from;
    bool is_read;
} leat_topology_stream;

typedef struct leat_topology_item {
    leat_topology_role role;
    leat_topology_state state;
    const leat_yaml *yaml; /* a mapping */
    leat_bytes name;
    leat_place place;
    LEAT_VEC(leat_topology_stream) streams;
} leat_topology_item;

typedef struct leat_topology_loader {
    leat_arena *arena;
    leat_diagnostics *diagnostics;
    const leat_topology_checks *checks;
    LEAT_VEC(leat_topology_item) items;  /* complete before any is lowered: pointers stay */
    LEAT_VEC(leat_topology_item *) open; /* the path of items being lowered */
    LEAT_VEC(leat_logical_node) nodes;
    int64_t state_ttl_us; /* of the topology; 0: never */
} leat_topology_loader;

/* Up to this many inputs of one processor or sink. */
enum { LEAT_TOPOLOGY_INPUTS_MAX = 64, LEAT_TOPOLOGY_ROUTES_MAX = 256 };

/* topology.c: `state_ttl` of a mapping; *out_us stays where there is none. */
bool leat_topology_read_ttl(leat_topology_loader *loader,
                            const leat_yaml *mapping,
                            int64_t *out_us);

/* streams.c: names and graph */

bool leat_topology_name_check(leat_topology_loader *loader, leat_bytes name, leat_place place);
leat_topology_item *leat_topology_find(leat_topology_loader *loader, leat_bytes name);
void leat_topology_offer(leat_topology_item *item,
                         leat_bytes name,
                         leat_place place,
                         leat_logical_input from);
/* Resolve the `input` of an item, lowering what it reads; several inputs become a UNION node.
 * False when it failed, by itself or by what it reads. */
bool leat_topology_read_input(leat_topology_loader *loader,
                              leat_topology_item *item,
                              leat_logical_input *out_input);

/* NAME or NAME.OUTPUT; lowers what it names. */
bool leat_topology_resolve(leat_topology_loader *loader,
                           const leat_yaml *scalar,
                           leat_logical_input *out);

/* nodes: made here, one way */

const leat_logical_output *leat_topology_output(const leat_topology_loader *loader,
                                                leat_logical_input input);
/* A node of the item with one input, its operator id `item/role`. */
leat_logical_node leat_topology_node(leat_topology_loader *loader,
                                     const leat_topology_item *item,
                                     leat_logical_kind kind,
                                     const char *role,
                                     leat_logical_input input);
/* Give the node `count` outputs, all like `like` (which may be NULL). */
void leat_topology_outputs(leat_topology_loader *loader,
                           leat_logical_node *node,
                           uint32_t count,
                           const leat_logical_output *like);
/* Append the node; its output 0. */
leat_logical_input leat_topology_add(leat_topology_loader *loader, const leat_logical_node *node);

/* One lowering per kind of item. False after an error; the streams are offered otherwise. */

bool leat_topology_lower(leat_topology_loader *loader, leat_topology_item *item);
bool leat_topology_lower_source(leat_topology_loader *loader, leat_topology_item *item);
bool leat_topology_lower_processor(leat_topology_loader *loader, leat_topology_item *item);
bool leat_topology_lower_sink(leat_topology_loader *loader, leat_topology_item *item);

/* group.c: `group_by`, `window`, `aggregate`, `having` of a processor: *input becomes the grouped
 * stream; `late` is offered. Wants leat_topology_is_grouped. */
bool leat_topology_is_grouped(const leat_yaml *yaml);
bool leat_topology_lower_group(leat_topology_loader *loader,
                               leat_topology_item *item,
                               leat_logical_input *input);

/* relation.c: processors that are SQL's. Those that say themselves what they read ... */
bool leat_topology_has_own_input(const leat_yaml *yaml);
bool leat_topology_lower_own_input(leat_topology_loader *loader,
                                   const leat_topology_item *item,
                                   leat_logical_input *out);
/* ... and `top`, `dedup`, `over`, `distinct` over the rows of the processor so far. */
bool leat_topology_lower_ranking(leat_topology_loader *loader,
                                 const leat_topology_item *item,
                                 leat_logical_input *input);

/* options.c: what sources and sinks have in common. */

/* `connector` and every key that is not in `own` as an option of the connector. */
bool leat_topology_read_options(leat_topology_loader *loader,
                                const leat_topology_item *item,
                                const char *const *own,
                                size_t own_count,
                                leat_logical_node *node);
bool leat_topology_read_policy(leat_topology_loader *loader,
                               const leat_topology_item *item,
                               bool can_go_to_side,
                               leat_bad_record_policy *out_policy);

/* expressions.c: text of a scalar to bound expressions over a stream. */

leat_binder leat_topology_binder(leat_topology_loader *loader,
                                 const leat_yaml *scalar,
                                 const leat_schema *schema);
leat_bound *leat_topology_condition(leat_topology_loader *loader,
                                    const leat_yaml *scalar,
                                    const leat_schema *schema);

/* The fields of a stream to be, with the expressions that make them. */
typedef struct leat_topology_fields {
    LEAT_VEC(leat_field) fields;
    LEAT_VEC(leat_bound *) expressions;
} leat_topology_fields;

void leat_topology_fields_fini(leat_topology_fields *list);
/* Reports a second field of the same name and a value without type (NULL). */
bool leat_topology_fields_add(leat_topology_loader *loader,
                              leat_topology_fields *list,
                              leat_bytes name,
                              leat_bound *bound,
                              leat_place place);
/* A text or list of texts, each a select list over `schema`; `*` stands for all columns. */
bool leat_topology_read_select(leat_topology_loader *loader,
                               const leat_yaml *yaml,
                               const leat_schema *schema,
                               leat_topology_fields *list);
/* A PROJECT of the fields over `input`; event time goes on where its column does. */
leat_logical_input leat_topology_project(leat_topology_loader *loader,
                                         const leat_topology_item *item,
                                         const char *role,
                                         leat_logical_input input,
                                         const leat_topology_fields *list);

#endif
