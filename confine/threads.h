/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_THREADS_H
#define MX_THREADS_H

/* Privileges belong to threads.  DPDK has started threads of its own before the
 * process knows what it can give up, so each thread is asked by a signal.
 *
 * Threads    main. */
#include <stdint.h>

/* Let every thread of this process keep these capabilities alone
 * (capabilities.h).
 * Returns 0, -ETIMEDOUT if a thread has not done so in 30 seconds, or -errno. */
int threads_confine(uint64_t keep);

#endif /* MX_THREADS_H */
