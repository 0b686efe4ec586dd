/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TROUBLELIST_H
#define MX_TROUBLELIST_H

/* Lists of sentences about trouble, one list for each level:
 *
 *   critical   mail is being lost now, or the data plane does not do what the
 *              control plane says
 *   warnings   mail flows, and something is broken or about to be
 *   notes      what an operator did and may have forgotten
 *
 * Threads    the event loop. */
#include <jansson.h>

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

#endif /* MX_TROUBLELIST_H */
