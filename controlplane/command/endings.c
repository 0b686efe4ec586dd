/* SPDX-License-Identifier: BSD-3-Clause */
#include "endings.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "endpoint.h"
#include "endsessions.h"
#include "number.h"
#include "prefix.h"
#include "reply.h"
#include "targets.h"
#include "wishing.h"

/* Take the backends whose label is this, also those that left the file. */
static bool
read_backends(struct ending *ending, const char *text)
{
	const struct desk *desk = ending->request.desk;
	bool *meant = ending->filter.backend;

	if (!targets_sessions(desk->state, desk->applier->discovery, text,
			      meant)) {
		reply_no_backend(&ending->request, text);
		return false;
	}
	for (uint16_t id = 0; id <= MX_BACKENDS_MAX; id++)
		if (meant[id])
			ending->order.backend[id / 8] |=
				(uint8_t)(1u << id % 8);
	ending->filter.by_backend = true;
	ending->order.some = 1;
	return true;
}

static void
say_who(struct ending *ending)
{
	char who[NOTE_WHO_MAX];

	snprintf(ending->by, sizeof(ending->by), "command of %s",
		 wishing_who(&ending->request, who));
}

/* Returns a command of which only its options are known, or NULL after a reply. */
static struct ending *
ending_new(const struct request *request, const struct arguments *arguments)
{
	struct ending *ending = end_sessions_new(request);

	if (ending == NULL)
		return NULL;
	ending->all = arguments_has(arguments, "--all");
	ending->dry_run = arguments_has(arguments, "--dry-run");
	say_who(ending);
	if (wishing_reason(request, arguments, &ending->remark))
		return ending;
	end_sessions_free(ending);
	return NULL;
}

static void
begin(struct ending *ending)
{
	if (end_sessions_ready(ending))
		end_sessions_go(ending);
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
	end_sessions_from(ending, &from, htons((uint16_t)number));
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
		end_sessions_free(ending);
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
			    "192.0.2.7:40000 or [2001:db8::7]:40000, as show "
			    "sessions has it, found \"%.64s\"",
			    text);
		end_sessions_free(ending);
		return;
	}
	const struct mx_config_prefix from = {
		client.addr, mx_addr_is4(&client.addr) ? 32 : 128};
	end_sessions_from(ending, &from, client.port_be);
	ending->one = true;
	mx_endpoint_format(&client, ending->subject);
	snprintf(ending->what, sizeof(ending->what), "%s", ending->subject);
	begin(ending);
}

/* A session that begins before workers have the rule is meant too. */
#define RULE_S 1

struct ending *
endings_of_rule(const struct request *request, const struct deny_rule *rule)
{
	struct ending *ending = end_sessions_new(request);

	if (ending == NULL)
		return NULL;
	say_who(ending);
	snprintf(ending->remark.text, sizeof(ending->remark.text), "%s",
		 rule->note.reason);
	end_sessions_from(ending, &rule->at, 0);
	mx_prefix_format(&rule->at, ending->subject);
	snprintf(ending->what, sizeof(ending->what), "%s is not denied",
		 ending->subject);
	ending->order.denied = 1;
	ending->order.ended_s += RULE_S;
	return end_sessions_ready(ending) ? ending : NULL;
}

void
endings_begin(struct ending *ending, const char *message)
{
	snprintf(ending->what, sizeof(ending->what), "%s", message);
	end_sessions_go(ending);
}

void
endings_give_up(struct ending *ending)
{
	end_sessions_free(ending);
}
