/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/prompt.h"

#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <wchar.h>

#include "common/base/alloc.h"

enum { HISTORY_MAX = 1000, WORD_MAX = 128, LISTED_MAX = 60 };

struct leat_prompt {
    EditLine *edit;
    History *history;
    const char *file;
    leat_signals *signals;
    leat_prompt_words *words;
    void *words_self;
    const char *text;          /* of the prompt */
    leat_prompt_result result; /* why the line ended before its end */
};

void leat_words_add(leat_words *words, leat_bytes text)
{
    char *copy = leat_alloc(text.size + 1);
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    leat_vec_push(&words->items, copy);
}

void leat_words_fini(leat_words *words)
{
    for (size_t i = 0; i < words->items.count; i++)
        leat_free(words->items.items[i]);
    leat_vec_fini(&words->items);
}

static leat_prompt *prompt_of(EditLine *edit)
{
    void *self = NULL;
    el_get(edit, EL_CLIENTDATA, &self);
    return self;
}

static char *prompt_text(EditLine *edit)
{
    static char text[WORD_MAX]; /* libedit wants it writable; one prompt at a time */
    (void)snprintf(text, sizeof text, "%s", prompt_of(edit)->text);
    return text;
}

/* The rest of a character of several bytes. */
static int read_character(unsigned char first, wchar_t *out)
{
    char bytes[4] = {(char)first};
    size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    mbstate_t state = {0};
    for (size_t i = 1; i < size; i++)
        if (read(STDIN_FILENO, &bytes[i], 1) != 1)
            return -1;
    if (mbrtowc(out, bytes, size, &state) > size)
        *out = L'?';
    return 1;
}

/* A key, or a signal: signals are blocked, they come through their descriptor. */
static int read_key(EditLine *edit, wchar_t *out)
{
    leat_prompt *prompt = prompt_of(edit);
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = prompt->signals->fd, .events = POLLIN}};
    unsigned char first;
    if (poll(fds, 2, -1) < 0)
        return -1;
    int signal = fds[1].revents != 0 ? leat_signals_take(prompt->signals) : 0;
    if (signal != 0) {
        prompt->result = signal == SIGINT ? LEAT_PROMPT_INTERRUPTED : LEAT_PROMPT_ENDED;
        return 0;
    }
    if (fds[0].revents == 0)
        return -1;
    ssize_t size = read(STDIN_FILENO, &first, 1);
    return size <= 0 ? 0 : read_character(first, out);
}

/* --- Completion. --- */

static bool is_of_word(char c)
{
    return strchr(" \t\n(),;=<>+-*/%|'\"", c) == NULL;
}

static int by_text(const void *a, const void *b)
{
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* Those that begin with the word, each once, in order. */
static void words_choose(leat_words *words, const char *start, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < words->items.count; i++) {
        char *word = words->items.items[i];
        if (strncasecmp(word, start, size) == 0)
            words->items.items[count++] = word;
        else
            leat_free(word);
    }
    words->items.count = count;
    if (count > 0)
        qsort(words->items.items, count, sizeof *words->items.items, by_text);
    count = 0;
    for (size_t i = 0; i < words->items.count; i++) {
        bool is_again =
            count > 0 && strcasecmp(words->items.items[count - 1], words->items.items[i]) == 0;
        if (is_again)
            leat_free(words->items.items[i]);
        else
            words->items.items[count++] = words->items.items[i];
    }
    words->items.count = count;
}

static size_t common_size(const leat_words *words)
{
    const char *first = words->items.items[0];
    const char *last = words->items.items[words->items.count - 1];
    size_t size = 0;
    while (first[size] != '\0' && strncasecmp(first, last, size + 1) == 0)
        size++;
    return size;
}

static void words_list(const leat_words *words)
{
    fputc('\n', stdout);
    for (size_t i = 0; i < LEAT_MIN(words->items.count, (size_t)LISTED_MAX); i++)
        printf("%s%s", words->items.items[i], (i + 1) % 6 == 0 ? "\n" : "  ");
    if (words->items.count > LISTED_MAX)
        printf("... %zu in all", words->items.count);
    fputc('\n', stdout);
    fflush(stdout);
}

/* What is typed of a key word in capitals goes on in capitals, and in small letters likewise. */
static void insert_rest(EditLine *edit, const char *word, size_t from, size_t to, bool is_small)
{
    char rest[WORD_MAX];
    size_t size = 0;
    for (size_t i = from; i < to && size + 1 < sizeof rest; i++) {
        bool is_capital = word[i] >= 'A' && word[i] <= 'Z';
        rest[size++] = (char)(is_small && is_capital ? word[i] - 'A' + 'a' : word[i]);
    }
    rest[size] = '\0';
    (void)el_insertstr(edit, rest);
}

static unsigned char complete(EditLine *edit, int key)
{
    leat_prompt *prompt = prompt_of(edit);
    const LineInfo *line = el_line(edit);
    const char *start = line->cursor;
    leat_words words = {0};
    unsigned char result = CC_ERROR;
    (void)key;
    while (start > line->buffer && is_of_word(start[-1]))
        start--;
    size_t size = (size_t)(line->cursor - start);
    const char *dot = memchr(start, '.', size);
    if (dot != NULL) { /* t.colu: what stands before the dot is not completed */
        size -= (size_t)(dot + 1 - start);
        start = dot + 1;
    }
    prompt->words(prompt->words_self, &words);
    words_choose(&words, start, size);
    if (words.items.count > 0) {
        size_t common = common_size(&words);
        bool is_small = size > 0 && start[0] >= 'a' && start[0] <= 'z';
        bool is_only = words.items.count == 1;
        if (common == size && !is_only)
            words_list(&words);
        insert_rest(edit, words.items.items[0], size, common, is_small);
        if (is_only)
            (void)el_insertstr(edit, " ");
        result = common == size && !is_only ? CC_REDISPLAY : CC_REFRESH;
    }
    leat_words_fini(&words);
    return result;
}

/* --- Lines. --- */

leat_prompt *leat_prompt_open(const char *file,
                              leat_signals *signals,
                              leat_prompt_words *words,
                              void *words_self)
{
    leat_prompt *prompt = leat_alloc_zero(1, sizeof *prompt);
    HistEvent event;
    *prompt = (leat_prompt){
        .file = file, .signals = signals, .words = words, .words_self = words_self, .text = ""};
    prompt->history = history_init();
    (void)history(prompt->history, &event, H_SETSIZE, HISTORY_MAX);
    (void)history(prompt->history, &event, H_SETUNIQUE, 1);
    if (prompt->file != NULL)
        (void)history(prompt->history, &event, H_LOAD, prompt->file); /* absent the first time */
    prompt->edit = el_init("leat", stdin, stdout, stderr);
    el_set(prompt->edit, EL_CLIENTDATA, prompt);
    el_set(prompt->edit, EL_PROMPT, prompt_text);
    el_set(prompt->edit, EL_EDITOR, "emacs");
    el_set(prompt->edit, EL_SIGNAL, 0);
    el_set(prompt->edit, EL_GETCFN, read_key);
    el_set(prompt->edit, EL_HIST, history, prompt->history);
    el_set(prompt->edit, EL_ADDFN, "leat-complete", "Complete a word", complete);
    el_set(prompt->edit, EL_BIND, "^I", "leat-complete", NULL);
    el_set(prompt->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(prompt->edit, NULL);
    return prompt;
}

void leat_prompt_close(leat_prompt **prompt)
{
    leat_prompt *closed = LEAT_TAKE(*prompt);
    HistEvent event;
    if (closed == NULL)
        return;
    if (closed->file != NULL)
        (void)history(closed->history, &event, H_SAVE, closed->file);
    history_end(closed->history);
    el_end(closed->edit);
    leat_free(closed);
}

leat_prompt_result leat_prompt_read(leat_prompt *prompt, const char *text, leat_buf *out_line)
{
    int size = 0;
    prompt->text = text;
    prompt->result = LEAT_PROMPT_ENDED;
    const char *line = el_gets(prompt->edit, &size);
    if (line == NULL || size <= 0) {
        fputs(prompt->result == LEAT_PROMPT_INTERRUPTED ? "^C\n" : "\n", stdout);
        el_reset(prompt->edit);
        return prompt->result;
    }
    leat_buf_add(out_line, line, (size_t)size);
    return LEAT_PROMPT_LINE;
}

void leat_prompt_remember(leat_prompt *prompt, leat_bytes statement)
{
    HistEvent event;
    char *text = leat_alloc(statement.size + 1);
    memcpy(text, statement.data, statement.size);
    text[statement.size] = '\0';
    for (size_t i = 0; i < statement.size; i++)
        if (text[i] == '\n')
            text[i] = ' '; /* one line to edit */
    (void)history(prompt->history, &event, H_ENTER, text);
    leat_free(text);
}
