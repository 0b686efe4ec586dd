/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_DUMP_H
#define MX_CONFIG_DUMP_H

/* A configuration as the text of a file, with the values of all keys that the file
 * may have, defaults too.  mx_config_parse() makes an equal configuration of the
 * text.  Of names that default to that of this machine, the text has the name.
 *
 * Threads    any. */
#include "config.h"

/* Returns the text, which ends in a line feed, and its size without the terminator;
 * the caller frees it.  NULL: no memory. */
char *dump_text(const struct mx_config *config, size_t *size);

#endif /* MX_CONFIG_DUMP_H */
