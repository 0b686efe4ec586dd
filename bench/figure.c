/* SPDX-License-Identifier: BSD-3-Clause */
#include "figure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
figures_option(int argc, char **argv, const char *name)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

const char *
figures_argument(int argc, char **argv, const char *name, const char *otherwise)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return otherwise;
}

struct figures
figures_begin(int argc, char **argv)
{
	const struct figures figures = {
		.json = figures_option(argc, argv, "--json"),
	};

	if (figures.json)
		printf("[");
	else
		printf("%-44s %12s %-14s %10s\n", "figure", "median", "unit",
		       "spread");
	return figures;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return (*x > *y) - (*x < *y);
}

double
figures_add(struct figures *figures, const char *name, const char *unit,
	    double *value, uint32_t runs)
{
	qsort(value, runs, sizeof(*value), compare);
	const double median = (value[(runs - 1) / 2] + value[runs / 2]) / 2;
	const double spread = value[runs - 1] - value[0];

	if (figures->json)
		printf("%s\n{\"name\": \"%s\", \"value\": %.6g, "
		       "\"unit\": \"%s\", \"spread\": %.3g}",
		       figures->count == 0 ? "" : ",", name, median, unit,
		       spread);
	else
		printf("%-44s %12.6g %-14s %10.3g\n", name, median, unit,
		       spread);
	figures->count++;
	fflush(stdout);
	return median;
}

void
figures_end(const struct figures *figures)
{
	if (figures->json)
		printf("\n]\n");
}
