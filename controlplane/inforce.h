/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_INFORCE_H
#define MX_INFORCE_H

/* A line below a table of what the control plane wants, when the data plane
 * does not do it.
 * Threads    the event loop. */
#include <jansson.h>
#include <stdio.h>

#include "publish.h"

/* Set "in_force", and "obstacle": text or null. */
void set_in_force(json_t *data, const struct publisher *publisher);

/* Print that line if there is an obstacle. */
void print_in_force(FILE *out, const json_t *data);

#endif /* MX_INFORCE_H */
