/* SPDX-License-Identifier: BSD-3-Clause */
#include "wait.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "emptying.h"
#include "number.h"
#include "peerwatch.h"
#include "plural.h"
#include "reply.h"
#include "targets.h"
#include "timer.h"

#define WAIT_SECONDS_MAX 86400
#define LOOK_INTERVAL_MS 100
#define PROGRESS_INTERVAL_S 2
/* When the limit is over, the look that confirms gets so much more time. */
#define CONFIRM_S 2
/* A peer has been told of all sessions that are older than this. */
#define TAUGHT_S 3

/* Backends are drained when one look finds all of them empty and the next look
 * finds that no session began in between.  A box of a group is drained, too, when
 * another box could carry all of its sessions on. */
struct wait {
	struct request request;
	char target[STATE_LABEL_MAX]; /* as it was typed */
	struct emptying emptying;
	uint32_t seconds;
	int64_t until_s;
	int64_t progress_s; /* when progress is told next */
	bool empty;         /* the last look found nothing that is missing */
	uint64_t opened;
	uint64_t older;   /* sessions that had begun at steady_s */
	int64_t steady_s; /* since then none has */
	uint64_t heartbeat;
	struct timer *look;
	struct wait *next;
};

static void
wait_free(struct wait *wait)
{
	struct wait **link = &wait->request.desk->waits;

	while (*link != NULL && *link != wait)
		link = &(*link)->next;
	if (*link == wait)
		*link = wait->next;
	timer_free(wait->look);
	emptying_end(&wait->emptying);
	free(wait);
}

/* Has no session begun since the last look, and does the data plane still
 * count? */
static bool
is_drained(struct wait *wait, const struct emptying_tally *tally)
{
	const struct mx_region *region =
		publisher_region(wait->request.desk->publisher);
	const uint64_t heartbeat = atomic_load_explicit(&region->ack.heartbeat,
							memory_order_relaxed);

	if (wait->empty && wait->opened == tally->opened)
		return wait->heartbeat != heartbeat;
	wait->empty = true;
	wait->opened = tally->opened;
	wait->heartbeat = heartbeat;
	return false;
}

/* The other box that could carry all sessions of this one on, or 0. */
static uint16_t
pupil_of(struct wait *wait, const struct emptying_tally *tally)
{
	const struct desk *desk = wait->request.desk;

	if (wait->steady_s == 0 || wait->older != tally->opened) {
		wait->older = tally->opened;
		wait->steady_s = clock_s();
	}
	if (!wait->emptying.box || tally->ready || tally->serves ||
	    tally->half_open > 0 || !publisher_in_force(desk->publisher) ||
	    clock_s() - wait->steady_s < TAUGHT_S)
		return 0;
	return peerwatch_pupil(desk->sources.peers, tally->sessions);
}

/* Write what is left: "12 sessions left, 3 of them of TLS".  "": nothing is. */
static void
write_left(const struct emptying_tally *tally, char *text, size_t size)
{
	text[0] = '\0';
	if (tally->sealed > 0)
		snprintf(text, size,
			 "%" PRIu64 " %s left, %" PRIu64 " of them of TLS",
			 tally->sessions,
			 plural(tally->sessions, "session", "sessions"),
			 tally->sealed);
	else if (tally->sessions > 0)
		snprintf(text, size, "%" PRIu64 " %s left", tally->sessions,
			 plural(tally->sessions, "session", "sessions"));
	else if (tally->half_open > 0)
		snprintf(text, size, "%" PRIu64 " %s under way",
			 tally->half_open,
			 plural(tally->half_open, "handshake", "handshakes"));
}

/* Tell all that is missing. */
static void
reply_late(const struct wait *wait, const struct emptying_tally *tally)
{
	const struct publish_outcome outcome =
		publisher_outcome(wait->request.desk->publisher);
	char left[96], text[OUTCOME_TEXT_MAX], names[EMPTYING_TEXT_MAX] = "";
	const char *obstacle = "";

	if (!outcome_in_force(&outcome))
		obstacle = outcome_obstacle(&outcome, text);
	write_left(tally, left, sizeof(left));
	if (wait->empty)
		snprintf(left, sizeof(left), "sessions still begin");
	else if (wait->emptying.names > 1)
		emptying_text(&wait->emptying, names);
	reply_error(
		&wait->request, "%s is not drained after %u %s%s%s%s%s%s%s%s%s",
		wait->target, wait->seconds,
		plural(wait->seconds, "second", "seconds"),
		left[0] != '\0' ? ": " : "", left, names[0] != '\0' ? " (" : "",
		names, names[0] != '\0' ? ")" : "",
		!tally->ready   ? ""
		: tally->serves ? "; it is ready and takes new ones: drain it"
				: "; it is ready, and may take new ones again: "
				  "drain it",
		*obstacle != '\0' ? "; the drain is not in force: " : "",
		obstacle);
}

/* Tell a person how it goes on. */
static void
tell_progress(struct wait *wait, const struct emptying_tally *tally)
{
	char left[96], text[256];

	if (!wait->request.progress || clock_s() < wait->progress_s)
		return;
	wait->progress_s = clock_s() + PROGRESS_INTERVAL_S;
	write_left(tally, left, sizeof(left));
	snprintf(text, sizeof(text), "%s: %s%s; %" PRId64 " s of %u s",
		 wait->target,
		 left[0] != '\0' ? left
		 : tally->ready  ? "no session now"
				: "no session left, waiting for the data plane",
		 tally->ready ? ", but it is ready and takes new ones" : "",
		 wait->seconds - (wait->until_s - clock_s()), wait->seconds);
	ctl_progress(wait->request.ctl, text, strlen(text));
}

/* Answer if there is an answer now.  Returns whether there was. */
static bool
wait_answered(struct wait *wait)
{
	const struct emptying_tally tally = emptying_look(&wait->emptying);

	if (ctl_abandoned(wait->request.ctl)) {
		reply_error(&wait->request, "nobody waits any more");
		return true;
	}
	if (!tally.known) {
		reply_error(&wait->request, "%s left the configuration",
			    wait->target);
		return true;
	}
	const bool empty = emptying_is_done(&wait->emptying, &tally);
	if (empty && is_drained(wait, &tally)) {
		reply_message(&wait->request, "%s is drained", wait->target);
		return true;
	}
	wait->empty = empty;
	const uint16_t pupil = pupil_of(wait, &tally);
	if (tally.sessions > 0 && pupil != 0) {
		reply_message(&wait->request,
			      "box is drained: box %u has its %" PRIu64
			      " %s, and carries on those that it gets",
			      pupil, tally.sessions,
			      plural(tally.sessions, "session", "sessions"));
		return true;
	}
	if (clock_s() < wait->until_s + (empty ? CONFIRM_S : 0)) {
		tell_progress(wait, &tally);
		return false;
	}
	reply_late(wait, &tally);
	return true;
}

static void
on_look(void *arg)
{
	struct wait *wait = arg;

	if (wait_answered(wait))
		wait_free(wait);
}

/* Name the backends that are waited for.  One that left the file may still have
 * sessions.  Returns 0; -ENOENT if there is none; or -ENOMEM. */
static int
name_backends(struct wait *wait, const char *text)
{
	const struct desk *desk = wait->request.desk;
	uint16_t ids[MX_BACKENDS_MAX];
	char label[STATE_LABEL_MAX];
	struct targets targets = {.count = 0};
	const bool box = strcmp(text, "box") == 0;

	if (!box &&
	    !targets_find(desk->state, desk->applier->discovery, text,
			  &targets) &&
	    (targets_are_many(text) || state_ids(desk->state, text, ids) == 0))
		return -ENOENT;
	if (emptying_begin(&wait->emptying, desk->state, desk->publisher,
			   targets.count > 0 ? targets.count : 1) != 0)
		return -ENOMEM;
	if (box)
		emptying_add_box(&wait->emptying);
	else if (targets.count == 0)
		emptying_add(&wait->emptying, text);
	for (uint16_t i = 0; i < targets.count; i++)
		emptying_add(&wait->emptying,
			     state_label(&desk->state->backend[targets.id[i]],
					 label));
	return 0;
}

/* Returns a wait that looks, or NULL after a reply. */
static struct wait *
wait_new(const struct request *request, const char *text, uint32_t seconds)
{
	struct wait *wait = calloc(1, sizeof(*wait));
	int error = -ENOMEM;

	if (wait != NULL) {
		wait->request = *request;
		wait->seconds = seconds;
		wait->until_s = clock_s() + seconds;
		wait->progress_s = clock_s() + 1;
		strncat(wait->target, text, sizeof(wait->target) - 1);
		error = name_backends(wait, text);
		wait->look = timer_new(request->desk->base, on_look, wait);
	}
	if (error == 0 && wait->look != NULL &&
	    timer_repeat(wait->look, LOOK_INTERVAL_MS) == 0)
		return wait;
	if (error == -ENOENT)
		reply_no_backend(request, text);
	else
		reply_error(request, "not enough memory to wait");
	if (wait != NULL)
		wait_free(wait);
	return NULL;
}

void
command_wait(const struct request *request, const struct arguments *arguments)
{
	uint32_t seconds;

	if (!number_parse(arguments_get(arguments, "SECONDS"), WAIT_SECONDS_MAX,
			  &seconds)) {
		reply_usage(request,
			    "expected: wait SECONDS drained "
			    "POOL/BACKEND|@HOST|box, SECONDS up to %d",
			    WAIT_SECONDS_MAX);
		return;
	}
	struct wait *wait = wait_new(
		request, arguments_get(arguments, "POOL/BACKEND|@HOST|box"),
		seconds);
	if (wait == NULL)
		return;
	wait->next = request->desk->waits;
	request->desk->waits = wait;
	timer_fire_now(wait->look);
}

void
waits_end(struct desk *desk)
{
	while (desk->waits != NULL) {
		struct wait *wait = desk->waits;
		reply_error(&wait->request, "the control plane is stopping");
		/* It takes itself out of the list. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		wait_free(wait);
	}
}
