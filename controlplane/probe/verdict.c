/* SPDX-License-Identifier: BSD-3-Clause */
#include "verdict.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "certwatch.h"
#include "clock.h"
#include "eventlog.h"

static_assert(REASON_COUNT <= 64, "last_check.told has a bit for each reason");

static uint64_t
bit(enum reason reason)
{
	return UINT64_C(1) << reason;
}

/* The reasons of checks that do not count. */
static uint64_t
silent_bits(void)
{
	return bit(REASON_LOCAL_FAULT) | bit(REASON_FULL) |
	       bit(REASON_RESUME_TIMEOUT);
}

/* Can a server with no free place fail a probe in this way?  A refused
 * connection does not mean a full server: the sessions of a dead server may
 * still hold every place, as long as their silent clients live. */
static bool
is_lack_of_room(enum reason reason, bool implicit_tls)
{
	/* There TLS comes before the banner. */
	if (implicit_tls &&
	    (reason == REASON_TLS_CLOSED || reason == REASON_TLS_TIMEOUT))
		return true;
	return reason == REASON_CONNECT_TIMEOUT ||
	       reason == REASON_BANNER_LATER ||
	       reason == REASON_BANNER_CLOSED ||
	       reason == REASON_BANNER_RESET || reason == REASON_BANNER_TIMEOUT;
}

/* Keep the result for `show backends`. */
static void
note(struct backend *backend, const struct probe_result *result, bool excused)
{
	struct last_check *check = &backend->check;

	check->known = true;
	check->verdict = result->verdict;
	check->took_ms = result->total_ms;
	if (result->profile != NULL)
		backend->profile = *result->profile;
	if (excused) {
		check->reason = REASON_FULL;
		snprintf(check->reply, sizeof(check->reply), "%s",
			 reason_text(result->reason));
	} else {
		check->reason = result->reason;
		memcpy(check->reply, result->text, sizeof(check->reply));
	}
}

/* before: NULL, or its health in a word before the result. */
static void
tell(const struct backend *backend, const char *before, const char *after)
{
	char subject[STATE_SUBJECT_MAX], why[256];
	const struct last_check *check = &backend->check;

	snprintf(why, sizeof(why), "%s%s%s, %.0f ms",
		 reason_text(check->reason),
		 check->reply[0] != '\0' ? ": " : "", check->reply,
		 check->took_ms);
	eventlog_add(&(struct eventlog_news){
		.level = check->verdict == VERDICT_UP ? LOG_LEVEL_INFO
						      : LOG_LEVEL_WARN,
		.source = EVENT_PROBE,
		.subject = state_subject(backend, subject),
		.before = before,
		.after = after,
		.why = why});
}

/* Take a result that says nothing about the backend. */
static void
take_nothing(struct backend *backend)
{
	const uint64_t reason = bit(backend->check.reason);
	char after[64];

	if ((backend->check.told & reason) == 0) {
		snprintf(after, sizeof(after),
			 "stays %s, its checks do not count",
			 state_health(backend));
		tell(backend, NULL, after);
	}
	backend->check.told |= reason;
}

/* before: its health in a word, before this result. */
static void
tell_step(struct backend *backend, const char *before)
{
	const char *word = state_health(backend);
	const struct last_check *check = &backend->check;
	char after[64];

	if (strcmp(word, before) != 0) {
		backend->since_s = clock_wall_s();
		tell(backend, before, word);
	} else if (check->verdict != VERDICT_UP &&
		   (check->told & bit(check->reason)) == 0) {
		snprintf(after, sizeof(after), "is %s", word);
		tell(backend, NULL, after);
	} else if (check->told & silent_bits()) {
		snprintf(after, sizeof(after), "is %s, its checks count again",
			 word);
		tell(backend, NULL, after);
	}
}

/* Step what stands beside the health, which has been stepped.  A soft backend
 * that then fails stays soft: it must pass before it gets sessions again. */
static void
step_restraints(struct backend *backend, const struct probe_result *result)
{
	const bool passes = verdict_passes(result->verdict);
	const bool is_flawed = result->reason == REASON_CERTIFICATE;

	if (passes) {
		backend->flawed = is_flawed;
		backend->degraded =
			result->verdict == VERDICT_DEGRADED && !is_flawed;
	}
	if (passes || !health_serves(&backend->health))
		backend->soft = false;
	else if (result->verdict == VERDICT_SOFT)
		backend->soft = true;
}

/* Returns true if the weight may change. */
static bool
step(struct backend *backend, const struct health_policy *policy,
     const struct probe_result *result)
{
	const bool was_soft = backend->soft, was_flawed = backend->flawed,
		   was_degraded = backend->degraded;
	const bool flipped =
		health_step(&backend->health, policy, result->verdict);

	passive_check(&backend->passive, verdict_passes(result->verdict),
		      !health_serves(&backend->health));
	step_restraints(backend, result);
	return flipped || backend->soft != was_soft ||
	       backend->flawed != was_flawed ||
	       backend->degraded != was_degraded;
}

bool
verdict_take(struct backend *backend, const struct health_policy *policy,
	     const struct probe_result *result, bool full)
{
	const char *before = state_health(backend);
	struct last_check *check = &backend->check;
	const bool excused =
		full && is_lack_of_room(result->reason, result->implicit_tls);

	note(backend, result, excused);
	certwatch_look(backend, clock_wall_s());
	if (excused || !result->counts) {
		take_nothing(backend);
		return false;
	}
	const bool changed = step(backend, policy, result);
	tell_step(backend, before);
	check->told &= ~silent_bits();
	check->told = result->verdict == VERDICT_UP
			      ? 0
			      : check->told | bit(check->reason);
	return changed;
}
