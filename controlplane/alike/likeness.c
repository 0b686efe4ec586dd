/* SPDX-License-Identifier: BSD-3-Clause */
#include "likeness.h"

#include <stdio.h>
#include <string.h>

#include "eventlog.h"

/* The hosts of the greetings, which members point to. */
struct hosts {
	char text[MX_CONFIG_BACKENDS_MAX][PROFILE_LINE_MAX];
};

/* Find the host in "220 mx.example.net ESMTP".  Returns NULL if there is
 * none. */
static const char *
host_of(const struct mta_profile *profile, char text[static PROFILE_LINE_MAX])
{
	const char *said = profile->phase[SMTP_BANNER].said;

	if (strncmp(said, "220", 3) != 0 || (said[3] != ' ' && said[3] != '-'))
		return NULL;
	said += 4 + strspn(said + 4, " ");
	snprintf(text, PROFILE_LINE_MAX, "%.*s", (int)strcspn(said, " "), said);
	return text[0] != '\0' ? text : NULL;
}

static struct alike_member
member_of(const struct backend *b, char host[static PROFILE_LINE_MAX])
{
	const struct mta_profile *profile = &b->profile;
	const struct profile_tls *tls = &profile->tls;
	struct alike_member member = {.name = b->name};

	if (!health_serves(&b->health) || profile->at_s == 0)
		return member;
	member.host = host_of(profile, host);
	member.ehlo = &profile->ehlo;
	if (tls->at_s == 0)
		return member;
	member.ehlo_tls = &tls->ehlo;
	member.tls_version = tls->version;
	if (tls->certificate.known) {
		member.certificate_names = tls->certificate.names;
		member.certificate_end_s = tls->certificate.end_s;
	}
	return member;
}

static uint64_t
mix(uint64_t mark, const char *text)
{
	return mark * 31 + (text == NULL ? 1 : ehlo_hash(text, strlen(text)));
}

static uint64_t
mix_ehlo(uint64_t mark, const struct ehlo *ehlo)
{
	return mark * 31 +
	       (ehlo == NULL ? 1 : ehlo->mark * 5 + ehlo->lines + ehlo->cut);
}

/* A mark of what alike_compare() looks at. */
static uint64_t
mark_of(const struct alike_member *member, uint16_t count)
{
	uint64_t mark = count + UINT64_C(1);

	for (uint16_t i = 0; i < count; i++) {
		mark = mix(mark, member[i].name);
		mark = mix(mark, member[i].host);
		mark = mix_ehlo(mark, member[i].ehlo);
		mark = mix_ehlo(mark, member[i].ehlo_tls);
		mark = mix(mark, member[i].tls_version);
		mark = mix(mark, member[i].certificate_names);
		mark = mark * 31 + (uint64_t)member[i].certificate_end_s;
	}
	return mark;
}

/* A mark of the differences; 0: there are none. */
static uint64_t
mark_of_differences(const struct alike *alike)
{
	uint64_t mark = alike->count;

	for (uint16_t i = 0; i < alike->count; i++)
		mark = mix(mark, alike->text[i]);
	return mark;
}

/* Add an event if the differences are others than those of the last one. */
static void
tell(struct likeness *likeness, int64_t now_s)
{
	const struct alike *alike = &likeness->alike;
	const uint64_t differences = mark_of_differences(alike);
	const unsigned others = alike->count + alike->more - 1u;
	char subject[MX_NAME_MAX + 8], why[ALIKE_TEXT_MAX + 48] = "",
							    more[48] = "";

	if (differences == likeness->told ||
	    (likeness->was_told && now_s - likeness->told_s < LIKENESS_TELL_S))
		return;
	snprintf(subject, sizeof(subject), "pool %s", likeness->pool);
	if (alike->count > 0 && others > 0)
		snprintf(more, sizeof(more), "; and %u more: see show pools",
			 others);
	if (alike->count > 0)
		snprintf(why, sizeof(why), "%s%s", alike->text[0], more);
	eventlog_add(&(struct eventlog_news){
		.level = alike->count > 0 ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
		.source = EVENT_PROBE,
		.subject = subject,
		.what = "MTAs",
		.before = likeness->told != 0 ? "unlike" : "alike",
		.after = alike->count > 0 ? "unlike" : "alike",
		.why = why});
	likeness->told = differences;
	likeness->told_s = now_s;
	likeness->was_told = true;
}

static void
look_at_pool(struct likeness *likeness, const struct state *state, uint16_t p,
	     int64_t now_s)
{
	/* Too large for a stack. */
	static struct hosts hosts;
	static struct alike_member member[MX_CONFIG_BACKENDS_MAX];
	const struct mx_config_pool *pool = &state->config->pool[p];

	for (uint16_t i = 0; i < pool->backend_count; i++)
		member[i] = member_of(&state->backend[state->pool[p].member[i]],
				      hosts.text[i]);
	if (strcmp(likeness->pool, pool->name) != 0) {
		memset(likeness, 0, sizeof(*likeness));
		snprintf(likeness->pool, sizeof(likeness->pool), "%s",
			 pool->name);
	}
	const uint64_t mark = mark_of(member, pool->backend_count);
	if (mark != likeness->mark)
		alike_compare(&likeness->alike, member, pool->backend_count);
	likeness->mark = mark;
	tell(likeness, now_s);
}

void
likenesses_look(struct likenesses *likenesses, const struct state *state,
		int64_t now_s)
{
	for (uint16_t p = 0; p < state->config->pool_count; p++)
		look_at_pool(&likenesses->pool[p], state, p, now_s);
}

const struct alike *
likenesses_of(const struct likenesses *likenesses, uint16_t index,
	      const char *pool)
{
	static const struct alike nothing;
	const struct likeness *likeness = &likenesses->pool[index];

	return strcmp(likeness->pool, pool) == 0 ? &likeness->alike : &nothing;
}
