/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TROUBLE_H
#define MX_TROUBLE_H

/* All that an operator should know before anything else, in sentences.
 * Threads    the event loop. */
#include <stdint.h>

#include "troublelist.h"

struct sources;

/* Find all trouble. */
void troubles_find(struct troubles *troubles, const struct sources *sources);

/* Warnings for the reply to a change: pools without a backend that serves;
 * overrides that a restart would forget; and why the backend `about` takes no
 * new sessions, if it is ready. */
void troubles_of_change(struct troubles *troubles,
			const struct sources *sources, uint16_t about);

#endif /* MX_TROUBLE_H */
