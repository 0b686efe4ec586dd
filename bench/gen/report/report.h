/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_REPORT_H
#define MX_GEN_REPORT_H

/* The result of a run as plain numbers (gencounts.h), for people (print.c), for
 * programs (json.c), and for programs that link the library. */
#include "gencounts.h"

extern const char *const gen_phase_names[GEN_PHASES];
extern const char *const gen_outcome_names[GEN_OUTCOMES];

struct gen;

/* Read the results so far.  Takes milliseconds, since it looks at all
 * messages. */
void gen_report_read(const struct gen *gen, struct gen_report *report);

/* Read a few numbers quickly, for a live line. */
void gen_live_read(const struct gen *gen, struct gen_live *live);

#endif /* MX_GEN_REPORT_H */
