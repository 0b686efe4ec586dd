/* SPDX-License-Identifier: BSD-3-Clause */
#include "scraped.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serving.h"
#include "webclient.h"

char *
scraped_text(void)
{
	plane_run(&plane, 1100);
	return webclient_get(&plane, "/metrics", 200);
}

double
scraped_value(const char *text, const char *series)
{
	char line[160];

	snprintf(line, sizeof(line), "\n%s ", series);
	const char *found = strstr(text, line);
	return found == NULL ? -1 : atof(found + strlen(line));
}

void
scraped_expect(const char *series, double wanted)
{
	char *text = scraped_text();
	const double value = scraped_value(text, series);

	ck_assert_msg(value > wanted - 1e-9 && value < wanted + 1e-9,
		      "%s is %g, not %g", series, value, wanted);
	free(text);
}
