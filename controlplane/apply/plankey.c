/* SPDX-License-Identifier: BSD-3-Clause */
#include "plankey.h"

#include <string.h>

#include "chance.h"
#include "eventlog.h"
#include "secret.h"
#include "veto.h"

void
plankey_find(struct plankey *found, const struct state *state,
	     const struct mx_config *config)
{
	struct mx_secret secret;

	*found = (struct plankey){.key = state->key,
				  .shared = state->key_shared};
	if (config->group.box == 0) {
		/* Without chance the last key stays until the next apply. */
		if (state->key_shared &&
		    chance_fill(&found->key, sizeof(found->key)) == 0)
			found->shared = false;
		return;
	}
	found->error = mx_secret_read(&secret, config->group.secret);
	if (found->error != 0)
		return;
	found->key = secret.plan;
	found->shared = true;
	explicit_bzero(&secret, sizeof(secret));
}

void
plankey_refuse(const struct plankey *found, const char *path,
	       const struct mx_config *config, struct mx_config_errors *errors)
{
	veto_add(errors, "%s: group: secret: %s: %s", path,
		 config->group.secret, mx_secret_error(found->error));
}

void
plankey_follow(const struct plankey *found, struct state *state)
{
	state->key = found->key;
	state->key_shared = found->shared;
	if (found->error != 0)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "group",
			      "the secret cannot be read, and the other boxes "
			      "may give sessions to other backends: %s: %s",
			      state->config->group.secret,
			      mx_secret_error(found->error));
}
