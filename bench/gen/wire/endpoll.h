/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_ENDPOLL_H
#define MX_GEN_ENDPOLL_H

/* One round of an end:
 *
 *   end_poll   wheel -> timers, link -> segments -> tcp_input -> app -> link */
#include "end.h"

/* Do what is due and read what has come, 256 frames at most.
 * Returns how many frames came. */
uint32_t end_poll(struct end *end, uint64_t now_tsc, uint32_t tick);

#endif /* MX_GEN_ENDPOLL_H */
