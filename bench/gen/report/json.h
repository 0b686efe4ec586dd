/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_JSON_H
#define MX_GEN_JSON_H

/* The report for programs: one JSON object, with the machine it ran on.  "lost"
 * and "unsure" are null unless the run had both ends. */
#include <jansson.h>

#include "gencounts.h"
#include "genoptions.h"

/* Make the report.  Returns a new object, or NULL without memory. */
json_t *json_report(const struct gen_options *options,
		    const struct gen_report *report);

/* Write it to a file, with the arguments.  Returns 0 or -EIO. */
int json_write(const char *path, json_t *report, int argc, char *argv[]);

#endif /* MX_GEN_JSON_H */
