/* SPDX-License-Identifier: Apache-2.0
 *
 * criterion - a stand-in for Criterion under ThreadSanitizer, where the real one cannot start
 * (its sandbox maps memory that the sanitizer owns).
 *
 * The part of its interface that our tests use: Test with .signal, .exit_code, .timeout, .init,
 * .fini, .disabled; cr_assert* and cr_expect* with an optional format. Each test runs in a
 * forked child; the closing line is Criterion's own. main is in main.c beside this folder.
 */
#ifndef LEAT_TESTS_SUPPORT_TSAN_CRITERION_H
#define LEAT_TESTS_SUPPORT_TSAN_CRITERION_H

#pragma GCC system_header /* tests are compiled -Wpedantic; the macros below are not */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct standin_test {
    const char *suite;
    const char *name;
    void (*run)(void);

    /* Criterion's settings, under its names */
    int signal;
    int exit_code;
    double timeout; /* seconds */
    void (*init)(void);
    void (*fini)(void);
    bool disabled;
    const char *description;

    struct standin_test *next;
} standin_test;

void standin_register(standin_test *test);
void standin_failed(
    bool is_final, const char *file, int line, const char *what, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#define Test(suite_name, test_name, ...)                                                           \
    static void suite_name##_##test_name##_impl(void);                                             \
    static standin_test suite_name##_##test_name##_test = {.suite = #suite_name,                   \
                                                           .name = #test_name,                     \
                                                           .run = suite_name##_##test_name##_impl, \
                                                           ##__VA_ARGS__};                         \
    __attribute__((constructor)) static void suite_name##_##test_name##_register(void)             \
    {                                                                                              \
        standin_register(&suite_name##_##test_name##_test);                                        \
    }                                                                                              \
    static void suite_name##_##test_name##_impl(void)

#define STANDIN_CHECK(is_final, condition, what, ...)                                              \
    ((condition) ? (void)0 : standin_failed((is_final), __FILE__, __LINE__, what, "" __VA_ARGS__))

#define cr_assert(c, ...)          STANDIN_CHECK(true, (c), #c, __VA_ARGS__)
#define cr_assert_not(c, ...)      STANDIN_CHECK(true, !(c), "not " #c, __VA_ARGS__)
#define cr_assert_eq(a, b, ...)    STANDIN_CHECK(true, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)   STANDIN_CHECK(true, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)    STANDIN_CHECK(true, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)   STANDIN_CHECK(true, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)    STANDIN_CHECK(true, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)   STANDIN_CHECK(true, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_null(p, ...)     STANDIN_CHECK(true, (p) == NULL, #p " is NULL", __VA_ARGS__)
#define cr_assert_not_null(p, ...) STANDIN_CHECK(true, (p) != NULL, #p " is not NULL", __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)                                                                \
    STANDIN_CHECK(true, strcmp((a), (b)) == 0, #a " is " #b, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...)                                                               \
    STANDIN_CHECK(true, strcmp((a), (b)) != 0, #a " is not " #b, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, size, ...)                                                          \
    STANDIN_CHECK(true, memcmp((a), (b), (size)) == 0, #a " equals " #b, __VA_ARGS__)
#define cr_assert_fail(...)     STANDIN_CHECK(true, false, "fail", __VA_ARGS__)
#define cr_expect(c, ...)       STANDIN_CHECK(false, (c), #c, __VA_ARGS__)
#define cr_expect_not(c, ...)   STANDIN_CHECK(false, !(c), "not " #c, __VA_ARGS__)
#define cr_expect_eq(a, b, ...) STANDIN_CHECK(false, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...)                                                                \
    STANDIN_CHECK(false, strcmp((a), (b)) == 0, #a " is " #b, __VA_ARGS__)

#endif
