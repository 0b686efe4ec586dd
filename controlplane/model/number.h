/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NUMBER_H
#define MX_NUMBER_H

/* Numbers that an operator types.
 * Threads    any. */
#include <stdbool.h>
#include <stdint.h>

/* A number of digits only, without a leading zero, up to max.  Returns false if
 * the text is not one. */
bool number_parse(const char *text, uint32_t max, uint32_t *number);

#endif /* MX_NUMBER_H */
