/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_VALUETEXT_H
#define MX_CONFIG_VALUETEXT_H

/* The value of a field as the file would say it: scalar_parse() gives the same
 * value for this text.
 * Threads    pure functions: any. */
#include <stdbool.h>

#include "config.h"
#include "scalar.h"

/* Longer than any text of scalar_parse(). */
#define VALUETEXT_MAX 512

/* Returns text or the field itself; or NULL: the file cannot say this value, so
 * the key is absent. */
const char *valuetext(const struct scalar *scalar, const void *field,
		      char text[static VALUETEXT_MAX]);

#endif /* MX_CONFIG_VALUETEXT_H */
