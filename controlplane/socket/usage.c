/* SPDX-License-Identifier: BSD-3-Clause */
#include "usage.h"

#include <assert.h>

#include "places.h"

static const char *const words[] = {
	[CTL_NO_LEVEL] = "is in no group",
	[CTL_OWN_SHARE] = "has all places of one user",
	[CTL_NO_PLACE] = "no place was free",
};
static_assert(sizeof(words) / sizeof(words[0]) == CTL_WHYS,
	      "one text per reason");

const char *
usage_why_text(enum ctl_why why)
{
	assert(why < CTL_WHYS);
	return words[why];
}

const struct ctl_turned *
usage_turned(const struct ctl *ctl, enum ctl_why why)
{
	return &ctl->turned[why];
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
				    .clients = places_taken(ctl, &c->caller),
				    .most = places_most(ctl, &c->caller)};
	for (; c != NULL; c = c->next)
		user->waiting += c->caller.uid == user->caller.uid && c->asking;
	return true;
}
