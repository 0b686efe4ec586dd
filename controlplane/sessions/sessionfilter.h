/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SESSIONFILTER_H
#define MX_SESSIONFILTER_H

/* Which sessions a listing is about.
 * Threads    pure functions: any. */
#include "prefix.h"
#include "sessionreader.h"

/* All zero: all of them. */
struct session_filter {
	bool by_client, by_backend, by_service;
	struct mx_config_prefix from; /* trimmed */
	uint16_t port_be;             /* of the client; 0: any */
	bool backend[MX_BACKENDS_MAX + 1];
	bool service[MX_SERVICES_MAX];
	uint32_t older_s;
	uint32_t states; /* bits of enum mx_session_state; 0: all */
};

static_assert(MX_SESSION_STATES <= 32, "each has a bit");

/* Is session i of the chunk, which is not free, one of them?  now_s:
 * CLOCK_MONOTONIC. */
bool session_filter_takes(const struct session_filter *filter,
			  const struct session_reader *file, uint32_t i,
			  uint32_t now_s);

#endif /* MX_SESSIONFILTER_H */
