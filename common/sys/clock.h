/* SPDX-License-Identifier: Apache-2.0
 *
 * clock - the only place that asks what time it is.
 *
 * Decisions use monotonic time, handed into the cores as a value; wall time is for what users
 * read. Boot time goes on while the machine sleeps: a lease must see a suspended laptop.
 *
 * Thread: any.
 */
#ifndef LEAT_COMMON_SYS_CLOCK_H
#define LEAT_COMMON_SYS_CLOCK_H

#include <stdint.h>

int64_t leat_clock_ms(void); /* monotonic, from an arbitrary start */
int64_t leat_clock_us(void);
int64_t leat_clock_ns(void);
int64_t leat_clock_boot_ms(void); /* monotonic, counts suspended time too */
int64_t leat_clock_wall_us(void); /* microseconds since 1970 UTC; may jump */

/* Sleep at least this long; signals do not shorten it. Shells and tests only. */
void leat_clock_sleep_ms(int64_t ms);

#endif
