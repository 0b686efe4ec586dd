/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_PREFIX_H
#define MX_CONFIG_PREFIX_H

/* Address prefixes as people write them: "10.0.2.64/26", "fd00:2:1::/64".
 * Threads    pure functions: any. */
#include "config.h"

/* An address and "/128". */
#define MX_PREFIX_TEXT_MAX (MX_ENDPOINT_TEXT_MAX + 4)

/* Returns 0, or -EINVAL with *out untouched.  An address with bits behind the
 * first `bits` is accepted: compare with mx_prefix_trim(). */
int mx_prefix_parse(const char *text, struct mx_config_prefix *out);

/* The same prefix with all bits behind the first `bits` set to zero. */
struct mx_config_prefix mx_prefix_trim(const struct mx_config_prefix *prefix);

/* Does addr have the prefix's family, and is it in the prefix?  prefix:
 * trimmed. */
bool mx_prefix_contains(const struct mx_config_prefix *prefix,
			const struct mx_addr *addr);

/* Write the usual form into text[MX_PREFIX_TEXT_MAX]; return text. */
char *mx_prefix_format(const struct mx_config_prefix *prefix, char *text);

#endif /* MX_CONFIG_PREFIX_H */
