/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>

static leat_args args;

/* The words of one command line, split at spaces. */
static void start(char *line)
{
    static const char *words[16];
    int count = 0;
    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " "))
        words[count++] = word;
    leat_args_init(&args, "run", "FILE", count, words);
}

#define START(line)                                                                                \
    do {                                                                                           \
        static char words_[] = line;                                                               \
        start(words_);                                                                             \
    } while (0)

Test(args, options_may_stand_anywhere_and_be_spelled_both_ways)
{
    uint64_t number = 1;
    START("file.yaml --data=there --fresh --executors 4");

    cr_assert_str_eq(leat_args_value(&args, "--data"), "there");
    cr_assert(leat_args_flag(&args, "--fresh"));
    cr_assert_not(leat_args_flag(&args, "--insecure"));
    leat_args_number(&args, "--executors", 1, 64, &number);

    cr_assert_eq(number, 4);
    cr_assert(leat_args_end(&args, 1, 1));
    cr_assert_str_eq(args.words[0], "file.yaml");
}

Test(args, the_last_value_of_an_option_wins_but_every_variable_counts)
{
    leat_arena arena = {0};
    START("-D A=1 --data x -DB=2 --data y f");

    leat_variables variables = leat_args_variables(&args, &arena);

    cr_assert_str_eq(leat_args_value(&args, "--data"), "y");
    cr_assert_eq(variables.count, 2);
    cr_assert(leat_bytes_equal(variables.items[1].name, LEAT_BYTES("B")));
    cr_assert(leat_bytes_equal(variables.items[1].value, LEAT_BYTES("2")));
    cr_assert(leat_args_end(&args, 1, 1));
    leat_arena_fini(&arena);
}

Test(args, after_two_dashes_nothing_is_an_option)
{
    START("--fresh -- --fresh -x");

    cr_assert(leat_args_flag(&args, "--fresh"));

    cr_assert(leat_args_end(&args, 2, 2));
    cr_assert_str_eq(args.words[0], "--fresh");
}

Test(args, an_unknown_option_is_told_with_the_nearest_one, .init = cr_redirect_stderr)
{
    START("f --insecur");

    leat_args_flag(&args, "--insecure");

    cr_assert_not(leat_args_end(&args, 1, 1));
    fflush(stderr);
    cr_assert_stderr_eq_str("leat run: unknown option `--insecur`, did you mean `--insecure`?\n"
                            "usage: leat run FILE\n");
}

Test(args, missing_surplus_and_wrong_values_are_refused, .init = cr_redirect_stderr)
{
    uint64_t number = 7;
    int64_t us = 8;
    START("");
    cr_assert_not(leat_args_end(&args, 1, 1));
    START("a b");
    cr_assert_not(leat_args_end(&args, 1, 1));
    START("a --data");
    cr_assert_null(leat_args_value(&args, "--data"));
    cr_assert_not(leat_args_end(&args, 1, 1));
    START("a --n 12x --for 5 --output xml -D =3");
    leat_args_number(&args, "--n", 1, 100, &number);
    cr_assert(args.has_failed);
    leat_args_duration(&args, "--for", &us);
    cr_assert_not(leat_args_wants_json(&args));

    cr_assert_eq(number, 7);
    cr_assert_eq(us, 8);
    cr_assert_not(leat_args_end(&args, 1, 2));
}
