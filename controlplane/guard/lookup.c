/* SPDX-License-Identifier: BSD-3-Clause */
/* `lookup`: what a worker would do with a new flow, by the same functions on
 * the plan last published and on the sessions that the worker has.  The reply
 * says if the workers do not have the plan yet. */
#include "lookup.h"

#include <stdlib.h>

#include "clock.h"
#include "endpoint.h"
#include "inforce.h"
#include "outlook.h"
#include "publish.h"
#include "reports.h"
#include "table.h"

static void
print_passed_over(FILE *out, const json_t *data)
{
	const char *bound =
		json_string_value(json_object_get(data, "passed_over"));

	if (bound != NULL)
		fprintf(out,
			"The first choice, %s, is passed over: at this worker "
			"it is at its %s.\n",
			json_string_value(
				json_object_get(data, "first_choice")),
			bound);
	if (json_is_null(json_object_get(data, "worker")))
		fputs("The worker of this client is not known, so "
		      "connections-max and load-bound\nare left out.\n",
		      out);
}

/* The last fields that print_lookup() shows. */
#define LIMITS 3

static void
print_lookup(FILE *out, json_t *data, const struct table_style *style)
{
	static const struct table_column columns[] = {
		{"client", "client"},
		{"vip", "vip"},
		{"service", "service"},
		{"pool", "pool"},
		{"input", "hash of"},
		{"hash", "hash"},
		{"slot", "slot of 65537"},
		{"worker", "worker"},
		{"backend", "backend"},
		{"address", "address"},
		{"admin", "admin"},
		{"health", "health"},
		{"effective_weight", "weight now"},
		{"interface", "interface"},
		{"generation", "generation"},
		/* Only of a service that has limits. */
		{"client_sessions", "client has now"},
		{"client_limits", "it may have"},
		{"client_refused", "refused before"},
	};
	const size_t all = sizeof(columns) / sizeof(columns[0]);
	const bool limited = json_object_get(data, "client_limits") != NULL;

	table_print_fields(out, data, columns, limited ? all : all - LIMITS,
			   style);
	const char *reason = json_string_value(json_object_get(data, "reason"));
	if (reason != NULL) {
		fprintf(out, "Nobody gets it: %s.\n", reason);
		return;
	}
	print_passed_over(out, data);
	if (json_is_true(json_object_get(data, "cookie")))
		fputs("Its SYN is answered by a cookie now: the MTA is chosen "
		      "when the client has\nbrought it back.\n",
		      out);
	fputs("A session that exists already keeps the backend it has.\n", out);
	inforce_print(out, data);
}

struct lookup_work {
	const struct sources *sources;
	struct mx_flow flow;
	char vip[MX_ENDPOINT_TEXT_MAX];
	struct client_pair pair; /* not used: its service has no limits */
	enum session_walk_state state;
};

/* Find the service of the flow in the plan.  Returns false, with the reason in
 * *result, if there is none. */
static bool
find_service(const struct lookup_work *work, uint16_t *service_id,
	     struct report_result *result)
{
	const struct mx_plan *plan = publisher_plan(work->sources->publisher);
	const struct mx_flow *flow = &work->flow;

	if (plan == NULL) {
		report_refuse(result, "no plan has been published yet: has "
				      "mxsteer-dataplane been started?");
		return false;
	}
	const struct mx_owned *found =
		mx_owned_find(&plan->owned, &flow->dst, flow->dst_port_be);
	if (found->kind == MX_OWNED_RETIRED)
		report_refuse(result,
			      "%s left the configuration and takes no new "
			      "sessions; see show retired",
			      work->vip);
	else if (found->kind != MX_OWNED_VIP)
		report_refuse(result, "%s is not a VIP; see show services",
			      work->vip);
	*service_id = found->index;
	return found->kind == MX_OWNED_VIP;
}

static void *
lookup_begin(const struct sources *sources, const struct arguments *arguments,
	     struct report_result *result)
{
	struct mx_endpoint client, vip;
	uint16_t service_id;

	if (mx_endpoint_parse(arguments_get(arguments, "SRC:PORT"), &client) <
		    0 ||
	    mx_endpoint_parse(arguments_get(arguments, "VIP:PORT"), &vip) < 0 ||
	    mx_addr_is4(&client.addr) != mx_addr_is4(&vip.addr))
		return report_misused(
			result,
			"expected: lookup SRC:PORT VIP:PORT, both of one "
			"family, such as lookup 192.0.2.7:40000 "
			"198.51.100.25:25 or lookup [2001:db8::7]:40000 "
			"[2001:db8:1::25]:25");
	struct lookup_work *work = calloc(1, sizeof(*work));
	if (work == NULL)
		return NULL;
	work->sources = sources;
	work->flow = (struct mx_flow){.src = client.addr,
				      .dst = vip.addr,
				      .src_port_be = client.port_be,
				      .dst_port_be = vip.port_be};
	mx_endpoint_format(&vip, work->vip);
	if (find_service(work, &service_id, result))
		return work;
	free(work);
	return NULL;
}

/* Begin to count the sessions of the client, if its service has limits. */
static enum session_walk_state
begin_count(struct lookup_work *work)
{
	const struct publisher *publisher = work->sources->publisher;
	const struct mx_plan *plan = publisher_plan(publisher);
	struct report_result unused;
	uint16_t service_id;

	if (publisher_region(publisher) == NULL ||
	    !find_service(work, &service_id, &unused) ||
	    !plan->service[service_id].clients.used)
		return SESSION_WALK_DONE;
	const struct client_ids ids =
		client_ids_of(&plan->service[service_id].clients,
			      (uint8_t)service_id, &work->flow.src);
	return client_pair_begin(&work->pair, publisher, &ids,
				 (uint32_t)clock_s()) == 0
		       ? SESSION_WALK_GOES_ON
		       : SESSION_WALK_LOST;
}

static bool
lookup_step(void *arg)
{
	struct lookup_work *work = arg;

	work->state = work->pair.address.used ? client_pair_slice(&work->pair)
					      : begin_count(work);
	return work->state == SESSION_WALK_GOES_ON;
}

static json_t *
lookup_end(void *arg, struct report_result *result)
{
	struct lookup_work *work = arg;
	const struct sources *sources = work->sources;
	json_t *data = NULL;
	uint16_t service_id;

	client_pair_end(&work->pair);
	if (work->state != SESSION_WALK_DONE)
		report_unread(result, work->state);
	else if (find_service(work, &service_id, result))
		data = outlook_pack(sources, publisher_plan(sources->publisher),
				    &work->flow, service_id, &work->pair);
	free(work);
	if (data != NULL)
		result->end = json_is_null(json_object_get(data, "reason"))
				      ? REPORT_OK
				      : REPORT_WARNING;
	return data;
}

static unsigned
lookup_percent(const void *arg)
{
	const struct lookup_work *work = arg;

	return session_walk_percent(&work->pair.walk);
}

static const struct report_slices slices = {lookup_begin, lookup_step,
					    lookup_percent, lookup_end};

const struct report report_lookup = {
	.print = print_lookup,
	.slices = &slices,
};
