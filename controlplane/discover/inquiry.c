/* SPDX-License-Identifier: BSD-3-Clause */
#include "inquiry.h"

#include <stdlib.h>
#include <string.h>

#include "timer.h"

/* A question for the addresses of a target. */
struct question {
	struct inquiry *inquiry;
	uint16_t host;
	uint8_t family;
};

struct inquiry {
	struct resolver *resolver;
	char domain[MX_HOSTNAME_MAX];
	bool family[2];
	void (*done)(void *arg, const struct finding *finding);
	void *arg;
	struct timer *limit;
	struct timer *end; /* so that done() is called by the event loop */
	struct finding finding;
	uint32_t next;      /* the question to ask next */
	uint32_t questions; /* about addresses */
	uint32_t under_way;
	bool asking; /* a question is being asked: see ask_on() */
	bool ended;
	struct question question[2 * DNS_TARGETS_MAX];
	/* Indexed by question, until all have answers.  So the addresses have the
	 * order of the questions. */
	struct dns_addresses found[2 * DNS_TARGETS_MAX];
};

/* Put the addresses into the finding, the best target's first. */
static void
collect(struct inquiry *inquiry)
{
	struct finding *finding = &inquiry->finding;

	for (uint32_t q = 0; q < inquiry->questions; q++) {
		const struct question *question = &inquiry->question[q];
		const struct dns_addresses *found = &inquiry->found[q];
		struct finding_host *host = &finding->host[question->host];

		host->end[question->family] = found->end;
		host->alias |= found->alias;
		finding->cut += found->cut;
		finding->wrong += found->refused;
		if (found->end == DNS_ANSWERED && found->ttl_s < finding->ttl_s)
			finding->ttl_s = found->ttl_s;
		for (uint16_t i = 0; i < found->count; i++) {
			if (finding->addresses == FINDING_ADDRESSES_MAX) {
				finding->cut++;
				continue;
			}
			finding->address[finding->addresses++] =
				(struct finding_address){found->addr[i],
							 question->host};
		}
	}
}

/* Not at once: c-ares may be calling. */
static void
end_soon(struct inquiry *inquiry)
{
	timer_fire_now(inquiry->end);
}

static void
on_end(void *arg)
{
	struct inquiry *inquiry = arg;

	if (inquiry->ended)
		return;
	inquiry->ended = true;
	collect(inquiry);
	inquiry->done(inquiry->arg, &inquiry->finding);
}

static void
on_limit(void *arg)
{
	struct inquiry *inquiry = arg;

	/* What comes from now on is not wanted. */
	inquiry->next = inquiry->questions;
	end_soon(inquiry);
}

static void ask_on(struct inquiry *inquiry);

static void
on_addresses(void *arg, enum dns_end end, const uint8_t *bytes, size_t size)
{
	const struct question *question = arg;
	struct inquiry *inquiry = question->inquiry;
	struct dns_addresses *found =
		&inquiry->found[question - inquiry->question];

	if (end == DNS_ANSWERED)
		dns_read_addresses(
			bytes, size, inquiry->finding.host[question->host].name,
			question->family == 0 ? DNS_A : DNS_AAAA, found);
	else
		*found = (struct dns_addresses){.end = end};
	inquiry->under_way--;
	ask_on(inquiry);
}

/* Ask as many questions as may be under way.  An answer may come before
 * resolver_ask() returns; then it is the loop here that goes on. */
static void
ask_on(struct inquiry *inquiry)
{
	if (inquiry->asking)
		return;
	inquiry->asking = true;
	while (inquiry->next < inquiry->questions &&
	       inquiry->under_way < INQUIRY_AT_ONCE) {
		struct question *question = &inquiry->question[inquiry->next++];

		inquiry->under_way++;
		resolver_ask(inquiry->resolver,
			     inquiry->finding.host[question->host].name,
			     question->family == 0 ? DNS_A : DNS_AAAA,
			     on_addresses, question);
	}
	inquiry->asking = false;
	if (inquiry->under_way == 0)
		end_soon(inquiry);
}

/* A question for each target and family that is wanted.  Until its answer is
 * there, it counts as silent. */
static void
ask_for_addresses(struct inquiry *inquiry)
{
	struct finding *finding = &inquiry->finding;

	for (uint16_t h = 0; h < finding->hosts; h++)
		for (uint8_t family = 0; family < 2; family++) {
			finding->host[h].end[family] = DNS_EMPTY;
			if (!inquiry->family[family])
				continue;
			inquiry->question[inquiry->questions] =
				(struct question){inquiry, h, family};
			inquiry->found[inquiry->questions].end = DNS_SILENT;
			inquiry->questions++;
		}
	ask_on(inquiry);
}

static void
add_host(struct finding *finding, const char name[static MX_HOSTNAME_MAX],
	 uint16_t preference)
{
	struct finding_host *host = &finding->host[finding->hosts++];

	memcpy(host->name, name, sizeof(host->name));
	host->preference = preference;
}

static void
take_targets(struct finding *finding, const struct dns_mx *mx,
	     const char domain[static MX_HOSTNAME_MAX])
{
	finding->end = mx->end;
	finding->null_mx = mx->null_mx;
	finding->refused = mx->refused;
	finding->cut = mx->cut;
	finding->ttl_s = mx->end == DNS_ANSWERED ? mx->ttl_s : UINT32_MAX;
	finding->implicit = mx->end == DNS_EMPTY;
	if (finding->implicit)
		add_host(finding, domain, 0);
	for (uint16_t i = 0; i < mx->count; i++)
		add_host(finding, mx->target[i].host, mx->target[i].preference);
}

static void
on_targets(void *arg, enum dns_end end, const uint8_t *bytes, size_t size)
{
	struct inquiry *inquiry = arg;
	struct dns_mx *mx = calloc(1, sizeof(*mx));

	if (end != DNS_ANSWERED || mx == NULL) {
		inquiry->finding.end = mx == NULL ? DNS_OTHER : end;
	} else {
		dns_read_mx(bytes, size, inquiry->domain, mx);
		take_targets(&inquiry->finding, mx, inquiry->domain);
	}
	free(mx);
	ask_for_addresses(inquiry);
}

struct inquiry *
inquiry_new(struct event_base *base, const struct inquiry_task *task,
	    void (*done)(void *arg, const struct finding *finding), void *arg)
{
	struct inquiry *inquiry = calloc(1, sizeof(*inquiry));

	if (inquiry == NULL)
		return NULL;
	strncpy(inquiry->domain, task->domain, sizeof(inquiry->domain) - 1);
	memcpy(inquiry->family, task->family, sizeof(inquiry->family));
	inquiry->done = done;
	inquiry->arg = arg;
	inquiry->finding.end = DNS_SILENT;
	inquiry->limit = timer_new(base, on_limit, inquiry);
	inquiry->end = timer_new(base, on_end, inquiry);
	inquiry->resolver =
		resolver_new(base, task->server, task->servers, task->turn);
	if (inquiry->limit == NULL || inquiry->end == NULL ||
	    inquiry->resolver == NULL) {
		inquiry_free(inquiry);
		return NULL;
	}
	timer_set(inquiry->limit, INQUIRY_MS);
	resolver_ask(inquiry->resolver, inquiry->domain, DNS_MX, on_targets,
		     inquiry);
	return inquiry;
}

void
inquiry_free(struct inquiry *inquiry)
{
	if (inquiry == NULL)
		return;
	resolver_free(inquiry->resolver);
	timer_free(inquiry->end);
	timer_free(inquiry->limit);
	free(inquiry);
}

void
inquiry_servers(const struct inquiry *inquiry,
		char text[static RESOLVER_TEXT_MAX])
{
	resolver_text(inquiry->resolver, text);
}
