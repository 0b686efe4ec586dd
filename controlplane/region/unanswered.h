/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_UNANSWERED_H
#define MX_UNANSWERED_H

/* Find backends that get packets and send none back.  The MAC address of such a
 * backend may have changed without an announcement.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "region.h"

/* The number of looks that are skipped after one that found a backend
 * silent. */
#define UNANSWERED_PAUSE 4

struct unanswered {
	struct {
		uint64_t in;
		uint64_t out;
		uint8_t pause;
	} backend[MX_BACKENDS_MAX + 1];
};

/* One look, once a second.  Returns whether backend `id` has received packets
 * since the last look and has sent none, but not again for some looks.  If
 * replies are by direct return, every backend with traffic looks
 * silent. */
bool unanswered_look(struct unanswered *unanswered,
		     const struct mx_region *region, uint16_t id);

#endif /* MX_UNANSWERED_H */
