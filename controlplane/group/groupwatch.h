/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GROUPWATCH_H
#define MX_GROUPWATCH_H

/* The control plane's end of a group of boxes: it reads what mxsteer-replica has
 * done (group/replicated.h).
 *
 * Threads    the event loop. */
#include <stdbool.h>

#include "replicated.h"

/* mxsteer-replica writes what it has done a few times a second. */
#define GROUPWATCH_SILENT_S 5

/* Read what mxsteer-replica has done.  All numbers of states, refusals and boxes
 * are in their ranges then.
 * Returns false, with an unknown *replicated, if no mxsteer-replica of this version
 * has run. */
bool groupwatch_replicated(const char *instance, struct replicated *replicated);

/* Does it run? */
bool groupwatch_runs(const struct replicated *replicated);

/* What the error of a mxsteer-replica that cannot work means, for a person. */
const char *groupwatch_error_text(int error);

/* The row of a peer.  NULL: there is none. */
const struct replicated_peer *
groupwatch_peer(const struct replicated *replicated, uint16_t box);

#endif /* MX_GROUPWATCH_H */
