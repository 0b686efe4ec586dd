/* SPDX-License-Identifier: BSD-3-Clause */
#include "entrance.h"

#include <errno.h>
#include <string.h>

#include "identity.h"
#include "load.h"
#include "log.h"

void
entrance_log_errors(const struct mx_config_errors *errors)
{
	for (uint16_t i = 0; i < errors->count && i < MX_CONFIG_ERRORS_MAX; i++)
		log_line(LOG_LEVEL_ERROR, "%s", errors->text[i]);
}

int
entrance_claim(struct entrance *entrance, struct event_base *base,
	       const struct control_options *options)
{
	struct mx_config_errors errors = {0};

	*entrance = (struct entrance){.role = NULL};
	/* The instance names everything else, so the file is read first; it is
	 * read again, in full, by apply_first(). */
	struct mx_config *config = mx_config_load_for(
		options->config_path, options->expected, &errors);
	if (config == NULL) {
		entrance_log_errors(&errors);
		return -EINVAL;
	}
	memcpy(entrance->instance, config->instance,
	       sizeof(entrance->instance));
	int error = options->confined ? identity_find(config) : 0;
	mx_config_free(config);
	if (error != 0)
		return error;

	/* The role comes first.  A second control plane of the instance would
	 * otherwise take the first one's socket and overwrite its state file.
	 */
	entrance->role = rolewatch_new(base, entrance->instance);
	if (entrance->role == NULL)
		return -EBUSY;
	if (options->confined)
		error = identity_take(entrance->instance, options->state_dir,
				      options->socket_path);
	return error != 0 ? error
			  : filenames_make(&entrance->names, entrance->instance,
					   options->state_dir,
					   options->socket_path);
}
