/* SPDX-License-Identifier: Apache-2.0
 *
 * attrs - compiler attributes under our own names, so that gcc and clang read alike.
 *
 * LEAT_AUTO(fn) variable: fn(&variable) runs when it leaves scope; LEAT_TAKE moves it out first.
 */
#ifndef LEAT_COMMON_BASE_ATTRS_H
#define LEAT_COMMON_BASE_ATTRS_H

#include <stddef.h>
#include <stdint.h>

#define LEAT_MUST_USE      __attribute__((warn_unused_result))
#define LEAT_PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define LEAT_NORETURN      __attribute__((noreturn))
#define LEAT_UNUSED        __attribute__((unused))
#define LEAT_PURE          __attribute__((pure))
#define LEAT_AUTO(fn)      __attribute__((cleanup(fn)))
#define LEAT_LIKELY(x)     __builtin_expect(!!(x), 1)
#define LEAT_UNLIKELY(x)   __builtin_expect(!!(x), 0)
#define LEAT_COUNT_OF(a)   (sizeof(a) / sizeof((a)[0]))
#define LEAT_STATIC_ASSERT _Static_assert
#define LEAT_MIN(a, b)     ((a) < (b) ? (a) : (b))
#define LEAT_MAX(a, b)     ((a) > (b) ? (a) : (b))

/* Move a pointer out of a variable: yields its value and leaves NULL behind. */
#define LEAT_TAKE(p)                                                                               \
    __extension__({                                                                                \
        __typeof__(p) leat_taken_ = (p);                                                           \
        (p) = NULL;                                                                                \
        leat_taken_;                                                                               \
    })

/* On a struct's field: clang 14 cannot name a sibling field in C, so this one is for readers;
 * the lock itself, its functions and static data are checked. */
#define LEAT_FIELD_GUARDED_BY(x)

#if defined(__clang__)
#define LEAT_CAPABILITY(x) __attribute__((capability(x)))
#define LEAT_GUARDED_BY(x) __attribute__((guarded_by(x)))
#define LEAT_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define LEAT_ACQUIRE(...)  __attribute__((acquire_capability(__VA_ARGS__)))
#define LEAT_RELEASE(...)  __attribute__((release_capability(__VA_ARGS__)))
#define LEAT_NO_LOCK_CHECK __attribute__((no_thread_safety_analysis))
#else
#define LEAT_CAPABILITY(x)
#define LEAT_GUARDED_BY(x)
#define LEAT_REQUIRES(...)
#define LEAT_ACQUIRE(...)
#define LEAT_RELEASE(...)
#define LEAT_NO_LOCK_CHECK
#endif

#endif
