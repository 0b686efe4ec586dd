/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PORTS_H
#define MX_PORTS_H

/* The ports of a data plane: started, given to the workers, and named in the
 * region.
 *
 * Threads    main, before the workers start. */
#include "plant.h"

/* Start the configured ports and give each worker its queues, or what stands in
 * for them.  The workers and their session files are there already.
 * Says on stderr what fails.  Returns 0 or -errno. */
int ports_make(struct plant *plant, const struct mx_config *config);

/* Say how segments will reach their workers, and set up the choice of local
 * ports by that. */
void ports_settle(struct plant *plant, uint16_t workers);

#endif /* MX_PORTS_H */
