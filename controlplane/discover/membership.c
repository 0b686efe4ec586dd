/* SPDX-License-Identifier: BSD-3-Clause */
#include "membership.h"

#include <stdlib.h>
#include <string.h>

bool
membership_has(const struct membership *m, const struct mx_addr *addr)
{
	for (uint16_t i = 0; i < m->count; i++)
		if (mx_addr_equal(&m->member[i].addr, addr))
			return true;
	return false;
}

static int
compare_members(const void *left, const void *right)
{
	const struct member *a = left, *b = right;

	if (a->preference != b->preference)
		return a->preference < b->preference ? -1 : 1;
	const int order = strcmp(a->host, b->host);
	return order != 0 ? order : memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

bool
membership_equal(const struct membership *a, const struct membership *b)
{
	if (a->count != b->count || a->explicit_mx != b->explicit_mx)
		return false;
	for (uint16_t i = 0; i < a->count; i++)
		if (compare_members(&a->member[i], &b->member[i]) != 0 ||
		    a->member[i].served != b->member[i].served ||
		    a->member[i].former != b->member[i].former)
			return false;
	return true;
}

/* May this answer change who belongs to the pool? */
static enum membership_hold
judge(const struct membership *m, const struct finding *finding, bool trust)
{
	if (finding->end > DNS_EMPTY)
		return MEMBERSHIP_NO_ANSWER;
	if (finding->hosts == 0)
		return finding->null_mx ? MEMBERSHIP_NULL_MX
					: MEMBERSHIP_NO_TARGET;
	if (finding->implicit && m->explicit_mx && !trust)
		return MEMBERSHIP_NO_MX;
	if (finding->addresses == 0)
		return finding_is_partial(finding) ? MEMBERSHIP_NO_ANSWER
						   : MEMBERSHIP_NO_ADDRESS;
	return MEMBERSHIP_TAKEN;
}

/* The first entry of the answer with this address, which is of the best
 * target; or NULL. */
static const struct finding_address *
find_address(const struct finding *finding, const struct mx_addr *addr)
{
	for (uint16_t i = 0; i < finding->addresses; i++)
		if (mx_addr_equal(&finding->address[i].addr, addr))
			return &finding->address[i];
	return NULL;
}

/* The target that the member belongs to, if its addresses are not known now; or
 * NULL. */
static const struct finding_host *
find_unanswered(const struct finding *finding, const struct member *member)
{
	if (member->former)
		return NULL;
	for (uint16_t i = 0; i < finding->hosts; i++) {
		const struct finding_host *host = &finding->host[i];

		if (strcmp(host->name, member->host) == 0)
			return dns_is_answer(
				       host->end[finding_family(&member->addr)])
				       ? NULL
				       : host;
	}
	return NULL;
}

static void
see(struct member *member, const struct finding_host *host)
{
	memcpy(member->host, host->name, sizeof(member->host));
	member->preference = host->preference;
	member->missed = 0;
	member->gone_ms = 0;
}

/* The answer has the member.  Without a place for its new name it keeps the old
 * one. */
static void
follow(struct member *member, const struct finding_host *host,
       const struct membership_scene *scene, struct membership_step *step)
{
	char kept[MX_HOSTNAME_MAX];
	const bool renamed =
		member->former || strcmp(member->host, host->name) != 0;
	const bool has_place = step->renamed < scene->join_max;

	memcpy(kept, member->host, sizeof(kept));
	see(member, host);
	if (renamed && !has_place)
		memcpy(member->host, kept, sizeof(kept));
	else
		member->former = false;
	step->renamed = (uint16_t)(step->renamed + (renamed && has_place));
}

static void
miss(struct member *member, const struct membership_scene *scene)
{
	if (member->missed == 0)
		member->gone_ms = scene->now_ms + UINT64_C(1000) * scene->ttl_s;
	if (member->missed < UINT16_MAX)
		member->missed++;
}

/* Compare the members with the answer.  Returns how many it does not have. */
static uint16_t
look(struct membership *m, const struct finding *finding,
     const struct membership_scene *scene, struct membership_step *step)
{
	uint16_t missed = 0;

	for (uint16_t i = 0; i < m->count; i++) {
		struct member *member = &m->member[i];
		const struct finding_address *found =
			find_address(finding, &member->addr);

		if (found != NULL) {
			follow(member, &finding->host[found->host], scene,
			       step);
			member->remembered = false;
			continue;
		}
		const struct finding_host *host =
			find_unanswered(finding, member);
		if (host != NULL) {
			see(member, host);
			continue;
		}
		/* The target of one that DNS has not named is not known: it
		 * may be the one without an answer. */
		if (member->former && finding_is_partial(finding))
			continue;
		miss(member, scene);
		missed++;
	}
	return missed;
}

static void
join(struct membership *m, const struct finding *finding,
     const struct membership_scene *scene, struct membership_step *step)
{
	for (uint16_t i = 0; i < finding->addresses; i++) {
		const struct finding_address *found = &finding->address[i];

		if (membership_has(m, &found->addr))
			continue;
		if (m->count == MEMBERSHIP_MAX ||
		    step->joined + step->renamed == scene->join_max) {
			step->no_place++;
			continue;
		}
		struct member *member = &m->member[m->count++];
		*member = (struct member){.addr = found->addr};
		see(member, &finding->host[found->host]);
		step->joined++;
	}
}

static bool
is_due(const struct member *member, const struct membership_scene *scene)
{
	return member->missed >= MEMBERSHIP_MISSED &&
	       scene->now_ms >= member->gone_ms;
}

/* The member that is due for the longest, after those of `skip`; or NULL. */
static struct member *
next_due(struct membership *m, const struct membership_scene *scene,
	 const bool *skip)
{
	struct member *next = NULL;

	for (uint16_t i = 0; i < m->count; i++) {
		struct member *member = &m->member[i];

		if (!skip[i] && is_due(member, scene) &&
		    (next == NULL || member->gone_ms < next->gone_ms))
			next = member;
	}
	return next;
}

/* Would the pool have somebody left, and somebody that serves if one does? */
static bool
can_leave(const struct membership *m, const struct member *leaving,
	  const struct membership_scene *scene)
{
	if (m->count + scene->others == 1)
		return false;
	if (scene->others_serve || !scene->serves(scene->arg, &leaving->addr))
		return true;
	for (uint16_t i = 0; i < m->count; i++)
		if (&m->member[i] != leaving &&
		    scene->serves(scene->arg, &m->member[i].addr))
			return true;
	return false;
}

/* So many may leave by one answer. */
struct allowance {
	uint16_t members;
	uint16_t served; /* of these: members that have served; backends of the
			  * file that serve count as one more */
};

static struct allowance
allow(const struct membership *m, const struct membership_scene *scene)
{
	struct allowance all = {.members = m->count,
				.served = scene->others_serve};

	for (uint16_t i = 0; i < m->count; i++)
		all.served = (uint16_t)(all.served + m->member[i].served);
	if (!scene->trust) {
		all.members /= 2;
		all.served /= 2;
	}
	return all;
}

/* Note who serves now. */
static void
note_serving(struct membership *m, const struct membership_scene *scene)
{
	for (uint16_t i = 0; i < m->count; i++)
		m->member[i].served |=
			scene->serves(scene->arg, &m->member[i].addr);
}

static void
leave(struct membership *m, const struct membership_scene *scene,
      struct membership_step *step)
{
	struct allowance allowance = allow(m, scene);
	bool kept[MEMBERSHIP_MAX] = {false};
	struct member *member;

	while ((member = next_due(m, scene, kept)) != NULL) {
		const uint16_t i = (uint16_t)(member - m->member);

		if (allowance.members == 0 ||
		    (member->served && allowance.served == 0) ||
		    !can_leave(m, member, scene)) {
			kept[i] = true;
			step->kept++;
			continue;
		}
		allowance.members--;
		if (member->served)
			allowance.served--;
		m->count--;
		step->left++;
		memmove(member, member + 1,
			(size_t)(m->count - i) * sizeof(*member));
		memmove(&kept[i], &kept[i + 1],
			(size_t)(m->count - i) * sizeof(kept[0]));
	}
}

struct membership_step
membership_take(struct membership *m, const struct finding *finding,
		const struct membership_scene *scene)
{
	struct membership_step step = {.hold = judge(m, finding, scene->trust)};

	if (step.hold != MEMBERSHIP_TAKEN)
		return step;
	m->explicit_mx = !finding->implicit;
	step.missed = look(m, finding, scene, &step);
	join(m, finding, scene, &step);
	qsort(m->member, m->count, sizeof(m->member[0]), compare_members);
	note_serving(m, scene);
	leave(m, scene, &step);
	return step;
}

const char *
membership_hold_text(enum membership_hold hold)
{
	static const char *const text[] = {
		[MEMBERSHIP_TAKEN] = "taken",
		[MEMBERSHIP_NO_ANSWER] = "no answer",
		[MEMBERSHIP_NULL_MX] =
			"the domain has a null MX, so it takes no mail",
		[MEMBERSHIP_NO_MX] = "the domain has no MX any more",
		[MEMBERSHIP_NO_TARGET] = "no target is the name of a host",
		[MEMBERSHIP_NO_ADDRESS] = "no target has a usable address",
	};

	return text[hold];
}
