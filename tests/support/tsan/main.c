/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The exit code of a child whose check failed; a test that expects it cannot be written. */
enum { CHECK_FAILED = 99, TIMEOUT_S_DEFAULT = 120 };

static standin_test *tests;
static bool has_failed_check; /* in the child: an expectation failed, go on and fail at the end */

void standin_register(standin_test *test)
{
    standin_test **at = &tests;
    while (*at != NULL)
        at = &(*at)->next;
    *at = test;
}

void standin_failed(
    bool is_final, const char *file, int line, const char *what, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "[----] %s:%d: %s: ", file, line, what);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    has_failed_check = true;
    if (is_final)
        _exit(CHECK_FAILED);
}

static void child_run(const standin_test *test)
{
    alarm(test->timeout > 0 ? (unsigned)test->timeout + 1 : TIMEOUT_S_DEFAULT);
    if (test->init != NULL)
        test->init();
    test->run();
    if (test->fini != NULL)
        test->fini();
    exit(has_failed_check ? CHECK_FAILED : 0); /* not _exit: the sanitizer reports at exit */
}

static bool has_passed(const standin_test *test, int status)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == test->signal;
    return test->signal == 0 && WEXITSTATUS(status) == test->exit_code;
}

int main(void)
{
    unsigned tested = 0, passing = 0, crashing = 0;
    for (const standin_test *test = tests; test != NULL; test = test->next) {
        if (test->disabled)
            continue;
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            child_run(test);
        if (child < 0 || waitpid(child, &status, 0) != child)
            abort();
        bool is_good = has_passed(test, status);
        tested++;
        passing += is_good;
        crashing += !is_good && WIFSIGNALED(status);
        if (!is_good)
            fprintf(stderr, "[FAIL] %s::%s (status %#x)\n", test->suite, test->name,
                    (unsigned)status);
    }
    fprintf(stderr, "[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | Crashing: %u \n",
            tested, passing, tested - passing, crashing);
    return passing == tested && tested > 0 ? 0 : 1;
}
