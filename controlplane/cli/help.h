/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HELP_H
#define MX_HELP_H

/* Help for an operator.  It needs no control plane. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Does the line ask for help: "help drain", "drain -h", "drain ?"?  Returns the
 * words that it asks about, *length bytes of them; or NULL. */
const char *help_asked(const char *line, size_t *length);

/* Print the commands that begin with those words, or all; json: as one object.
 * Returns false, with nothing printed, if there is none. */
bool help_print(const char *words, size_t length, bool json, FILE *out);

#endif /* MX_HELP_H */
