/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of the log of sessions. */
#include <string.h>

#include "checks.h"
#include "lint.h"

static bool
has_service(const struct mx_config *config, const char *name)
{
	for (uint16_t i = 0; i < config->service_count; i++)
		if (strcmp(config->service[i].name, name) == 0)
			return true;
	return false;
}

void
config_check_log(struct config_tree *tree)
{
	const struct mx_config *config = tree->config;
	const struct mx_config_log *log = &config->log;
	const uint32_t line = config_line(tree, log);

	for (uint16_t i = 0; i < log->service_count; i++)
		if (!has_service(config, log->service[i]))
			config_error(tree, line,
				     "log: services: expected names of "
				     "services, found %s, which is none",
				     log->service[i]);
	if (log->sessions == LOGSHEET_JOURNALD && log->only == LOGSHEET_ALL &&
	    log->lines != LOGSHEET_CHANGES)
		lint_warn(tree, LINT_JOURNALD, line,
			  "log: sessions: journald keeps no more than 10,000 "
			  "lines in 30 s; others are counted and lost: say "
			  "sessions: file, or only: failed");
	if (log->service_count > 0 && log->sessions == LOGSHEET_OFF)
		config_error(tree, line,
			     "log: services: expected sessions as well, such "
			     "as sessions: file: without it no session has a "
			     "line");
}
