/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of clients that get no session: of a SYN of a flood that is answered
 * by a cookie; and while no backend serves, of such a SYN, of an ACK that brings
 * the cookie back and gets the text of a refusal, of the client's last ACK, and
 * of all three; of ACKs with a guessed cookie; and of SYNs that are reset or
 * dropped.
 *
 * Real worker_poll() over ports made of rings, as in bench_poll.c.  A burst is
 * of 32 clients that never came before, or of their next segments.
 *
 *   taskset -c 1 build/bench/bench_greet [--json] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "denyone.h"
#include "figure.h"
#include "flows.h"
#include "greet.h"
#include "offer.h"
#include "smtpline.h"

#define RUNS 5
#define BURSTS 1000u

/* The segments of a client that is refused. */
#define SEGMENTS 3

static const struct subject subjects[] = {
	{"fullnat4", RIG_FULLNAT_TO4, false},
	{"fullnat6", RIG_FULLNAT_TO6, true},
};

static struct {
	const struct subject *subject;
	uint32_t client; /* the next one */
	uint32_t turn;   /* of put_each_segment() */
	struct cookies cookies;
	struct rig *rig;
} bench;

static struct segment
from_client(uint32_t number, uint8_t flags)
{
	struct segment segment = {
		.from = bench.subject->client6 ? rig_client6 : rig_client,
		.to = rig_vip_of(bench.subject->service,
				 bench.subject->client6),
		.flags = flags,
		.seq = flags & SYN ? 0 : 1,
	};

	/* Each of IPv6 is in a /64 of its own. */
	uint8_t *at = &segment.from.ip.byte[bench.subject->client6 ? 5 : 13];
	at[0] = (uint8_t)(number >> 16);
	at[1] = (uint8_t)(number >> 8);
	at[2] = (uint8_t)number;
	return segment;
}

/* The number of the SYN-ACK that a client got for a SYN without options. */
static uint32_t
cookie_of(const struct segment *segment)
{
	const struct mx_flow flow = {segment->from.ip, segment->to.ip,
				     rte_cpu_to_be_16(segment->from.port),
				     rte_cpu_to_be_16(segment->to.port)};
	const struct cookie_about about = {&flow, 0};
	const struct offer nothing = {.scale = OFFER_NO_SCALE};

	return cookie_make(&bench.cookies, &about,
			   offer_pack(&nothing, bench.subject->client6),
			   bench.rig->worker[0]->now_s);
}

static void
put(const struct segment *segment)
{
	uint8_t frame[FRAME_MAX] = {0};
	const uint16_t bytes = frame_tcp(frame, segment);

	rig_put(bench.rig, 0, WAN, frame, (uint16_t)RTE_MAX(bytes, 60));
}

static void
put_syns(struct flows *flows)
{
	(void)flows;
	for (uint32_t i = 0; i < BURST_MAX; i++) {
		const struct segment syn = from_client(bench.client++, SYN);
		put(&syn);
	}
}

/* With the options of Linux: segment size, SACK, timestamps, window scale. */
static void
put_flood(struct flows *flows)
{
	static const uint8_t option[] = {2, 4, 5, 180, 4, 2, 8, 10, 1, 2,
					 3, 4, 0, 0,   0, 0, 1, 3,  3, 7};

	(void)flows;
	for (uint32_t i = 0; i < BURST_MAX; i++) {
		struct segment syn = from_client(bench.client++, SYN);

		syn.option_bytes = sizeof(option);
		memcpy(syn.option, option, sizeof(option));
		put(&syn);
	}
}

static void
put_acks(uint32_t behind)
{
	for (uint32_t i = 0; i < BURST_MAX; i++) {
		struct segment ack = from_client(bench.client++, ACK);

		ack.ack = cookie_of(&ack) + 1 + behind;
		put(&ack);
	}
}

static void
put_proofs(struct flows *flows)
{
	(void)flows;
	put_acks(0);
}

static void
put_last(struct flows *flows)
{
	const struct mx_service *service =
		&rig_plan(bench.rig)->service[bench.subject->service];

	(void)flows;
	put_acks(smtp_line_bytes(service) + 1);
}

static void
put_guesses(struct flows *flows)
{
	(void)flows;
	put_acks(0x1234500);
}

/* A burst of SYNs, one of their ACKs, one of their last ACKs, and so on. */
static void
put_each_segment(struct flows *flows)
{
	static void (*const put_burst[SEGMENTS])(struct flows * flows) = {
		put_syns, put_proofs, put_last};
	const uint32_t segment = bench.turn++ % SEGMENTS;

	if (segment > 0)
		bench.client -= BURST_MAX;
	put_burst[segment](flows);
}

/* From now on a SYN that no backend serves is answered. */
static void
outlast(struct flows *flows)
{
	put_syns(flows);
	rig_poll(bench.rig);
	rig_pass_s(bench.rig, OUTAGE_PATIENCE_S);
}

/* Answers have a rate: each run is in a second of its own. */
static double
run(struct flows *flows, uint32_t bursts,
    void (*put_burst)(struct flows *flows))
{
	rig_pass_s(bench.rig, 1);
	return flows_time(flows, bursts, put_burst);
}

static void
add(struct figures *figures, const char *what, const char *unit,
    double value[RUNS])
{
	char name[64];

	snprintf(name, sizeof(name), "%s %s", bench.subject->name, what);
	figures_add(figures, name, unit, value, RUNS);
}

static void
measure(struct figures *figures, struct flows *flows, const char *what,
	void (*put_burst)(struct flows *flows))
{
	double value[RUNS];

	run(flows, BURSTS, put_burst);
	for (int i = 0; i < RUNS; i++)
		value[i] = run(flows, BURSTS, put_burst);
	add(figures, what, "cycles/packet", value);
}

/* All that a client sends until it has heard that it is refused. */
static void
measure_refusals(struct figures *figures, struct flows *flows)
{
	double cycles[RUNS], a_second[RUNS];

	outlast(flows);
	for (int i = 0; i < RUNS; i++) {
		cycles[i] = SEGMENTS *
			    run(flows, SEGMENTS * BURSTS, put_each_segment);
		a_second[i] = (double)rte_get_tsc_hz() / cycles[i];
	}
	add(figures, "refusal", "cycles/client", cycles);
	add(figures, "refusals", "1/s", a_second);
}

/* SYNs of a service that answers each by a cookie, and knows what its backends
 * say. */
static void
measure_flood(struct figures *figures, struct flows *flows)
{
	static const struct offer all = {1460, 7, true};
	static const struct profile says = {true, {1460, 7, true}, 65160};
	struct mx_service *service =
		&rig_plan(bench.rig)->service[bench.subject->service];
	struct worker *w = bench.rig->worker[0];

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		profiles_learn(&w->profiles, id, &all, &says);
	service->cookies = MX_COOKIES_ALWAYS;
	measure(figures, flows, "SYN under cookies", put_flood);
	rig_must(w->count->synacks == (RUNS + 1) * BURSTS * BURST_MAX);
	service->cookies = MX_COOKIES_NEVER;
}

/* SYNs that get no SYN-ACK. */
static void
measure_others(struct figures *figures, struct flows *flows)
{
	struct mx_service *service =
		&rig_plan(bench.rig)->service[bench.subject->service];
	const struct mx_worker_count *count = bench.rig->count;
	const bool six = bench.subject->client6;
	const struct segment one = from_client(0, SYN);
	const struct mx_addr net =
		mx_addr_first(&one.from.ip, six ? 40 : 96 + 8);
	struct mx_deny_table *all =
		denyone(&net, six ? 40 : 8, MX_DENY_DENIED, MX_DENY_BY_FILES);

	service->answer = MX_ANSWER_RESET;
	outlast(flows);
	measure(figures, flows, "SYN reset for want of room", put_syns);
	rig_must(count->told[bench.subject->service][MX_ANSWER_RESET]
			    [MX_DROP_NO_BACKEND] >= RUNS * BURSTS * BURST_MAX);
	bench.rig->active->deny[bench.subject->service] = all;
	service->deny.answer = MX_ANSWER_DROP;
	measure(figures, flows, "SYN of a denied client, dropped", put_syns);
	rig_must(count->dropped[MX_DROP_DENIED] ==
		 (RUNS + 1) * BURSTS * BURST_MAX);
	bench.rig->active->deny[bench.subject->service] = NULL;
	free(all);
}

static void
measure_subject(struct figures *figures, const struct subject *subject)
{
	bench.subject = subject;
	bench.rig = flows_rig(1, 1000);
	struct flows *flows = flows_make(subject, bench.rig, 0, BURST_MAX);
	struct mx_service *service =
		&rig_plan(bench.rig)->service[subject->service];
	const struct mx_worker_count *count = bench.rig->count;

	measure_flood(figures, flows);
	service->answer = MX_ANSWER_421;
	service->host_bytes = 14;
	memcpy(service->host, "mx.example.org", 14);
	rig_set_weights(bench.rig, (const uint16_t[]){0, 0, 0});
	cookie_begin(&bench.cookies, &bench.rig->file[0]->key);

	outlast(flows);
	measure(figures, flows, "SYN answered by a cookie", put_syns);
	rig_must(count->synacks == 2 * (RUNS + 1) * BURSTS * BURST_MAX);
	measure(figures, flows, "ACK answered by 421", put_proofs);
	rig_must(count->synacks_proven >= BURSTS * BURST_MAX);
	measure(figures, flows, "last ACK", put_last);
	rig_must(count->dropped[MX_DROP_REFUSED] ==
		 (RUNS + 1) * BURSTS * BURST_MAX);
	measure_refusals(figures, flows);
	rig_must(count->told[subject->service][MX_ANSWER_421]
			    [MX_DROP_NO_BACKEND] >=
		 2 * RUNS * BURSTS * BURST_MAX);
	measure(figures, flows, "ACK with a guessed cookie", put_guesses);
	measure_others(figures, flows);
	flows_free(flows);
	rig_free(bench.rig);
}

int
main(int argc, char **argv)
{
	struct figures figures;

	if (!rig_start_dpdk_huge())
		fprintf(stderr, "no huge pages are free: figures are worse\n");
	figures = figures_begin(argc, argv);
	for (size_t i = 0; i < RTE_DIM(subjects); i++)
		measure_subject(&figures, &subjects[i]);
	figures_end(&figures);
	return 0;
}
