/* SPDX-License-Identifier: BSD-3-Clause */
#include "verdict.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

static_assert(REASON_COUNT <= 32, "last_check.told has a bit for each reason");

static uint32_t
bit(enum reason reason)
{
	return UINT32_C(1) << reason;
}

/* Can a server with no free place fail a probe in this way?  A refused
 * connection does not mean a full server: the sessions of a dead server may
 * still hold every place, as long as their silent clients live. */
static bool
is_lack_of_room(enum reason reason)
{
	return reason == REASON_CONNECT_TIMEOUT ||
	       reason == REASON_BANNER_LATER ||
	       reason == REASON_BANNER_CLOSED ||
	       reason == REASON_BANNER_RESET || reason == REASON_BANNER_TIMEOUT;
}

/* Keep the result for `show backends`. */
static void
note(struct last_check *check, const struct probe_result *result, bool excused)
{
	check->known = true;
	check->passed = result->passed;
	check->took_ms = result->total_ms;
	if (excused) {
		check->reason = REASON_FULL;
		snprintf(check->reply, sizeof(check->reply), "%s",
			 reason_text(result->reason));
	} else {
		check->reason = result->reason;
		memcpy(check->reply, result->text, sizeof(check->reply));
	}
}

static void
log_check(const struct backend *backend, const char *what)
{
	char label[STATE_LABEL_MAX];
	const struct last_check *check = &backend->check;

	log_line(check->passed ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
		 "backend %s %s, %s%s%s, %.0f ms", state_label(backend, label),
		 what, reason_text(check->reason),
		 check->reply[0] != '\0' ? ": " : "", check->reply,
		 check->took_ms);
}

/* Take a result that says nothing about the backend. */
static void
take_nothing(struct backend *backend)
{
	const uint32_t reason = bit(backend->check.reason);
	char what[64];

	if ((backend->check.told & reason) == 0) {
		snprintf(what, sizeof(what),
			 "stays %s, its checks do not count",
			 health_name(backend->health.state));
		log_check(backend, what);
	}
	backend->check.told |= reason;
}

static void
log_step(const struct backend *backend, enum health_state before)
{
	const enum health_state after = backend->health.state;
	const struct last_check *check = &backend->check;
	const uint32_t silent = bit(REASON_LOCAL_FAULT) | bit(REASON_FULL);
	char what[64];

	if (after != before) {
		snprintf(what, sizeof(what), "%s -> %s", health_name(before),
			 health_name(after));
		log_check(backend, what);
	} else if (!check->passed && (check->told & bit(check->reason)) == 0) {
		snprintf(what, sizeof(what), "is %s", health_name(after));
		log_check(backend, what);
	} else if (check->told & silent) {
		snprintf(what, sizeof(what), "is %s, its checks count again",
			 health_name(after));
		log_check(backend, what);
	}
}

bool
verdict_take(struct backend *backend, const struct health_policy *policy,
	     const struct probe_result *result, bool full)
{
	const enum health_state before = backend->health.state;
	struct last_check *check = &backend->check;
	const bool excused = full && is_lack_of_room(result->reason);

	note(check, result, excused);
	if (excused || !result->counts) {
		take_nothing(backend);
		return false;
	}
	const bool flipped =
		health_step(&backend->health, policy, result->passed);
	log_step(backend, before);
	check->told &= ~(bit(REASON_LOCAL_FAULT) | bit(REASON_FULL));
	check->told = result->passed ? 0 : check->told | bit(check->reason);
	return flipped;
}
