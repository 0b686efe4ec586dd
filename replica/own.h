/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_OWN_H
#define MX_REPLICA_OWN_H

/* What all streams of this box have in common.
 *
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "groupsheet.h"
#include "link.h"
#include "replicated.h"
#include "secret.h"
#include "source.h"

struct own {
	const char *instance;
	uint64_t epoch; /* of this process */
	struct groupsheet sheet;
	struct mx_secret secret;
	struct links *links;
	struct source source;
	bool settled; /* peers may drop what they were not told */
	struct replicated replicated;
};

/* Has the data plane the key that all boxes of the group have? */
static inline bool
own_has_key(const struct own *own)
{
	return memcmp(&own->source.map.key, &own->secret.sessions,
		      sizeof(own->secret.sessions)) == 0;
}

/* Are there sessions to tell? */
static inline bool
own_is_ready(const struct own *own)
{
	return source_is_ready(&own->source) && own_has_key(own);
}

/* Count that a stream was refused or has ended. */
static inline void
own_count(struct own *own, struct replicated_stream *stream,
	  enum replicated_refusal why)
{
	if (stream != NULL)
		stream->refusal = why;
	if (why != REPLICATED_REFUSED_NOT)
		own->replicated.refused[why]++;
}

#endif /* MX_REPLICA_OWN_H */
