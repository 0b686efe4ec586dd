/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_EXPOSITION_H
#define MX_EXPOSITION_H

/* The text format of Prometheus, version 0.0.4.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 * Threads    any, on a stream of their own. */
#include <stdint.h>
#include <stdio.h>

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The lines # HELP and # TYPE. */
void exposition_head(FILE *out, const char *name, const char *help,
		     const char *type);

/* A label: name="value", with a comma before it unless it is the first. */
void exposition_label(FILE *out, unsigned index, const char *name,
		      const char *value);

/* The value and the end of a line.  A whole number has no exponent. */
void exposition_value(FILE *out, double value);

#endif /* MX_EXPOSITION_H */
