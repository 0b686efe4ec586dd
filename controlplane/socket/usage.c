/* SPDX-License-Identifier: BSD-3-Clause */
#include "usage.h"

#include <assert.h>

#include "clock.h"
#include "descriptors.h"
#include "places.h"

static const char *const words[] = {
	[USAGE_NO_LEVEL] = "is in no group",
	[USAGE_OWN_SHARE] = "has all places of one user",
	[USAGE_NO_PLACE] = "no place was free",
};
static_assert(sizeof(words) / sizeof(words[0]) == USAGE_WHYS,
	      "one text per reason");

const char *
usage_why_text(enum usage_why why)
{
	assert(why < USAGE_WHYS);
	return words[why];
}

void
usage_note(struct ctl *ctl, enum usage_why why, const struct caller *caller)
{
	struct usage_turned *turned = &ctl->turned[why];

	ctl->turned_away++;
	turned->count++;
	turned->last_s = clock_wall_s();
	caller_text(caller, turned->who);
}

const struct usage_turned *
usage_turned(const struct ctl *ctl, enum usage_why why)
{
	return &ctl->turned[why];
}

uint32_t
usage_most(const struct ctl *ctl, const struct caller *caller)
{
	const uint32_t part =
		ctl->places < CTL_USERS ? 1 : ctl->places / CTL_USERS;

	return caller->uid == 0 ? ctl->places - part + CTL_ROOT_MAX : part;
}

uint32_t
usage_clients(const struct ctl *ctl, const struct caller *caller)
{
	uint32_t count = 0;

	for (const struct ctl_request *c = ctl->first; c != NULL; c = c->next)
		count += c->caller.uid == caller->uid;
	return count;
}

/* Is it the first client of its user in the list? */
static bool
is_first(const struct ctl *ctl, const struct ctl_request *client)
{
	const struct ctl_request *c = ctl->first;

	while (c->caller.uid != client->caller.uid)
		c = c->next;
	return c == client;
}

bool
usage_user(const struct ctl *ctl, uint32_t n, struct usage_user *user)
{
	const struct ctl_request *c = ctl->first;

	while (c != NULL && (!is_first(ctl, c) || n-- > 0))
		c = c->next;
	if (c == NULL)
		return false;
	*user = (struct usage_user){.caller = c->caller,
				    .clients = usage_clients(ctl, &c->caller),
				    .most = usage_most(ctl, &c->caller)};
	for (; c != NULL; c = c->next)
		user->waiting += c->caller.uid == user->caller.uid && c->asking;
	return true;
}
