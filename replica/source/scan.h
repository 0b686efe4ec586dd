/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_SCAN_H
#define MX_REPLICA_SCAN_H

/* The scans of a source (source.h): which slots are looked at, and when.
 *
 * Scans      A scan looks at all slots.  With a million of them it takes some 10 ms.
 *            It is done in slices, so that the event loop goes on meanwhile,
 *            and not more often than it may cost.  Slots behind all that were
 *            ever in use are scanned seldom.
 * Glances    Sessions that are new are looked at far more often: a peer must have
 *            them before it can help.  freechain.h knows where they are.
 * Both       Without a running data plane there is nothing to look at: the source
 *            forgets its sessions.
 * Threads    main. */
#include <stdbool.h>

#include "source.h"

#define SCAN_GLANCE_MS 50
#define SCAN_SLICE 65536u /* slots: about a millisecond */

/* Scan a slice.  Returns false when the scan is over. */
bool scan_slice(struct source *source);

/* Look at what is new. */
void scan_glance(struct source *source);

/* When to scan again, in ms after the last scan began. */
uint64_t scan_pause_ms(const struct source *source);

#endif /* MX_REPLICA_SCAN_H */
