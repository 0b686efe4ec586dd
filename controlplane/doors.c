/* SPDX-License-Identifier: BSD-3-Clause */
#include "doors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "eventlog.h"
#include "hostuser.h"
#include "socketgroup.h"

#define PLACES 16
#define EVERYONE "everyone"
#define SUFFIX ".sock"
#define NO_GROUP (-1) /* a fault: this host has no such group */

/* "/run/mxsteer/mx1.sock" -> "/run/mxsteer/mx1.read.sock" */
static void
write_path(char path[PATH_MAX], const char *main, enum level level)
{
	const size_t length = strlen(main);
	const size_t suffix = strlen(SUFFIX);
	const size_t stem =
		length > suffix && strcmp(&main[length - suffix], SUFFIX) == 0
			? length - suffix
			: length;

	snprintf(path, PATH_MAX, "%.*s.%s" SUFFIX, (int)stem, main,
		 level_name(level));
}

static void
tell(const struct door *door, int fault)
{
	char why[128];

	if (fault == NO_GROUP)
		snprintf(why, sizeof(why),
			 "this host has no group %s: make it, and apply the "
			 "configuration again",
			 door->group);
	else
		snprintf(why, sizeof(why), "%s", strerror(fault));
	eventlog_add(&(struct eventlog_news){.level = LOG_LEVEL_ERROR,
					     .source = EVENT_CONTROL,
					     .subject = "access",
					     .what = "socket",
					     .after = door->path,
					     .why = why});
}

const char *
doors_fault(int error)
{
	if (error == EADDRINUSE)
		return "another process answers there";
	if (error == ENOTSOCK)
		return "it is not a socket, and is left alone";
	return strerror(error);
}

/* Who may do what by any of the sockets. */
static struct level_rules
rules_of(const struct mx_config_access *access)
{
	const char *names[LEVELS] = {[LEVEL_READ] = access->read,
				     [LEVEL_OPERATE] = access->operate,
				     [LEVEL_ADMIN] = SOCKETGROUP};
	struct level_rules rules = {.everyone = LEVEL_NONE};

	if (strcmp(access->read, EVERYONE) == 0)
		rules.everyone = LEVEL_READ;
	for (int level = LEVEL_READ; level < LEVELS; level++)
		rules.has_group[level] =
			names[level][0] != '\0' &&
			hostuser_group(names[level], &rules.group[level]);
	return rules;
}

static bool
are_same(const struct level_rules *a, const struct level_rules *b)
{
	for (int level = LEVEL_NONE; level < LEVELS; level++)
		if (a->has_group[level] != b->has_group[level] ||
		    (a->has_group[level] && a->group[level] != b->group[level]))
			return false;
	return a->everyone == b->everyone;
}

/* Returns 0, NO_GROUP or errno. */
static int
open_door(struct doors *doors, struct door *door, enum level level)
{
	const struct level_rules *rules = &door->rules;
	const struct ctl_door spec = {
		.path = door->path,
		.right = {.everyone = level == LEVEL_READ &&
				      rules->everyone == LEVEL_READ,
			  .has_group = rules->has_group[level],
			  .group = rules->group[level]},
		.rules = *rules,
		.most = level,
		.places = PLACES};

	if (!spec.right.everyone && !spec.right.has_group)
		return NO_GROUP;
	door->ctl = ctl_open(doors->base, &spec, doors->handler, doors->arg);
	return door->ctl != NULL ? 0 : errno;
}

/* Open or close a door as the configuration says.  A door that has the group and
 * the rules already is left alone: its clients wait for answers. */
static void
follow(struct doors *doors, struct door *door, enum level level,
       const struct mx_config_access *access)
{
	const char *group =
		level == LEVEL_READ ? access->read : access->operate;
	const struct level_rules rules = rules_of(access);
	const bool same = strcmp(door->group, group) == 0;

	if (same && door->ctl != NULL && are_same(&door->rules, &rules))
		return;
	if (door->ctl != NULL)
		ctl_close(door->ctl);
	door->ctl = NULL;
	door->rules = rules;
	write_path(door->path, doors->main, level);
	snprintf(door->group, sizeof(door->group), "%s", group);
	const int fault = group[0] != '\0' ? open_door(doors, door, level) : 0;
	if (fault != 0 && (!same || fault != door->fault))
		tell(door, fault);
	door->fault = fault;
}

void
doors_follow(struct doors *doors, const struct mx_config *config,
	     uint32_t applied)
{
	if (doors->applied == applied)
		return;
	doors->applied = applied;
	follow(doors, &doors->operate, LEVEL_OPERATE, &config->access);
	follow(doors, &doors->read, LEVEL_READ, &config->access);
}

void
doors_end(struct doors *doors)
{
	if (doors->operate.ctl != NULL)
		ctl_close(doors->operate.ctl);
	if (doors->read.ctl != NULL)
		ctl_close(doors->read.ctl);
	doors->operate.ctl = doors->read.ctl = NULL;
}
