/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_QUANTITY_H
#define MX_QUANTITY_H

/* Numbers as a live screen shows them: short, and of one width.
 * Threads    any. */
#include <stdbool.h>
#include <stddef.h>

#define QUANTITY_MAX 16

/* Write a rate or a measured time: "0", "0.4", "35", "1.2k", "34M".  "-" stands for
 * one that is not known: NAN.  Returns text. */
const char *quantity_rate(double value, char text[static QUANTITY_MAX]);

/* Write a count: whole up to 99999, then as a rate.  The same for NAN. */
const char *quantity_count(double value, char text[static QUANTITY_MAX]);

/* A line of the last values, the newest at the right: each is one character of
 * eight heights, the greatest value has the full height.  A value that is not
 * known is a blank.  text[3 * width + 1]: has room for the last `width` values. */
void quantity_line(const double *values, size_t count, size_t width,
		   char *text);

#endif /* MX_QUANTITY_H */
