/* SPDX-License-Identifier: BSD-3-Clause */
#include "endsessions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "changereply.h"
#include "clock.h"
#include "eventlog.h"
#include "listbuild.h"
#include "plural.h"
#include "reply.h"
#include "rules.h"
#include "timer.h"

#define PAUSE_MS 1 /* between two slices */

/* The clocks of workers are not late by more. */
#define CLOCKS_MS 20

/* The first bit of an IPv4 address in ::ffff:a.b.c.d. */
#define IPV4_FIRST_BIT 96

const char *
end_sessions_text(uint64_t sessions, bool told,
		  char text[static END_SESSIONS_TEXT_MAX])
{
	if (sessions == 0)
		snprintf(text, END_SESSIONS_TEXT_MAX,
			 "there is no session now");
	else
		snprintf(text, END_SESSIONS_TEXT_MAX, "%" PRIu64 " %s%s",
			 sessions,
			 plural(sessions, "session ends", "sessions end"),
			 told ? ": both ends are reset, silent ones within a "
				"minute"
			      : "");
	return text;
}

void
end_sessions_free(struct ending *ending)
{
	struct ending **link = &ending->request.desk->endings;

	while (*link != NULL && *link != ending)
		link = &(*link)->next;
	if (*link == ending)
		*link = ending->next;
	timer_free(ending->turn);
	session_walk_end(&ending->walk);
	free(ending);
}

/* Another rule may allow a part of a prefix.  To look for the rule of each session
 * takes long. */
static bool
is_denied(const struct ending *ending, const struct session_reader *file,
	  uint32_t i)
{
	if (ending->all_denied)
		return true;
	const struct mx_addr client = session_reader_ends(file, i).client;
	const struct deny_rule *rule =
		rules_find(ending->request.desk->state, &client);

	return rule != NULL && rule->denied;
}

/* Count a session that is not over.  Most are of others. */
static void
count_session(void *arg, const struct session_reader *file, uint32_t i)
{
	struct ending *ending = arg;

	if (!mx_session_is_over(session_reader_state(file, i)) &&
	    file->session[i].opened_s <= ending->order.ended_s &&
	    session_filter_takes(&ending->filter, file, i, 0) &&
	    (!ending->order.denied || is_denied(ending, file, i)))
		ending->sessions++;
}

/* Is it a large part of all clients, whatever their backends? */
static bool
is_wide(const struct ending *ending)
{
	const struct mx_config_prefix *from = &ending->filter.from;

	return !ending->order.some &&
	       from->bits < (mx_addr_is4(&from->addr) ? LIST_WIDE4_BITS
						      : LIST_WIDE6_BITS);
}

/* All sessions were counted.  Is there anything to do?  Replies if not.  A denied
 * client may have begun a session since, until workers have the rule. */
static bool
goes_on(const struct ending *ending)
{
	const struct request *request = &ending->request;

	if (ending->order.denied)
		return true;
	if (ending->sessions == 0 && ending->one)
		reply_error(request,
			    "there is no session of %s; see show "
			    "sessions from PREFIX",
			    ending->what);
	else if (ending->sessions == 0)
		reply_message(request, "%s: there is no session now",
			      ending->what);
	else if (ending->dry_run)
		reply_message(request,
			      "nothing was changed; without --dry-run:\n"
			      "%s: %" PRIu64 " %s%s",
			      ending->what, ending->sessions,
			      plural(ending->sessions, "session ends",
				     "sessions end"),
			      is_wide(ending) && !ending->all ? ", with --all"
							      : "");
	else if (is_wide(ending) && !ending->all)
		reply_error(request,
			    "this would end %" PRIu64 " %s, of a large "
			    "part of all clients.  Nothing was changed; --all "
			    "does it all the same",
			    ending->sessions,
			    plural(ending->sessions, "session", "sessions"));
	else
		return true;
	return false;
}

/* Find room for an order.  Replies if there is none. */
static bool
find_room(const struct ending *ending)
{
	const struct desk *desk = ending->request.desk;

	if (end_orders_has_room(&desk->state->ends, &ending->order))
		return true;
	reply_error(&ending->request,
		    "%s%s%d such commands are being carried out, and there is "
		    "no room for more: ask again in %d s, or end the sessions "
		    "of a prefix that has all of the clients",
		    ending->order.denied ? ending->what : "",
		    ending->order.denied ? ", and its sessions go on: " : "",
		    MX_END_ORDERS_MAX, END_ORDER_S);
	return false;
}

/* What the event says behind the subject. */
static const char *
event_text(const struct ending *ending, char text[static END_SESSIONS_TEXT_MAX])
{
	if (ending->unknown)
		return "ends its sessions, which could not be counted";
	if (ending->sessions == 0)
		return "has no session to end";
	return end_sessions_text(ending->sessions, false, text);
}

/* Its second is over: let the data plane do it. */
static void
put_order(struct ending *ending)
{
	const struct request *request = &ending->request;
	struct desk *desk = request->desk;
	char text[END_SESSIONS_TEXT_MAX];
	char after[STATE_LABEL_MAX + END_SESSIONS_TEXT_MAX];

	if (!find_room(ending))
		return;
	end_orders_add(&desk->state->ends, &ending->order);
	snprintf(after, sizeof(after), "%s%s", event_text(ending, text),
		 ending->order.denied ? ""
				      : ending->what + strlen(ending->subject));
	eventlog_add(&(struct eventlog_news){.level = LOG_LEVEL_INFO,
					     .source = EVENT_OPERATOR,
					     .subject = ending->subject,
					     .after = after,
					     .why = ending->remark.text,
					     .by = ending->by});
	desk->changed(desk->arg);
	if (ending->unknown)
		reply_when_settled(request,
				   "%s: its sessions end; they could not be "
				   "counted",
				   ending->what);
	else
		reply_ends_when_settled(
			request, ending->sessions, "%s: %s", ending->what,
			end_sessions_text(ending->sessions, true, text));
}

/* Count on for a slice.  Returns true if it must be called again. */
static bool
count_on(struct ending *ending)
{
	enum session_walk_state state = SESSION_WALK_LOST;

	ending->all_denied = ending->order.denied &&
			     rules_deny_all(ending->request.desk->state,
					    &ending->filter.from);
	if (ending->walk.file != NULL ||
	    session_walk_begin(&ending->walk,
			       ending->request.desk->publisher) == 0)
		state = session_walk_slice(&ending->walk, count_session,
					   ending);
	if (state == SESSION_WALK_GOES_ON)
		return true;
	ending->unknown = state != SESSION_WALK_DONE;
	if (!ending->unknown || ending->order.denied)
		ending->counted = true;
	else
		reply_error(&ending->request,
			    "the data plane was restarted while its sessions "
			    "were counted, or does not run: ask again");
	return false;
}

static void
on_turn(void *arg)
{
	struct ending *ending = arg;
	const uint64_t from_ms =
		((uint64_t)ending->order.ended_s + 1) * 1000 + CLOCKS_MS;

	/* A rule is put already. */
	if (!ending->order.denied && ctl_abandoned(ending->request.ctl)) {
		reply_error(&ending->request, "nobody waits any more");
		end_sessions_free(ending);
		return;
	}
	if (!ending->counted && count_on(ending)) {
		timer_set(ending->turn, PAUSE_MS);
		return;
	}
	if (ending->counted && ending->walk.file != NULL) {
		session_walk_end(&ending->walk);
		if (!goes_on(ending))
			ending->counted = false;
	}
	if (ending->counted && clock_ms() < from_ms) {
		timer_set(ending->turn, from_ms - clock_ms());
		return;
	}
	if (ending->counted)
		put_order(ending);
	end_sessions_free(ending);
}

void
end_sessions_from(struct ending *ending, const struct mx_config_prefix *from,
		  uint16_t port_be)
{
	ending->filter.by_client = true;
	ending->filter.from = *from;
	ending->filter.port_be = port_be;
	ending->order.client = (struct mx_prefix){
		.addr = from->addr,
		.bits = (uint8_t)(from->bits + (mx_addr_is4(&from->addr)
							? IPV4_FIRST_BIT
							: 0))};
	ending->order.port_be = port_be;
}

struct ending *
end_sessions_new(const struct request *request)
{
	int under_way = 0;

	for (const struct ending *e = request->desk->endings; e != NULL;
	     e = e->next)
		under_way++;
	if (under_way >= ENDINGS_AT_ONCE) {
		reply_error(request,
			    "%d such commands count sessions now: ask again",
			    under_way);
		return NULL;
	}
	struct ending *ending = calloc(1, sizeof(*ending));
	if (ending == NULL) {
		reply_error(request, "out of memory");
		return NULL;
	}
	ending->request = *request;
	ending->order.ended_s = (uint32_t)clock_s();
	return ending;
}

bool
end_sessions_ready(struct ending *ending)
{
	ending->turn = timer_new(ending->request.desk->base, on_turn, ending);
	if (ending->turn == NULL)
		reply_error(&ending->request, "out of memory");
	if (ending->turn != NULL && find_room(ending))
		return true;
	end_sessions_free(ending);
	return false;
}

void
end_sessions_go(struct ending *ending)
{
	struct desk *desk = ending->request.desk;

	ending->next = desk->endings;
	desk->endings = ending;
	timer_set(ending->turn, 0);
}

void
end_sessions_stop(struct desk *desk)
{
	while (desk->endings != NULL) {
		struct ending *ending = desk->endings;
		/* end_sessions_free() has taken the one before out of the list. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		const bool put = ending->order.denied;

		reply_error(&ending->request,
			    "%s%sthe control plane is stopping",
			    put ? ending->what : "",
			    put ? ", and its sessions go on: " : "");
		end_sessions_free(ending);
	}
}
