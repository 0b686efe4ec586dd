/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RECOVERY_H
#define MX_RECOVERY_H

/* What a worker needs before it runs: timers, and the sessions that an earlier
 * process left in its file.
 *
 * Threads    main, while the worker does not run. */
#include "snat.h"
#include "worker.h"

/* Make the timers of a worker; for a worker that is all zero but for its
 * numbers and ports.  Returns 0 or -ENOMEM. */
int recovery_timers_make(struct worker *w, uint64_t tsc_hz);

/* Take up the sessions of a file that an earlier process may have left.  Each
 * session is checked, and freed if it is unfit.  The file's key also decides
 * which worker owns a flow.
 * Returns 0 or -ENOMEM. */
int recovery_attach(struct worker *w, struct mx_sessions_file *file,
		    struct snat *snat);

/* Give back what recovery_timers_make() and recovery_attach() took. */
void recovery_detach(struct worker *w);

#endif /* MX_RECOVERY_H */
