/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TROUBLE_H
#define MX_TROUBLE_H

/* All that an operator should know before anything else, in sentences:
 *
 *   critical   mail is being lost now, or the data plane does not do what the
 *              control plane says
 *   warnings   mail flows, and something is broken or about to be
 *   notes      what an operator did and may have forgotten
 *
 * Threads    the event loop. */
#include <jansson.h>

#include "control.h"

enum trouble_level {
	TROUBLE_CRITICAL,
	TROUBLE_WARNING,
	TROUBLE_NOTE,
	TROUBLE_LEVELS,
};

/* Arrays of strings. */
struct troubles {
	json_t *list[TROUBLE_LEVELS];
};

struct troubles troubles_new(void);
void troubles_free(struct troubles *troubles);

void trouble_add(struct troubles *troubles, enum trouble_level level,
		 const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Everything there is. */
void troubles_find(struct troubles *troubles, const struct control *control);

/* Warnings for the reply to a change: pools without a backend that serves;
 * wishes that a restart would forget; and why the backend `about` takes no new
 * sessions, if it is ready. */
void troubles_of_change(struct troubles *troubles,
			const struct control *control, uint16_t about);

/* troubletraffic.c: what the data plane's counters say. */
void troubles_of_dataplane(struct troubles *troubles,
			   const struct control *control);
void troubles_of_ports(struct troubles *troubles,
		       const struct control *control);
void troubles_of_refusals(struct troubles *troubles,
			  const struct control *control);
void troubles_of_tables(struct troubles *troubles,
			const struct control *control);

#endif /* MX_TROUBLE_H */
