/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CAUSES_H
#define MX_CAUSES_H

/* Counts of one thing by its causes, of which each has a name.
 * Threads    the event loop. */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* Set the sum of counts, and each of them by its name. */
void causes_set(json_t *data, const char *sum_key, const char *each_key,
		const uint64_t *count, unsigned counts,
		const char *(*name)(unsigned cause));

/* Print those that are not 0. */
void causes_print(FILE *out, const char *what, json_t *counts);

#endif /* MX_CAUSES_H */
