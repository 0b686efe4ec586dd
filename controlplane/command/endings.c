/* SPDX-License-Identifier: BSD-3-Clause */
#include "endings.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "changereply.h"
#include "clock.h"
#include "endpoint.h"
#include "eventlog.h"
#include "listbuild.h"
#include "number.h"
#include "plural.h"
#include "prefix.h"
#include "reply.h"
#include "rules.h"
#include "sessionfilter.h"
#include "sessionwalk.h"
#include "targets.h"
#include "timer.h"
#include "wishing.h"

#define PAUSE_MS 1 /* between two slices */

/* The clocks of workers are not late by more. */
#define CLOCKS_MS 20

/* The first bit of an IPv4 address in ::ffff:a.b.c.d. */
#define IPV4_FIRST_BIT 96

#define WHAT_MAX (MX_PREFIX_TEXT_MAX + STATE_LABEL_MAX + 32)
#define SENT_TO "both ends are reset, silent ones within a minute"

/* A command about clients that is under way. */
struct ending {
	struct request request;
	struct session_walk walk;
	struct session_filter filter; /* which sessions are counted */
	struct mx_end_order order;    /* the same, for the data plane */
	char subject[MX_PREFIX_TEXT_MAX];
	char what[WHAT_MAX]; /* the subject, and the backends */
	struct remark remark;
	uint64_t sessions; /* that it ends */
	bool counted;
	bool all; /* a large part of all clients is meant */
	bool one; /* there must be a session */
	bool dry_run;
	struct timer *turn;
	struct ending *next;
};

static void
ending_free(struct ending *ending)
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

/* Count a session that is not over.  Most are of others. */
static void
count_session(void *arg, const struct session_reader *file, uint32_t i)
{
	struct ending *ending = arg;

	if (!mx_session_is_over(session_reader_state(file, i)) &&
	    file->session[i].opened_s <= ending->order.ended_s &&
	    session_filter_takes(&ending->filter, file, i, 0))
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

/* All sessions were counted.  Is there anything to do?  Replies if not. */
static bool
goes_on(const struct ending *ending)
{
	const struct request *request = &ending->request;

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

static bool
has_room(const struct ending *ending)
{
	const struct desk *desk = ending->request.desk;

	if (end_orders_has_room(&desk->state->ends, &ending->order))
		return true;
	reply_error(&ending->request,
		    "%d such commands are being carried out, and there is no "
		    "room for more: ask again in %d s, or end the sessions of "
		    "a prefix that has all of the clients",
		    MX_END_ORDERS_MAX, END_ORDER_S);
	return false;
}

/* Its second is over: let the data plane do it. */
static void
put_order(struct ending *ending)
{
	const struct request *request = &ending->request;
	struct desk *desk = request->desk;
	char who[NOTE_WHO_MAX], by[NOTE_WHO_MAX + 16],
		after[STATE_LABEL_MAX + 64];

	if (!has_room(ending))
		return;
	end_orders_add(&desk->state->ends, &ending->order);
	snprintf(by, sizeof(by), "command of %s", wishing_who(request, who));
	snprintf(after, sizeof(after), "%" PRIu64 " %s%s", ending->sessions,
		 plural(ending->sessions, "session ends", "sessions end"),
		 ending->what + strlen(ending->subject));
	eventlog_add(&(struct eventlog_news){.level = LOG_LEVEL_INFO,
					     .source = EVENT_OPERATOR,
					     .subject = ending->subject,
					     .after = after,
					     .why = ending->remark.text,
					     .by = by});
	desk->changed(desk->arg);
	reply_ends_when_settled(
		request, ending->sessions, "%s: %" PRIu64 " %s: " SENT_TO,
		ending->what, ending->sessions,
		plural(ending->sessions, "session ends", "sessions end"));
}

/* Count on for a slice.  Returns true if it must be called again. */
static bool
count_on(struct ending *ending)
{
	enum session_walk_state state = SESSION_WALK_LOST;

	if (ending->walk.file != NULL ||
	    session_walk_begin(&ending->walk,
			       ending->request.desk->publisher) == 0)
		state = session_walk_slice(&ending->walk, count_session,
					   ending);
	if (state == SESSION_WALK_GOES_ON)
		return true;
	if (state == SESSION_WALK_DONE)
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

	if (ctl_abandoned(ending->request.ctl)) {
		reply_error(&ending->request, "nobody waits any more");
		ending_free(ending);
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
	ending_free(ending);
}

/* Take the backends whose label is this, also those that left the file. */
static bool
read_backends(struct ending *ending, const char *text)
{
	const struct desk *desk = ending->request.desk;
	char label[STATE_LABEL_MAX];
	uint16_t ids[MX_BACKENDS_MAX];
	struct targets targets = {.count = 0};

	if (!targets_find(desk->state, desk->applier->discovery, text,
			  &targets) &&
	    (targets_are_many(text) ||
	     state_ids(desk->state, text, ids) == 0)) {
		reply_no_backend(&ending->request, text);
		return false;
	}
	for (uint16_t i = 0; i < targets.count || i == 0; i++) {
		const uint16_t count = state_ids(
			desk->state,
			targets.count == 0
				? text
				: state_label(
					  &desk->state->backend[targets.id[i]],
					  label),
			ids);
		for (uint16_t k = 0; k < count; k++) {
			ending->filter.backend[ids[k]] = true;
			ending->order.backend[ids[k] / 8] |=
				(uint8_t)(1u << ids[k] % 8);
		}
	}
	ending->filter.by_backend = true;
	ending->order.some = 1;
	return true;
}

/* The clients of an order. */
static void
set_clients(struct ending *ending, const struct mx_config_prefix *from,
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

/* Returns a command that nothing is known of yet, or NULL after a reply. */
static struct ending *
ending_new(const struct request *request, const struct arguments *arguments)
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
	ending->all = arguments_has(arguments, "--all");
	ending->dry_run = arguments_has(arguments, "--dry-run");
	if (wishing_reason(request, arguments, &ending->remark))
		return ending;
	free(ending);
	return NULL;
}

/* Everything was read. */
static void
begin(struct ending *ending)
{
	struct desk *desk = ending->request.desk;

	ending->turn = timer_new(desk->base, on_turn, ending);
	if (ending->turn == NULL)
		reply_error(&ending->request, "out of memory");
	if (ending->turn == NULL || !has_room(ending)) {
		ending_free(ending);
		return;
	}
	ending->next = desk->endings;
	desk->endings = ending;
	timer_set(ending->turn, 0);
}

static bool
read_from(struct ending *ending, const struct arguments *arguments)
{
	const char *backend = arguments_get(arguments, "POOL/BACKEND");
	const char *port = arguments_get(arguments, "port N");
	struct mx_config_prefix from;
	struct mx_deny_fault fault;
	uint32_t number = 0;

	if (rule_parse(arguments_get(arguments, "PREFIX"), &from, &fault) !=
	    0) {
		reply_usage(&ending->request, "%s", fault.text);
		return false;
	}
	if (port != NULL &&
	    (!number_parse(port, UINT16_MAX, &number) || number == 0)) {
		reply_usage(&ending->request,
			    "port: expected 1 to 65535, the port of a client, "
			    "found \"%.16s\"",
			    port);
		return false;
	}
	set_clients(ending, &from, htons((uint16_t)number));
	mx_prefix_format(&from, ending->subject);
	snprintf(ending->what, sizeof(ending->what), "%s%s%s%s%s",
		 ending->subject, port != NULL ? " port " : "",
		 port != NULL ? port : "", backend != NULL ? " with " : "",
		 backend != NULL ? backend : "");
	return backend == NULL || read_backends(ending, backend);
}

void
command_end_sessions_from(const struct request *request,
			  const struct arguments *arguments)
{
	struct ending *ending = ending_new(request, arguments);

	if (ending == NULL)
		return;
	if (read_from(ending, arguments))
		begin(ending);
	else
		ending_free(ending);
}

void
command_end_session(const struct request *request,
		    const struct arguments *arguments)
{
	struct ending *ending = ending_new(request, arguments);
	const char *text = arguments_get(arguments, "SRC:PORT");
	struct mx_endpoint client;

	if (ending == NULL)
		return;
	if (mx_endpoint_parse(text, &client) != 0) {
		reply_usage(request,
			    "expected: end session SRC:PORT, such as "
			    "192.0.2.7:40000 or [2001:db8::7]:40000, found "
			    "\"%.64s\"",
			    text);
		ending_free(ending);
		return;
	}
	const struct mx_config_prefix from = {
		client.addr, mx_addr_is4(&client.addr) ? 32 : 128};
	set_clients(ending, &from, client.port_be);
	ending->one = true;
	mx_endpoint_format(&client, ending->subject);
	snprintf(ending->what, sizeof(ending->what), "%s", ending->subject);
	begin(ending);
}

void
endings_end(struct desk *desk)
{
	while (desk->endings != NULL) {
		reply_error(&desk->endings->request,
			    "the control plane is stopping");
		/* It takes itself out of the list. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		ending_free(desk->endings);
	}
}
