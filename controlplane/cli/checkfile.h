/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CHECKFILE_H
#define MX_CHECKFILE_H

/* `config check`: what is wrong in a configuration file, before anything runs,
 * and what sessions a restart with it would lose.
 * Threads    one. */
#include <stdbool.h>
#include <stdio.h>

/* Print what is wrong: as JSON to out, or as text, complaints to stderr.  If
 * the instance of the file exists on this host, a warning says how many of its
 * sessions a restart of the data plane with this file would lose, and why.
 * host: also what of this host would get in the way.
 * Returns true if the file is good, and nothing of the host stops mail. */
bool checkfile(const char *path, bool host, bool json, FILE *out);

#endif /* MX_CHECKFILE_H */
