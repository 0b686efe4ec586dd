/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_INFORCE_H
#define MX_INFORCE_H

/* A line below a table of what the control plane wants, when the data plane
 * does not do it.
 * Threads    the event loop. */
#include <jansson.h>
#include <stdio.h>

#include "publish.h"

/* Set the keys "in_force" and "obstacle".  The obstacle is a text or null. */
void inforce_set(json_t *data, const struct publisher *publisher);

/* Print the line if there is an obstacle. */
void inforce_print(FILE *out, const json_t *data);

/* The same below counts, which do not change while no data plane runs.  Set the
 * key "absence", and print that the counts are the last ones. */
void inforce_set_absence(json_t *data, const struct publisher *publisher);
void inforce_print_absence(FILE *out, const json_t *data);

#endif /* MX_INFORCE_H */
