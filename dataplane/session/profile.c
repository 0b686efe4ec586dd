/* SPDX-License-Identifier: BSD-3-Clause */
#include "profile.h"

/* What a service tells as long as nothing is known: the least that any host
 * does.  The port's MTU bounds the size of segments further. */
static const struct profile unknown = {
	.says = {.mss = 1460, .scale = OFFER_NO_SCALE, .sack = false},
	.window = 8192,
};

static uint8_t
least_scale(uint8_t a, uint8_t b)
{
	if (a == OFFER_NO_SCALE || b == OFFER_NO_SCALE)
		return OFFER_NO_SCALE;
	return a < b ? a : b;
}

struct profile
profile_least(const struct profile *a, const struct profile *b)
{
	if (!a->known || !b->known)
		return a->known ? *a : *b;
	return (struct profile){
		.known = true,
		.says = {.mss = a->says.mss < b->says.mss ? a->says.mss
							  : b->says.mss,
			 .scale = least_scale(a->says.scale, b->says.scale),
			 .sack = a->says.sack && b->says.sack},
		.window = a->window < b->window ? a->window : b->window,
	};
}

/* A client that was told no scale is not scaled for; one that was told a scale
 * reads windows by it, so the end's own must not be smaller. */
bool
profile_fits(const struct offer *has, const struct offer *told)
{
	if (has->mss < told->mss || (told->sack && !has->sack))
		return false;
	return told->scale == OFFER_NO_SCALE ||
	       (has->scale != OFFER_NO_SCALE && has->scale >= told->scale);
}

static bool
says_same(const struct profile *a, const struct profile *b)
{
	return a->says.mss == b->says.mss && a->says.scale == b->says.scale &&
	       a->says.sack == b->says.sack;
}

static bool
is_same(const struct profile *a, const struct profile *b)
{
	return a->known == b->known && a->window == b->window &&
	       says_same(a, b);
}

void
profiles_learn(struct profiles *profiles, uint16_t backend,
	       const struct offer *offered, const struct profile *heard)
{
	struct profile *known = &profiles->backend[backend];

	if (!profile_is_full(offered) || is_same(known, heard))
		return;
	*known = *heard;
	profiles->round++;
}

void
profiles_renew(struct profiles *profiles)
{
	profiles->round++;
}

static struct profile
least_of(const struct profiles *profiles, const struct mx_plan *plan,
	 uint16_t service)
{
	const uint16_t pool = plan->service[service].pool;
	struct profile least = {.known = false};

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct mx_backend *backend = &plan->backend[id];

		if (backend->used && backend->serves && backend->pool == pool)
			least = profile_least(&least, &profiles->backend[id]);
	}
	return least.known ? least : unknown;
}

/* The most of two: what fits an end that has both fits each. */
static struct offer
most_of(const struct offer *a, const struct offer *b)
{
	struct offer most = *a;

	if (b->mss > most.mss)
		most.mss = b->mss;
	if (most.scale == OFFER_NO_SCALE ||
	    (b->scale != OFFER_NO_SCALE && b->scale > most.scale))
		most.scale = b->scale;
	most.sack = most.sack || b->sack;
	return most;
}

/* Computed once a second at most: a backend whose windows vary must not make
 * every SYN walk over all backends. */
const struct profile *
profiles_told(struct profiles *profiles, const struct mx_plan *plan,
	      uint16_t service, uint32_t now_s)
{
	struct profile_told *told = &profiles->service[service];

	if (told->computed &&
	    (told->round == profiles->round || told->computed_s == now_s))
		return &told->now;
	const struct profile now = least_of(profiles, plan, service);
	/* The window binds nobody: it is only where the client begins. */
	if (told->computed && !says_same(&now, &told->now)) {
		const struct offer bound =
			profiles_bound(profiles, service, now_s);

		told->before = bound;
		told->has_before = true;
		told->changed_s = now_s;
	}
	told->now = now;
	told->computed = true;
	told->round = profiles->round;
	told->computed_s = now_s;
	return &told->now;
}

struct offer
profiles_bound(const struct profiles *profiles, uint16_t service,
	       uint32_t now_s)
{
	const struct profile_told *told = &profiles->service[service];

	if (!told->has_before || now_s - told->changed_s >= PROFILE_BINDS_S)
		return told->now.says;
	return most_of(&told->now.says, &told->before);
}

bool
profiles_ask(struct profiles *profiles, uint16_t service,
	     const struct offer *offered, uint32_t now_s)
{
	struct profile_told *told = &profiles->service[service];
	const uint32_t pause_s =
		told->now.known ? PROFILE_ASK_AGAIN_S : PROFILE_ASK_S;

	if (profile_is_full(&told->now.says) || !profile_is_full(offered) ||
	    (told->asked_s != 0 && now_s - told->asked_s < pause_s))
		return false;
	told->asked_s = now_s;
	return true;
}
