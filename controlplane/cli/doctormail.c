/* SPDX-License-Identifier: BSD-3-Clause */
#include "doctormail.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chance.h"
#include "clock.h"
#include "delivered.h"
#include "diagnosis.h"
#include "doctorscene.h"
#include "endpoint.h"
#include "sighting.h"
#include "visit.h"

/* Haraka waits 30 s for a PROXY header before it says so. */
#define LIMIT_S 40
#define LIMIT_S_MAX 600

/* Between two looks into the mailbox. */
#define LOOK_MS 250

#define COMPLAINT_MAX 256

struct errand {
	struct asking *asking;
	struct visit_task task;
	const char *wanted;  /* the service, as it was typed */
	const char *mailbox; /* NULL: none */
	int64_t began_s;
	struct visit visit;
	struct doctor_facts facts;
	struct diagnosis diagnosis;
	json_t *steps; /* NULL: a person reads */
};

/* ---- the arguments ------------------------------------------------------- */

static bool
parse_names(struct errand *e, const struct arguments *a, char *why)
{
	struct visit_task *task = &e->task;
	const char *sender = arguments_get(a, "sender RECIPIENT");
	const char *helo = arguments_get(a, "helo NAME");

	if (mailbox_parse(arguments_get(a, "to RECIPIENT"), task->recipient) !=
		    0 ||
	    (sender != NULL && mailbox_parse(sender, task->sender) != 0)) {
		snprintf(why, COMPLAINT_MAX,
			 "expected a mail address, such as "
			 "postmaster@example.org");
		return false;
	}
	if (helo != NULL)
		snprintf(task->helo, sizeof(task->helo), "%s", helo);
	else if (gethostname(task->helo, sizeof(task->helo) - 1) != 0)
		strcpy(task->helo, "localhost");
	/* An address there may be taken for one that the MTA saw. */
	if (task->helo[0] == '[' || task->helo[0] == '\0') {
		snprintf(why, COMPLAINT_MAX,
			 "helo: expected the name of a host");
		return false;
	}
	return true;
}

static bool
parse_numbers(struct errand *e, const struct arguments *a, char *why)
{
	struct visit_task *task = &e->task;
	const char *from = arguments_get(a, "from ADDRESS");
	const char *within = arguments_get(a, "within SECONDS");
	const unsigned long limit_s =
		within != NULL ? strtoul(within, NULL, 10) : LIMIT_S;

	task->has_from = from != NULL;
	if (from != NULL && mx_addr_parse(from, &task->from) != 0) {
		snprintf(why, COMPLAINT_MAX,
			 "from: expected an address of this host");
		return false;
	}
	if (limit_s == 0 || limit_s > LIMIT_S_MAX) {
		snprintf(why, COMPLAINT_MAX, "within: expected 1 to %d seconds",
			 LIMIT_S_MAX);
		return false;
	}
	task->limit_ms = (uint32_t)limit_s * 1000;
	task->no_data = arguments_has(a, "--no-data");
	task->no_tls = arguments_has(a, "--no-tls");
	e->mailbox = arguments_get(a, "mailbox MAILBOX");
	return true;
}

/* A service is known by its name to a control plane alone. */
static bool
parse_service(struct errand *e, const struct arguments *a, char *why)
{
	struct visit_task *task = &e->task;
	char text[MX_ENDPOINT_TEXT_MAX];

	e->wanted = arguments_get(a, "SERVICE|VIP:PORT");
	const bool is_address = mx_endpoint_parse(e->wanted, &task->to) == 0;
	if (doctorscene_open(e->asking) &&
	    doctorscene_service(e->asking,
				is_address ? mx_endpoint_format(&task->to, text)
					   : e->wanted,
				&e->facts.scene, &task->to))
		return true;
	if (is_address)
		return true;
	snprintf(why, COMPLAINT_MAX,
		 "%.64s: no service of a control plane of this host has that "
		 "name; elsewhere expected VIP:PORT, such as "
		 "198.51.100.25:25",
		 e->wanted);
	return false;
}

static void
make_id(char id[static VISIT_ID_MAX])
{
	uint8_t random[(VISIT_ID_MAX - 1) / 2];

	if (chance_fill(random, sizeof(random)) != 0)
		memset(random, 0, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(id + 2 * i, 3, "%02x", random[i]);
}

/* ---- the steps ----------------------------------------------------------- */

static const char *
end_words(const struct visit_event *event)
{
	switch (event->end) {
	case VISIT_SILENT:
		return "nothing came in time";
	case VISIT_CLOSED:
		return "the server closed the connection";
	case VISIT_RESET:
		return "the connection was reset";
	default:
		return event->text;
	}
}

/* The words that EHLO offers, behind the first line, on one line. */
static void
print_text(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		fputs(*c == '\n' ? " | " : (char[]){*c, '\0'}, stdout);
	putchar('\n');
}

static void
tell_step(void *arg, const struct visit *visit, const struct visit_event *event)
{
	struct errand *e = arg;

	if (e->steps != NULL) {
		json_array_append_new(
			e->steps,
			json_pack("{s:s, s:b, s:f, s:f, s:o, s:s}", "step",
				  visit_step_name(event->step), "good",
				  event->end == VISIT_YES, "at_ms",
				  event->at_ms, "took_ms", event->took_ms,
				  "code",
				  event->code != 0 ? json_integer(event->code)
						   : json_null(),
				  "text", end_words(event)));
	} else {
		printf("%8.0f ms  %-8s  ", event->at_ms,
		       visit_step_name(event->step));
		if (event->code != 0)
			printf("%u ", event->code);
		print_text(end_words(event));
		fflush(stdout);
	}
	if (event->step == VISIT_BANNER && e->facts.scene.has_service)
		doctorscene_session(e->asking, &visit->wire.own,
				    &e->facts.scene);
}

/* ---- what the MTA saw ---------------------------------------------------- */

static void
look_into_mailbox(struct errand *e)
{
	const uint64_t deadline_ms = clock_ms() + e->task.limit_ms;
	char received[DELIVERED_HEADER_MAX];
	int error;

	if (e->steps == NULL)
		printf("             looking for the message in %s\n",
		       e->mailbox);
	fflush(stdout);
	do {
		error = delivered_find(e->mailbox, e->task.id, e->began_s,
				       received);
		if (error != -ENOENT)
			break;
		poll(NULL, 0, LOOK_MS);
	} while (clock_ms() < deadline_ms);
	if (error == 0 && sighting_in_received(received, &e->facts.seen))
		e->facts.seen_by = SEEN_BY_RECEIVED;
	else
		snprintf(e->facts.mailbox_fault, sizeof(e->facts.mailbox_fault),
			 "%s",
			 error == -ENOENT ? "the message is not there yet"
			 : error == 0 || error == -ENODATA
				 ? "its Received header names no client"
				 : strerror(-error));
}

static void
find_out(struct errand *e, bool taken)
{
	struct doctor_facts *facts = &e->facts;
	const struct visit *visit = &e->visit;

	facts->visit = visit;
	/* mxsteer itself may have answered for an MTA. */
	if (visit->last <= VISIT_BANNER && visit->end != VISIT_YES)
		doctorscene_lookup(e->asking, &visit->wire.own, &e->task.to,
				   &facts->scene);
	if (taken && e->mailbox != NULL && !e->task.no_data)
		look_into_mailbox(e);
	if (facts->seen_by == SEEN_UNKNOWN &&
	    sighting_in_hello(visit->hello, &facts->seen))
		facts->seen_by = SEEN_BY_HELLO;
	if (facts->seen_by == SEEN_UNKNOWN &&
	    (visit->end == VISIT_NO || visit->end == VISIT_LATER) &&
	    sighting_in_refusal(visit->text, &facts->seen))
		facts->seen_by = SEEN_BY_REFUSAL;
	diagnosis_see(facts);
	diagnosis_make(facts, &e->diagnosis);
}

/* ---- the end ------------------------------------------------------------- */

static void
print_end(const struct errand *e, bool taken)
{
	const struct doctor_facts *facts = &e->facts;
	const struct doctor_scene *scene = &facts->scene;
	char seen[MX_ENDPOINT_TEXT_MAX];

	if (e->visit.banner[0] != '\0')
		printf("\nMTA       %.*s%s%s%s%s%s\n",
		       (int)strcspn(e->visit.banner, " "), e->visit.banner,
		       scene->has_session ? ", " : "", scene->backend,
		       scene->has_session ? " at " : "", scene->server, "");
	if (scene->has_service)
		printf("service   %s: %s, PROXY %s\n", scene->service,
		       scene->forward, scene->proxy);
	if (facts->seen_by != SEEN_UNKNOWN)
		printf("client    the MTA saw %s, %s\n",
		       mx_addr_format(&facts->seen, seen),
		       seen_by_text(facts->seen_by));
	else if (taken)
		printf("client    nobody said what the MTA saw%s%s.  Its log "
		       "does: look for %s\n",
		       facts->mailbox_fault[0] != '\0' ? ": " : "",
		       facts->mailbox_fault, e->task.id);
	for (size_t i = 0; i < e->diagnosis.count; i++)
		printf("wrong     %s\ndo        %s\n",
		       e->diagnosis.finding[i].wrong,
		       e->diagnosis.finding[i].mend);
	if (taken && e->diagnosis.count == 0 && facts->seen_by != SEEN_UNKNOWN)
		puts("well      the MTA sees the client's own address");
}

static void
print_json(const struct errand *e, bool taken)
{
	const struct doctor_facts *facts = &e->facts;
	char seen[MX_ENDPOINT_TEXT_MAX], to[MX_ENDPOINT_TEXT_MAX],
		own[MX_ENDPOINT_TEXT_MAX];
	const bool known = facts->seen_by != SEEN_UNKNOWN;
	json_t *findings = json_array();

	for (size_t i = 0; i < e->diagnosis.count; i++)
		json_array_append_new(
			findings, json_pack("{s:s, s:s}", "wrong",
					    e->diagnosis.finding[i].wrong, "do",
					    e->diagnosis.finding[i].mend));
	json_t *object = json_pack(
		"{s:s, s:s, s:s, s:b, s:O, s:s?, s:s?, s:s?, s:s?, s:s?, s:s, "
		"s:o}",
		"id", e->task.id, "vip", mx_endpoint_format(&e->task.to, to),
		"client", mx_endpoint_format(&e->visit.wire.own, own), "taken",
		taken, "steps", e->steps, "service",
		facts->scene.has_service ? facts->scene.service : NULL,
		"forward",
		facts->scene.has_service ? facts->scene.forward : NULL, "proxy",
		facts->scene.has_service ? facts->scene.proxy : NULL, "backend",
		facts->scene.has_session ? facts->scene.backend : NULL, "seen",
		known ? mx_addr_format(&facts->seen, seen) : NULL, "seen_by",
		seen_by_name(facts->seen_by), "findings", findings);
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

/* A connection that this host could not even begin tested nothing. */
static enum status
status_of(const struct errand *e, bool taken)
{
	if (e->visit.last == VISIT_CONNECT && e->visit.end != VISIT_YES &&
	    e->facts.scene.refusal[0] == '\0' && e->visit.error != ECONNREFUSED)
		return NOT_ASKED;
	if (!taken || e->diagnosis.count > 0)
		return FAILED;
	return e->facts.seen_by == SEEN_UNKNOWN ? NOTED : DONE;
}

enum status
doctormail(struct asking *asking, const struct arguments *arguments)
{
	static struct errand e; /* too large for a stack */
	char why[COMPLAINT_MAX];

	memset(&e, 0, sizeof(e));
	e.asking = asking;
	if (!parse_names(&e, arguments, why) ||
	    !parse_numbers(&e, arguments, why) ||
	    !parse_service(&e, arguments, why)) {
		return asking_misused(asking, why);
	}
	make_id(e.task.id);
	e.began_s = clock_wall_s();
	e.steps = asking->json ? json_array() : NULL;
	const bool taken = visit_run(&e.visit, &e.task, tell_step, &e);
	find_out(&e, taken);
	if (asking->json)
		print_json(&e, taken);
	else
		print_end(&e, taken);
	json_decref(e.steps);
	return status_of(&e, taken);
}
