/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes whose results the test chooses, and when they come. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "plane.h"
#include "probe.h"

struct probe {
	struct mx_endpoint endpoint;
	void (*done)(void *arg, const struct probe_result *result);
	void *arg;
	uint32_t hastened;
	struct probe *next;
};

static struct probe *first;
static uint32_t started;

struct probe *
probe_new(struct probes *probes, const struct attempt_task *task,
	  void (*done)(void *arg, const struct probe_result *result), void *arg)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	(void)probes;
	*probe = (struct probe){.endpoint = task->endpoint,
				.done = done,
				.arg = arg,
				.next = first};
	first = probe;
	started++;
	return probe;
}

void
probe_free(struct probe *probe)
{
	if (probe == NULL)
		return;
	struct probe **link = &first;
	while (*link != probe)
		link = &(*link)->next;
	*link = probe->next;
	free(probe);
}

void
probe_in_doubt(struct probe *probe, bool in_doubt)
{
	(void)probe, (void)in_doubt;
}

void
probe_now(struct probe *probe)
{
	probe->hastened++;
}

uint32_t
fakeprobe_started(void)
{
	return started;
}

uint32_t
fakeprobe_count(void)
{
	uint32_t count = 0;

	for (const struct probe *probe = first; probe; probe = probe->next)
		count++;
	return count;
}

static const struct probe *
find(const char *address)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	for (const struct probe *probe = first; probe; probe = probe->next)
		if (strcmp(mx_endpoint_format(&probe->endpoint, text),
			   address) == 0)
			return probe;
	ck_abort_msg("no probe of %s", address);
	return NULL;
}

void
fakeprobe_result(const char *address, bool passed)
{
	fakeprobe_end(address, passed ? REASON_OK : REASON_BANNER_REFUSED);
}

void
fakeprobe_end(const char *address, enum reason reason)
{
	fakeprobe_found(address, reason, NULL);
}

/* The phases that have a time. */
static uint16_t
phases_of(const struct mta_profile *profile)
{
	uint16_t phases = 0;

	for (int phase = 0; profile != NULL && phase < SMTP_PHASES; phase++)
		if (profile->phase[phase].at_s != 0)
			phases |= (uint16_t)(1u << phase);
	return phases;
}

void
fakeprobe_found(const char *address, enum reason reason,
		const struct mta_profile *profile)
{
	const struct probe_result result = {
		.verdict = reason_verdict(reason),
		.counts = reason_kind(reason) != REASON_SAYS_NOTHING,
		.reason = reason,
		.text = "what the \x1b[31m server said",
		.total_ms = 12,
		.phases = phases_of(profile),
		.profile = profile,
	};
	const struct probe *probe = find(address);

	probe->done(probe->arg, &result);
}

uint32_t
fakeprobe_hastened(const char *address)
{
	return find(address)->hastened;
}
