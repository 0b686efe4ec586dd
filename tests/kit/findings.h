/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_FINDINGS_H
#define MX_TESTS_FINDINGS_H

/* What a check has found, and what a test says of it. */
#include "hazard.h"

extern struct hazards findings;

/* There is no finding. */
void findings_none(void);

/* There is this finding alone, with its weight.  line: the hazard and what
 * mends it. */
void findings_one(bool stops_mail, const char *line);

/* Does any finding, with what mends it, have that text in it? */
bool findings_have(const char *part);

#endif /* MX_TESTS_FINDINGS_H */
