/* SPDX-License-Identifier: BSD-3-Clause */
#include "editdistance.h"

#include <stdbool.h>
#include <string.h>

static uint32_t
smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Compute row i of the table of distances between prefixes of a and of b, from
 * the two rows before it. */
static void
next_row(const char *a, const char *b, size_t i,
	 uint32_t row[][EDITDISTANCE_MAX + 1])
{
	const uint32_t *before = row[(i - 1) % 3];
	const uint32_t *before_that = row[(i + 1) % 3];
	uint32_t *now = row[i % 3];

	now[0] = (uint32_t)i;
	for (size_t j = 1; b[j - 1] != '\0' && j <= EDITDISTANCE_MAX; j++) {
		const bool same = a[i - 1] == b[j - 1];
		now[j] = smaller(before[j - 1] + !same,
				 smaller(before[j], now[j - 1]) + 1);
		if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
		    a[i - 2] == b[j - 1])
			now[j] = smaller(now[j], before_that[j - 2] + 1);
	}
}

uint32_t
editdistance(const char *a, const char *b)
{
	uint32_t row[3][EDITDISTANCE_MAX + 1] = {0};
	const size_t rows = strnlen(a, EDITDISTANCE_MAX);
	const size_t columns = strnlen(b, EDITDISTANCE_MAX);

	for (size_t j = 0; j <= columns; j++)
		row[0][j] = (uint32_t)j;
	for (size_t i = 1; i <= rows; i++)
		next_row(a, b, i, row);
	return row[rows % 3][columns];
}
