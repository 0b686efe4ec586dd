/* SPDX-License-Identifier: BSD-3-Clause */
#include "wait.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "number.h"
#include "reply.h"
#include "timer.h"
#include "traffic.h"

#define WAIT_SECONDS_MAX 86400
#define LOOK_INTERVAL_MS 100
/* When the limit is over, the look that confirms gets so much more time. */
#define CONFIRM_S 2

/* A backend is drained when one look finds it empty and the next look finds
 * that no session began in between. */
struct wait {
	struct request request;
	char label[STATE_LABEL_MAX];
	uint32_t seconds;
	int64_t until_s;
	bool empty; /* the last look found nothing that is missing */
	uint64_t opened;
	uint64_t heartbeat;
	struct timer *look;
	struct wait *next;
};

/* What a look has found.  Each count is the sum over all ids of the label. */
struct tally {
	bool known;  /* there is such an id */
	bool ready;  /* the operator lets it take new sessions */
	bool serves; /* the last plan gives it new sessions */
	uint64_t sessions;
	uint64_t sealed;    /* of them: of TLS, which nobody else ends */
	uint64_t half_open; /* handshakes that may become sessions yet */
	uint64_t opened;
};

static void
wait_free(struct wait *wait)
{
	struct wait **link = &wait->request.desk->waits;

	while (*link != wait)
		link = &(*link)->next;
	*link = wait->next;
	timer_free(wait->look);
	free(wait);
}

static struct tally
take_tally(const struct wait *wait)
{
	const struct desk *desk = wait->request.desk;
	const struct mx_region *region = publisher_region(desk->publisher);
	const struct mx_plan *plan = publisher_plan(desk->publisher);
	uint16_t ids[MX_BACKENDS_MAX];
	const uint16_t count_of_ids = state_ids(desk->state, wait->label, ids);
	struct tally tally = {.known = count_of_ids > 0};

	for (uint16_t i = 0; i < count_of_ids; i++) {
		const uint16_t id = ids[i];
		const struct backend *b = &desk->state->backend[id];
		tally.ready |=
			b->config != NULL && b->override.admin == ADMIN_READY;
		tally.serves |= plan != NULL && plan->backend[id].serves;
		if (region == NULL)
			continue;
		const struct mx_flow_count count = traffic_backend(region, id);
		tally.sessions += traffic_sessions(&count);
		tally.sealed += count.sealed;
		tally.half_open += traffic_half_open(&count);
		tally.opened += count.opened;
	}
	return tally;
}

/* Is the backend safe to reboot, as far as one look can tell? */
static bool
is_empty(const struct desk *desk, const struct tally *tally)
{
	return !tally->ready && !tally->serves && tally->sessions == 0 &&
	       tally->half_open == 0 && publisher_in_force(desk->publisher);
}

/* Has no session begun since the last look, and does the data plane still
 * count? */
static bool
is_drained(struct wait *wait, const struct tally *tally)
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

/* Tell all that is missing. */
static void
reply_late(const struct wait *wait, const struct tally *tally)
{
	const struct publish_outcome outcome =
		publisher_outcome(wait->request.desk->publisher);
	char left[96] = "";
	char text[OUTCOME_TEXT_MAX];
	const char *obstacle = "";

	if (!outcome_in_force(&outcome))
		obstacle = outcome_obstacle(&outcome, text);
	if (wait->empty)
		snprintf(left, sizeof(left), ": sessions still begin");
	else if (tally->sealed > 0)
		snprintf(left, sizeof(left),
			 ": %" PRIu64 " sessions left, %" PRIu64
			 " of them of TLS",
			 tally->sessions, tally->sealed);
	else if (tally->sessions > 0)
		snprintf(left, sizeof(left), ": %" PRIu64 " sessions left",
			 tally->sessions);
	else if (tally->half_open > 0)
		snprintf(left, sizeof(left),
			 ": %" PRIu64 " handshakes under way",
			 tally->half_open);
	reply_error(
		&wait->request, "%s is not drained after %u seconds%s%s%s%s",
		wait->label, wait->seconds, left,
		!tally->ready   ? ""
		: tally->serves ? "; it is ready and takes new ones: drain it"
				: "; it is ready, and may take new ones again: "
				  "drain it",
		*obstacle != '\0' ? "; the drain is not in force: " : "",
		obstacle);
}

/* Answer if there is an answer now.  Returns whether there was. */
static bool
wait_answered(struct wait *wait)
{
	const struct desk *desk = wait->request.desk;
	const struct tally tally = take_tally(wait);

	if (ctl_abandoned(wait->request.ctl)) {
		reply_error(&wait->request, "nobody waits any more");
		return true;
	}
	if (!tally.known) {
		reply_error(&wait->request, "%s left the configuration",
			    wait->label);
		return true;
	}
	const bool empty = is_empty(desk, &tally);
	if (empty && is_drained(wait, &tally)) {
		reply_message(&wait->request, "%s is drained", wait->label);
		return true;
	}
	wait->empty = empty;
	if (clock_s() < wait->until_s + (empty ? CONFIRM_S : 0))
		return false;
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

void
command_wait(const struct request *request, int argc, char **argv)
{
	uint16_t ids[MX_BACKENDS_MAX];
	uint32_t seconds;

	(void)argc;
	if (!number_parse(argv[0], WAIT_SECONDS_MAX, &seconds) ||
	    strcmp(argv[1], "drained") != 0) {
		reply_usage(request,
			    "expected: wait SECONDS drained POOL/BACKEND, "
			    "SECONDS up to %d",
			    WAIT_SECONDS_MAX);
		return;
	}
	if (state_ids(request->desk->state, argv[2], ids) == 0) {
		reply_no_backend(request, argv[2]);
		return;
	}
	struct wait *wait = calloc(1, sizeof(*wait));
	if (wait == NULL) {
		reply_error(request, "not enough memory to wait");
		return;
	}
	wait->request = *request;
	wait->seconds = seconds;
	wait->until_s = clock_s() + seconds;
	strncat(wait->label, argv[2], sizeof(wait->label) - 1);
	wait->look = timer_new(request->desk->base, on_look, wait);
	if (wait->look == NULL ||
	    timer_repeat(wait->look, LOOK_INTERVAL_MS) < 0) {
		reply_error(request, "not enough memory to wait");
		timer_free(wait->look);
		free(wait);
		return;
	}
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
