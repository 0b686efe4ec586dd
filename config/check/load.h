/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_LOAD_H
#define MX_CONFIG_LOAD_H

/* From a file to a checked configuration, or to the errors in it.
 * Threads    none of its own; the caller owns the structs. */
#include <stddef.h>

#include "config.h"

#define MX_CONFIG_FILE_MAX (4 * 1024 * 1024) /* bytes */

/* Read, parse and check the file at path.  Files over 4 MiB are refused.
 *
 * Returns a config that the caller frees with mx_config_free(), or NULL with at
 * least one line in *errors. */
struct mx_config *mx_config_load(const char *path,
				 struct mx_config_errors *errors);

/* The same for the program of an instance, such as of the unit mxsteer-log@mx2:
 * the file must be of that instance.  NULL: of any. */
struct mx_config *mx_config_load_for(const char *path, const char *instance,
				     struct mx_config_errors *errors);

/* Read the file at path.  Returns its text, which the caller frees and which ends in
 * a zero byte; or NULL with a line in *errors. */
char *mx_config_read(const char *path, size_t *size,
		     struct mx_config_errors *errors);

/* Parse and check a file in memory; file: its name in messages.  A text that was cut
 * short is refused. */
struct mx_config *mx_config_parse(const char *text, size_t size,
				  const char *file,
				  struct mx_config_errors *errors);

#endif /* MX_CONFIG_LOAD_H */
