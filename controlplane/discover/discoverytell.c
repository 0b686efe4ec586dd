/* SPDX-License-Identifier: BSD-3-Clause */
#include "discoverytell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "endpoint.h"
#include "eventlog.h"
#include "mtaname.h"

static void describe(char text[static DISCOVERY_TEXT_MAX], const char *format,
		     ...) __attribute__((format(printf, 2, 3)));

/* Add to a list of faults. */
static void
describe(char text[static DISCOVERY_TEXT_MAX], const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	if (used > 0)
		used += (size_t)snprintf(text + used, DISCOVERY_TEXT_MAX - used,
					 "; ");
	if (used >= DISCOVERY_TEXT_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(text + used, DISCOVERY_TEXT_MAX - used, format, arguments);
	va_end(arguments);
}

/* Why the answer changes nothing. */
static void
describe_hold(const struct discovery_pool *pool,
	      char text[static DISCOVERY_TEXT_MAX])
{
	text[0] = '\0';
	if (pool->step.hold == MEMBERSHIP_TAKEN)
		return;
	if (pool->step.hold != MEMBERSHIP_NO_ANSWER)
		describe(text, "%s", membership_hold_text(pool->step.hold));
	else if (pool->last->end > DNS_EMPTY)
		describe(text, "%s", dns_end_text(pool->last->end));
	else
		describe(text, "no answer about the address of any target");
}

/* Describe the targets that have no address, the first one by name. */
static void
describe_targets(const struct finding *finding,
		 char text[static DISCOVERY_TEXT_MAX])
{
	const struct finding_host *alias = NULL, *dangling = NULL;
	uint16_t aliases = 0, danglings = 0;

	for (uint16_t i = 0; i < finding->hosts; i++) {
		const struct finding_host *host = &finding->host[i];

		if (host->alias && !finding->implicit && aliases++ == 0)
			alias = host;
		if (!finding_has_address(finding, i) && danglings++ == 0)
			dangling = host;
	}
	if (danglings > 0)
		describe(text, "%u target%s without an address, as %.60s (%s)",
			 danglings, danglings == 1 ? "" : "s", dangling->name,
			 dns_end_text(dangling->end[0] > dangling->end[1]
					      ? dangling->end[0]
					      : dangling->end[1]));
	if (aliases > 0)
		describe(text, "%u target%s a CNAME, as %.60s (RFC 2181 10.3)",
			 aliases, aliases == 1 ? " is" : "s are", alias->name);
}

static void
describe_zone(const struct discovery_pool *pool,
	      char text[static DISCOVERY_TEXT_MAX])
{
	const struct finding *finding = pool->last;

	text[0] = '\0';
	if (finding->null_mx && finding->hosts > 0)
		describe(text, "a null MX beside others (RFC 7505 3)");
	if (finding->refused > 0)
		describe(text, "%u target%s no host name", finding->refused,
			 finding->refused == 1 ? " is" : "s are");
	if (finding->wrong > 0)
		describe(text, "%u record%s no address of %s family",
			 finding->wrong, finding->wrong == 1 ? " is" : "s are",
			 finding->wrong == 1 ? "its" : "their");
	if (finding->cut > 0 || pool->step.no_place > 0)
		describe(text, "%u records over a limit",
			 finding->cut + pool->step.no_place);
	if (pool->refused > 0)
		describe(text, "%u address%s not taken, as %s", pool->refused,
			 pool->refused == 1 ? "" : "es", pool->refusal);
	describe_targets(finding, text);
	if (pool->step.kept > 0)
		describe(text, "%u that left DNS stay for now",
			 pool->step.kept);
}

void
discoverytell_answer(struct discovery_pool *pool)
{
	char held[DISCOVERY_TEXT_MAX], notes[DISCOVERY_TEXT_MAX];
	const char *mx = pool->config.mx;
	char subject[MX_NAME_MAX + 8];

	describe_hold(pool, held);
	describe_zone(pool, notes);
	snprintf(subject, sizeof(subject), "pool %s", pool->pool);
	if (held[0] != '\0' && strcmp(held, pool->held) != 0)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_DNS, subject,
			      "stays as it is, with %u MTAs by dns: DNS for "
			      "%s: %s",
			      pool->members.count, mx, held);
	else if (held[0] == '\0' && pool->held[0] != '\0')
		eventlog_tell(LOG_LEVEL_INFO, EVENT_DNS, subject,
			      "follows DNS again: DNS for %s answers", mx);
	if (notes[0] != '\0' && strcmp(notes, pool->notes) != 0)
		eventlog_tell(LOG_LEVEL_WARN, EVENT_DNS, subject,
			      "DNS for %s: %s", mx, notes);
	memcpy(pool->held, held, sizeof(held));
	memcpy(pool->notes, notes, sizeof(notes));
}

/* Tell of a member that one list has and the other one has not. */
static void
tell_member(const struct discovery_pool *pool, const struct member *member,
	    const char *verb)
{
	char name[MX_NAME_MAX], address[MX_ENDPOINT_TEXT_MAX];
	char subject[2 * MX_NAME_MAX + 16], why[MX_HOSTNAME_MAX + 96];

	mtaname_of(member, name);
	snprintf(subject, sizeof(subject), "backend %s/%s", pool->pool, name);
	snprintf(why, sizeof(why), "%s (%s), preference %u", member->host,
		 mx_addr_format(&member->addr, address), member->preference);
	eventlog_add(&(struct eventlog_news){.level = LOG_LEVEL_INFO,
					     .source = EVENT_DNS,
					     .subject = subject,
					     .after = verb,
					     .why = why,
					     .by = "dns"});
}

static void
tell_difference(const struct discovery_pool *pool, const struct membership *has,
		const struct membership *lacks, const char *verb)
{
	for (uint16_t i = 0; i < has->count; i++)
		if (!membership_has(lacks, &has->member[i].addr))
			tell_member(pool, &has->member[i], verb);
}

void
discoverytell_members(const struct discovery_pool *pool,
		      const struct membership *before)
{
	tell_difference(pool, &pool->members, before, "joins");
	tell_difference(pool, before, &pool->members, "leaves");
}
