/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_UNANSWERED_H
#define MX_UNANSWERED_H

/* Finds backends that are sent packets and send none back.  Perhaps the MAC
 * address of such a backend has changed, and nobody announced it.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "region.h"

/* The number of looks that are left out after one that found a backend silent.
 */
#define UNANSWERED_PAUSE 4

struct unanswered {
	struct {
		uint64_t in;
		uint64_t out;
		uint8_t pause;
	} backend[MX_BACKENDS_MAX + 1];
};

/* One look, once a second.  Returns whether backend `id` was sent packets since
 * the last look and has sent none, but not again for some looks.  Where answers
 * go past mxsteer (dsr, tunnel) every backend with traffic looks like that. */
bool unanswered_look(struct unanswered *unanswered,
		     const struct mx_region *region, uint16_t id);

#endif /* MX_UNANSWERED_H */
