/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_OUTLET_H
#define MX_LOGGER_OUTLET_H

/* What lines go to: the file or the socket that the sheet names.  If nothing can
 * be written, the outlet rests for a moment.  It notes in `logged` why, and says so
 * once.
 *
 * Threads    main. */
#include <stdbool.h>

#include "filesink.h"
#include "logged.h"
#include "socketsink.h"

struct outlet {
	const char *syslog; /* paths of sockets */
	const char *journald;
	struct filesink file;
	struct socketsink socket;
	int64_t retry_ms; /* CLOCK_MONOTONIC: a stuck sink rests until then */
	enum logged_loss waited; /* what was last waited for, and since when */
	int64_t waited_s;
	bool told_stuck; /* that lines cannot be written */
};

/* Open the sink if it is not open.  Returns false if it cannot be. */
bool outlet_open(struct outlet *outlet, const struct logsheet *sheet,
		 struct logged *logged);

/* Close it, and do not rest when it is opened again. */
void outlet_close(struct outlet *outlet);

/* Close the file if that is wanted, or if it has lost its name. */
void outlet_tend(struct outlet *outlet, bool reopen);

/* Does it rest? */
bool outlet_rests(const struct outlet *outlet);

/* Nothing holds it up from now on. */
void outlet_flows(struct outlet *outlet);

/* Write what can be written, and count it in *logged. */
struct batch_done outlet_write(struct outlet *outlet,
			       const struct logsheet *sheet,
			       const struct batch *batch,
			       struct logged *logged);

#endif /* MX_LOGGER_OUTLET_H */
