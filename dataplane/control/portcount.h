/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PORTCOUNT_H
#define MX_PORTCOUNT_H

/* The counters of a port that never go back.
 *
 * A device may count from 0 again while the port runs: memif does when its peer
 * ends, and so does the stand-in for a device that was unplugged.
 *
 * Threads    main. */
#include "port.h"

struct portcount {
	struct port_counts read; /* what the device said last */
	struct port_counts total;
};

/* Take what the device says now.  A counter that is smaller than before has
 * begun again at 0. */
void portcount_take(struct portcount *count, const struct port_counts *now);

#endif /* MX_PORTCOUNT_H */
