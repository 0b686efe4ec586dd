/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_TWINRIG_H
#define MX_TESTS_TWINRIG_H

/* The rig, with a ring port as the twin of each of its ports. */
#include "rig.h"
#include "rigports.h"

extern struct rte_ring *twinrig_to_kernel[RIG_PORTS][RIG_WORKERS_MAX];
extern struct rte_ring *twinrig_from_kernel[RIG_PORTS][RIG_WORKERS_MAX];

/* Workers, and twins with that many pairs of queues. */
struct rig *twinrig_make(uint16_t workers, uint16_t queues);
void twinrig_free(struct rig *rig);

/* Free the frames of a ring.  Returns how many. */
unsigned twinrig_empty(struct rte_ring *ring);

#endif /* MX_TESTS_TWINRIG_H */
