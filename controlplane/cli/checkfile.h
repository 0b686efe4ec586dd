/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CHECKFILE_H
#define MX_CHECKFILE_H

/* `config check`: find the faults of a configuration file before anything runs,
 * and count the sessions that a restart with it would lose.
 * Threads    one. */
#include <stdbool.h>
#include <stdio.h>

/* Print the faults: as JSON to out, or as text with complaints to stderr.  If
 * the instance of the file exists on this host, a warning says how many of its
 * sessions a restart of the data plane with this file would lose, and why.
 * host: also check this host.  Returns true if the file is good, and nothing on
 * the host stops mail. */
bool checkfile(const char *path, bool host, bool json, FILE *out);

/* Print the names of all warnings about a file, with what each finds. */
void checkfile_lints(bool json, FILE *out);

#endif /* MX_CHECKFILE_H */
