/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_PRINT_H
#define MX_GEN_PRINT_H

/* The report for people. */
#include <stdio.h>

#include "gencounts.h"
#include "genoptions.h"

void print_report(FILE *out, const struct gen_options *options,
		  const struct gen_report *report);

#endif /* MX_GEN_PRINT_H */
