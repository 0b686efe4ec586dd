/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_UNSERVED_H
#define MX_UNSERVED_H

/* Sessions that a backend did not serve, as the workers saw it: it refused the
 * connection, or was silent, busy or mute (flow/failover.h).  The counters are
 * read once a second.  The log says when a backend begins to leave sessions
 * unserved, and when it has left none for REFUSAL_QUIET_S.
 *
 * Clients can bring a backend to do so: they fill its places, or its judgement
 * of them is slow.  So these counters put no backend down.  They only ask for
 * its next check now, at most once a second, and the check decides.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "refusal.h"
#include "region.h"

struct unserved {
	struct refusal row[MX_BACKENDS_MAX + 1][MX_UNSERVED_KINDS];
};

/* The word for a kind, as in the key `fail-over`. */
const char *unserved_name(enum mx_unserved kind);

/* One look at a backend, once a second, which logs changes.  label: NULL, if no
 * backend has that id.  Returns whether it left a session unserved since the
 * last look. */
bool unserved_look(struct unserved *unserved, const struct mx_region *region,
		   uint16_t id, const char *label, int64_t now_s);

#endif /* MX_UNSERVED_H */
