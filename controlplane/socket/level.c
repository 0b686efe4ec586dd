/* SPDX-License-Identifier: BSD-3-Clause */
#include "level.h"

#include <assert.h>
#include <unistd.h>

static const char *const names[] = {
	[LEVEL_NONE] = "none",
	[LEVEL_READ] = "read",
	[LEVEL_OPERATE] = "operate",
	[LEVEL_ADMIN] = "admin",
};
static_assert(sizeof(names) / sizeof(names[0]) == LEVELS, "one name per level");

const char *
level_name(enum level level)
{
	assert(level < LEVELS);
	return names[level];
}

enum level
level_of(const struct level_rules *rules, const struct caller *caller)
{
	if (!caller->known)
		return LEVEL_NONE;
	if (caller->uid == 0 || caller->uid == geteuid())
		return LEVEL_ADMIN;
	for (int level = LEVEL_ADMIN; level > LEVEL_NONE; level--)
		if (rules->has_group[level] &&
		    caller_is_member(caller, rules->group[level]))
			return (enum level)level;
	return rules->everyone;
}
