/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BENCH_FIGURE_H
#define MX_BENCH_FIGURE_H

/* The figures of a benchmark, for people or for bench/run.
 *
 *   a table        name, value, unit, spread, as each becomes known
 *   --json         an array of {"name", "value", "unit", "spread"}, no more
 *
 * A figure is the median of its runs.  The spread is the difference between the
 * best and the worst run, in the same unit.  A shared machine has bad runs:
 * compare medians, of one run of one program.
 *
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

#define FIGURE_RUNS_MAX 32

struct figures {
	bool json;
	uint32_t count; /* printed so far */
};

/* Look for --json among the arguments, and begin. */
struct figures figures_begin(int argc, char **argv);

/* Is an argument given?  Of "--name value": returns its value, or
 * `otherwise`. */
bool figures_option(int argc, char **argv, const char *name);
const char *figures_argument(int argc, char **argv, const char *name,
			     const char *otherwise);

/* Print one figure by its runs, value[1..FIGURE_RUNS_MAX], which it sorts.
 * Returns the median. */
double figures_add(struct figures *figures, const char *name, const char *unit,
		   double *value, uint32_t runs);

void figures_end(const struct figures *figures);

#endif /* MX_BENCH_FIGURE_H */
