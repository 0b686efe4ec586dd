/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CHECKFILE_H
#define MX_CHECKFILE_H

/* `config check`: what is wrong in a configuration file, before anything runs.
 * Threads    one. */
#include <stdbool.h>
#include <stdio.h>

/* Print what is wrong: as JSON to out, or as text, complaints to stderr.
 * host: also what of this host would get in the way.
 * Returns true if the file is good, and nothing of the host stops mail. */
bool checkfile(const char *path, bool host, bool json, FILE *out);

#endif /* MX_CHECKFILE_H */
