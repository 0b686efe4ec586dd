/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_AGENTJSON_H
#define MX_AGENTJSON_H

/* What the agent of a backend asks for, as the state file has it.
 * Threads    any. */
#include <jansson.h>

#include "weight.h"

/* Returns NULL for nothing but a percent that is left out.  percents: with the
 * percent, and with the text: it may have measures, which change as percents
 * do. */
json_t *agent_encode(const struct agent_wish *wish, bool percents);

/* Returns false, and *wish is of no use, if the object is none. */
bool agent_decode(json_t *object, struct agent_wish *wish);

#endif /* MX_AGENTJSON_H */
