/* SPDX-License-Identifier: Apache-2.0
 *
 * mutex - a lock that clang checks: static data says LEAT_GUARDED_BY(mutex), and an access
 * without the lock does not compile; so does a lock that some path does not release. Fields of
 * a struct say LEAT_FIELD_GUARDED_BY, for readers. Locks are rare here; think of a ring first.
 */
#ifndef LEAT_COMMON_SYS_MUTEX_H
#define LEAT_COMMON_SYS_MUTEX_H

#include <pthread.h>

#include "common/base/assert.h"

typedef struct LEAT_CAPABILITY("mutex") leat_mutex {
    pthread_mutex_t handle;
} leat_mutex;

#define LEAT_MUTEX_INIT                                                                            \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER                                                                  \
    } /* for static ones */

static inline void leat_mutex_init(leat_mutex *mutex)
{
    int rc = pthread_mutex_init(&mutex->handle, NULL);
    LEAT_ASSERT(rc == 0);
}

static inline void leat_mutex_fini(leat_mutex *mutex)
{
    int rc = pthread_mutex_destroy(&mutex->handle);
    LEAT_ASSERT(rc == 0); /* EBUSY: somebody still holds it */
}

static inline void leat_mutex_lock(leat_mutex *mutex) LEAT_ACQUIRE(mutex) LEAT_NO_LOCK_CHECK
{
    int rc = pthread_mutex_lock(&mutex->handle);
    LEAT_ASSERT(rc == 0);
}

static inline void leat_mutex_unlock(leat_mutex *mutex) LEAT_RELEASE(mutex) LEAT_NO_LOCK_CHECK
{
    int rc = pthread_mutex_unlock(&mutex->handle);
    LEAT_ASSERT(rc == 0);
}

#endif
