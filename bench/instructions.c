/* SPDX-License-Identifier: BSD-3-Clause */
/* The program that valgrind runs for bench/count.  It counts the instructions
 * of a worker's round for packets of established sessions, each direction apart,
 * and for SYNs that open a session; and for packets of which a capture takes
 * copies.
 *
 * Unlike cycles, instructions are the same on every machine and in every run.
 * So an extra cost shows even if other programs disturb the caches.  The
 * sessions, their keys and the frames are fixed.  The ports are rings.  Every
 * packet has passed once before, so that no look-up is the first.
 *
 * Prints its compiler, and the number of packets of each figure. */
#include <stdio.h>

#include <callgrind.h>

#include "flows.h"
#include "round.h"

#define SESSIONS 64u /* a multiple of BURST_MAX */
#define ROUNDS 4

static const struct subject subjects[] = {
	{"fullnat 4 -> 4", RIG_FULLNAT_TO4, false},
	{"fullnat 6 -> 6", RIG_FULLNAT_TO6, true},
	{"fullnat 6 -> 4", RIG_FULLNAT_TO4, true},
	{"fullnat 4 -> 6", RIG_FULLNAT_TO6, false},
	{"fullnat 4 -> 4, PROXY", RIG_V2_TO4, false},
	{"fullnat 6 -> 6, PROXY", RIG_V2_TO6, true},
	{"fullnat 6 -> 4, PROXY", RIG_V2_TO4, true},
	{"fullnat 4 -> 6, PROXY", RIG_V2_TO6, false},
	{"nat 4", RIG_NAT_TO4, false},
	{"nat 6", RIG_NAT_TO6, true},
	{"dsr 4", RIG_DSR_TO4, false},
	{"dsr 6", RIG_DSR_TO6, true},
	{"ipip 4 in 4", RIG_IPIP_TO4, false},
	{"ipip 6 in 4", RIG_IPIP_TO4, true},
	{"ipip 4 in 6", RIG_IPIP_TO6, false},
	{"ipip 6 in 6", RIG_IPIP_TO6, true},
	{"gue 4 in 4", RIG_GUE_TO4, false},
	{"gue 6 in 4", RIG_GUE_TO4, true},
	{"gue 4 in 6", RIG_GUE_TO6, false},
	{"gue 6 in 6", RIG_GUE_TO6, true},
};

/* Send as many SYNs as there are packets in the other figures.  All must
 * leave. */
static void
count_syns(const struct subject *subject)
{
	struct rig *rig = flows_rig(1, (2 + ROUNDS) * SESSIONS);
	struct flows *flows =
		flows_make(subject, rig, 0, (1 + ROUNDS) * SESSIONS);
	char name[64];

	for (int round = 0; round < 1 + ROUNDS; round++) {
		if (round == 1)
			CALLGRIND_ZERO_STATS;
		for (uint32_t s = 0; s < SESSIONS; s += BURST_MAX) {
			flows_put_syns(flows, BURST_MAX);
			CALLGRIND_TOGGLE_COLLECT;
			round_poll(rig->worker[0], rig->active);
			CALLGRIND_TOGGLE_COLLECT;
			rig_flush(rig);
		}
	}
	rig_must(rig->count[0].tx == (1 + ROUNDS) * SESSIONS);
	snprintf(name, sizeof(name), "%s SYN", subject->name);
	CALLGRIND_DUMP_STATS_AT(name);
	flows_free(flows);
	rig_free(rig);
}

/* Send every session's packet a few times.  All must leave. */
static void
count(struct flows *flows, uint16_t port, const char *way)
{
	struct rig *rig = flows->rig;
	const uint64_t sent = rig->count[0].tx;
	char name[64];

	for (int round = 0; round < 1 + ROUNDS; round++) {
		if (round == 1)
			CALLGRIND_ZERO_STATS;
		for (uint32_t s = 0; s < SESSIONS; s += BURST_MAX) {
			for (uint32_t i = 0; i < BURST_MAX; i++)
				flows_put(flows, port, s + i);
			CALLGRIND_TOGGLE_COLLECT;
			round_poll(rig->worker[0], rig->active);
			CALLGRIND_TOGGLE_COLLECT;
			rig_flush(rig);
		}
	}
	rig_must(rig->count[0].tx == sent + (1 + ROUNDS) * SESSIONS);
	snprintf(name, sizeof(name), "%s %s", flows->subject->name, way);
	CALLGRIND_DUMP_STATS_AT(name);
}

/* Clients of these sessions were told other numbers than their MTAs', as by a
 * cookie. */
static void
count_told(const struct subject *subject)
{
	struct rig *rig = flows_rig(1, 2 * SESSIONS);
	struct flows *flows = flows_make(subject, rig, 0, SESSIONS);

	flows_establish(flows, SESSIONS);
	for (uint32_t s = 0; s < SESSIONS; s++)
		mx_session_set_ack_shift(&rig->file[0]->session[s], s + 1);
	count(flows, WAN, "in, by cookie");
	count(flows, LAN, "out, by cookie");
	flows_free(flows);
	rig_free(rig);
}

/* While a capture is on: of all frames, or of those of another client. */
static void
count_captured(const struct subject *subject)
{
	struct rig *rig = flows_rig(1, 2 * SESSIONS);
	struct flows *flows = flows_make(subject, rig, 0, SESSIONS);
	const struct mx_capture_filter all = {.bytes = MX_CAPTURE_BYTES};
	const struct mx_capture_filter other = flows_filter_other(flows);

	flows_establish(flows, SESSIONS);
	flows_capture(flows, &all);
	count(flows, WAN, "in, captured");
	count(flows, LAN, "out, captured");
	flows_capture_end(flows);
	flows_capture(flows, &other);
	count(flows, WAN, "in, another captured");
	count(flows, LAN, "out, another captured");
	flows_capture_end(flows);
	flows_free(flows);
	rig_free(rig);
}

/* While orders of "end sessions from" stand: of other clients. */
static void
count_ordered(const struct subject *subject, uint16_t orders, const char *way)
{
	struct rig *rig = flows_rig(1, 2 * SESSIONS);
	struct flows *flows = flows_make(subject, rig, 0, SESSIONS);
	struct mx_plan *plan = &rig->active->plan;

	flows_establish(flows, SESSIONS);
	plan->end_orders = orders;
	for (uint16_t i = 0; i < orders; i++) {
		struct mx_end_order *order = &plan->end_order[i];

		*order = (struct mx_end_order){.ended_s = UINT32_MAX};
		order->client.addr =
			mx_addr_from4(RTE_BE32(RTE_IPV4(203, 0, 113, i)));
		order->client.bits = 128;
	}
	for (uint32_t i = 0; i <= MX_BACKENDS_MAX; i++)
		plan->backend[i].ends_s = UINT32_MAX;
	count(flows, WAN, way);
	flows_free(flows);
	rig_free(rig);
}

int
main(void)
{
	rig_start_dpdk();
	printf("gcc %s\n%u\n", __VERSION__, ROUNDS * SESSIONS);
	for (size_t i = 0; i < RTE_DIM(subjects); i++) {
		struct rig *rig = flows_rig(1, 2 * SESSIONS);
		struct flows *flows =
			flows_make(&subjects[i], rig, 0, SESSIONS);

		flows_establish(flows, SESSIONS);
		count(flows, WAN, "in");
		if (!subject_is_direct(&subjects[i]))
			count(flows, LAN, "out");
		flows_free(flows);
		rig_free(rig);
		count_syns(&subjects[i]);
	}
	count_told(&subjects[0]);
	count_told(&subjects[4]);
	count_captured(&subjects[0]);
	count_ordered(&subjects[0], 1, "in, 1 end order");
	count_ordered(&subjects[0], MX_END_ORDERS_MAX, "in, all end orders");
	return 0;
}
