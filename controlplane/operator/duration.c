/* SPDX-License-Identifier: BSD-3-Clause */
#include "duration.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 8 /* 366 days have 31,622,400 seconds */

static const struct {
	char letter;
	int64_t seconds;
} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
#define UNITS (sizeof(units) / sizeof(units[0]))

int64_t
duration_parse(const char *text)
{
	int64_t sum = 0;
	size_t next = 0; /* the largest unit that may follow */

	while (*text != '\0') {
		const size_t digits = strspn(text, "0123456789");
		size_t unit = next;

		while (unit < UNITS && units[unit].letter != text[digits])
			unit++;
		if (digits == 0 || digits > DIGITS_MAX || unit == UNITS)
			return 0;
		sum += strtoll(text, NULL, 10) * units[unit].seconds;
		next = unit + 1;
		text += digits + 1;
	}
	return sum <= DURATION_MAX_S ? sum : 0;
}

const char *
duration_text(int64_t seconds, char text[static DURATION_TEXT_MAX])
{
	const int s = seconds < 0           ? 0
		      : seconds > INT32_MAX ? INT32_MAX
					    : (int)seconds;

	if (s < 60)
		snprintf(text, DURATION_TEXT_MAX, "%ds", s);
	else if (s < 3600)
		snprintf(text, DURATION_TEXT_MAX, "%dm%ds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, DURATION_TEXT_MAX, "%dh%dm", s / 3600,
			 s / 60 % 60);
	else
		snprintf(text, DURATION_TEXT_MAX, "%dd%dh", s / 86400,
			 s / 3600 % 24);
	return text;
}
