/* SPDX-License-Identifier: BSD-3-Clause */
#include "quantity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A count with more digits is shortened. */
#define COUNT_WHOLE 99999.5

static const char *const units[] = {"", "k", "M", "G", "T", "P", "E"};
#define UNITS (sizeof(units) / sizeof(units[0]))

const char *
quantity_rate(double value, char text[static QUANTITY_MAX])
{
	size_t unit = 0;

	if (isnan(value) || value < 0) {
		strcpy(text, "-");
		return text;
	}
	/* What would be rounded up to 1000 has the next unit. */
	while (value >= 999.5 && unit < UNITS - 1) {
		value /= 1000;
		unit++;
	}
	if (value < 0.05)
		strcpy(text, "0");
	else
		snprintf(text, QUANTITY_MAX, "%.*f%s", value < 9.95 ? 1 : 0,
			 value < 1000 ? value : 999, units[unit]);
	return text;
}

const char *
quantity_count(double value, char text[static QUANTITY_MAX])
{
	if (value >= 0 && value < COUNT_WHOLE)
		snprintf(text, QUANTITY_MAX, "%.0f", value);
	else
		quantity_rate(value, text);
	return text;
}

void
quantity_line(const double *values, size_t count, size_t width, char *text)
{
	/* U+2581 to U+2588 */
	static const char *const bars[] = {
		"\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84",
		"\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"};
	double most = 0;

	if (count > width) {
		values += count - width;
		count = width;
	}
	*text = '\0';
	for (size_t i = 0; i < count; i++)
		most = fmax(most, values[i]); /* the other one of a NAN */
	for (size_t i = 0; i < count; i++) {
		const char *bar = " ";

		if (values[i] > 0)
			bar = bars[(int)(values[i] / most * 7)];
		else if (!isnan(values[i]))
			bar = bars[0];
		text = stpcpy(text, bar);
	}
}
