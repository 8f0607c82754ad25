/* SPDX-License-Identifier: Apache-2.0
 *
 * prompt - lines typed at a terminal: edited, remembered, completed.
 *
 * Thread: main. One at a time.
 */
#ifndef LEAT_CLI_PROMPT_H
#define LEAT_CLI_PROMPT_H

#include "common/base/buf.h"
#include "common/base/vec.h"
#include "common/sys/signals.h"

typedef struct leat_prompt leat_prompt;

/* Words to complete with. */
typedef struct leat_words {
    LEAT_VEC(char *) items; /* owned */
} leat_words;

void leat_words_add(leat_words *words, leat_bytes text);
void leat_words_fini(leat_words *words);

/* Append the words that could stand at the end of a line. */
typedef void leat_prompt_words(void *self, leat_words *out_words);

typedef enum leat_prompt_result {
    LEAT_PROMPT_LINE,
    LEAT_PROMPT_INTERRUPTED, /* Ctrl-C: what was typed does not count */
    LEAT_PROMPT_ENDED,       /* Ctrl-D, or a signal to end */
} leat_prompt_result;

/* `file`: to remember in, or NULL. The signals are borrowed. */
leat_prompt *leat_prompt_open(const char *file,
                              leat_signals *signals,
                              leat_prompt_words *words,
                              void *words_self);
void leat_prompt_close(leat_prompt **prompt);

/* One line, its end included. */
leat_prompt_result leat_prompt_read(leat_prompt *prompt, const char *text, leat_buf *out_line);
/* Remember a statement, which may have several lines. */
void leat_prompt_remember(leat_prompt *prompt, leat_bytes statement);

#endif
