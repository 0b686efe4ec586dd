/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FIT_H
#define MX_FIT_H

/* Is a session that comes from a file fit for a table?
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "sessions.h"

/* Are its fields consistent, and every number that is used as an index within its
 * bounds?  ports: how many there are. */
bool session_is_fit(const struct mx_session *s, uint16_t ports);

#endif /* MX_FIT_H */
