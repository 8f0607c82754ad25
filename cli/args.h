/* SPDX-License-Identifier: Apache-2.0
 *
 * args - the words after a verb, taken out one by one by the verb that knows them.
 *
 * A verb asks for each of its options; what is left at leat_args_end is either positional or
 * unknown. `--name VALUE` and `--name=VALUE` are the same; `--` ends the options. Mistakes are
 * printed at once and remembered: leat_args_end then says no.
 */
#ifndef LEAT_CLI_ARGS_H
#define LEAT_CLI_ARGS_H

#include "common/text/variables.h"

enum { LEAT_EXIT_OK = 0, LEAT_EXIT_FAILED = 1, LEAT_EXIT_USAGE = 2 };

enum { LEAT_ARGS_ASKED_MAX = 32 };

typedef struct leat_args {
    const char *verb;
    const char *usage; /* "FILE [-D NAME=VALUE]..." */
    int count;         /* words not yet taken */
    const char **words;
    int options_end; /* words from here on are positional: after `--` */
    bool has_failed;
    const char *asked[LEAT_ARGS_ASKED_MAX]; /* known options, for suggestions */
    size_t asked_count;
} leat_args;

/* Keeps the array and reorders it. */
void leat_args_init(
    leat_args *args, const char *verb, const char *usage, int count, const char **words);

/* Whether `--name` was given. */
bool leat_args_flag(leat_args *args, const char *name);
/* The value of `--name`, NULL when absent; the last one wins. */
const char *leat_args_value(leat_args *args, const char *name);
/* The same, typed; *out keeps its default when absent or wrong. */
void leat_args_number(
    leat_args *args, const char *name, uint64_t least, uint64_t greatest, uint64_t *out);
void leat_args_duration(leat_args *args, const char *name, int64_t *out_us);
/* `--output json` asks for JSON; any other value than `text` and `json` is a mistake. */
bool leat_args_wants_json(leat_args *args);
/* Every -D NAME=VALUE, and the environment behind them. Items live in `arena`. */
leat_variables leat_args_variables(leat_args *args, leat_arena *arena);

/* Everything is asked for: least..most positional words must be left, as words[0..count).
 * Prints what is wrong and the usage, and returns false. */
bool leat_args_end(leat_args *args, int least, int most);

#endif
