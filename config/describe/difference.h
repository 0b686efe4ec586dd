/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_DIFFERENCE_H
#define MX_CONFIG_DIFFERENCE_H

/* What differs between two configurations, key by key.  Services, pools, ports and
 * backends are the same ones if they have the same name.
 *
 * Threads    any. */
#include "config.h"

/* A difference at `path`, such as pools/mx/backends/mta1/weight.  before: the
 * value, the entry of a list, or what a mapping says; NULL: there was none.  after:
 * the same of the other configuration.  The texts are valid during the call. */
typedef void (*difference_seen)(void *arg, const char *path, const char *before,
				const char *after);

/* Call seen() for each difference, in the order of the file.  Returns their
 * number, or -ENOMEM. */
int difference_each(const struct mx_config *before,
		    const struct mx_config *after, difference_seen seen,
		    void *arg);

#endif /* MX_CONFIG_DIFFERENCE_H */
