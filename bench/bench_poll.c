/* SPDX-License-Identifier: BSD-3-Clause */
/* What a packet of an established session costs in each forward mode.
 *
 * Real worker_poll() over ports made of rings, so rx, both passes, all counters
 * and tx are in the figure and a driver is not.  Bursts of 32, the frames of a
 * burst of 32 different sessions; the best of all rounds, since a shared
 * machine only ever makes it slower.  Compare figures of one run.
 *
 *   taskset -c 1 build/bench/bench_poll */
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ip.h>

#include "rig.h"

#define SESSIONS 1024u
#define BURSTS 400u
#define ROUNDS 30
#define FRAME_BYTES 128 /* room for a bare ACK of either family */

static const struct subject {
	const char *name;
	enum rig_service service;
	bool client6;
} subjects[] = {
	{"fullnat 4 -> 4", RIG_FULLNAT_TO4, false},
	{"fullnat 6 -> 6", RIG_FULLNAT_TO6, true},
	{"fullnat 6 -> 4", RIG_FULLNAT_TO4, true},
	{"fullnat 4 -> 6", RIG_FULLNAT_TO6, false},
	{"fullnat 4 -> 4, PROXY v2", RIG_V2_TO4, false},
	{"fullnat 6 -> 4, PROXY v2", RIG_V2_TO4, true},
	{"nat 4", RIG_NAT_TO4, false},
	{"nat 6", RIG_NAT_TO6, true},
	{"dsr 4", RIG_DSR_TO4, false},
	{"dsr 6", RIG_DSR_TO6, true},
	{"tunnel ipip 4 in 4", RIG_IPIP_TO4, false},
	{"tunnel ipip 6 in 6", RIG_IPIP_TO6, true},
	{"tunnel gue 4 in 4", RIG_GUE_TO4, false},
	{"tunnel gue 6 in 6", RIG_GUE_TO6, true},
};

struct frame {
	uint16_t bytes;
	uint8_t data[FRAME_BYTES];
};

/* One frame of each session, from the client and from its MTA. */
static struct frame in[SESSIONS], out[SESSIONS];

static void
pass(struct rig *rig, uint16_t port, const struct segment *segment)
{
	rig_send(rig, 0, port, segment);
	worker_poll(rig->worker[0], rig->view);
}

/* Who a forwarded frame is from and to, as the MTA would answer it. */
static struct segment
answer_to(const uint8_t *frame)
{
	const struct rte_ether_hdr *ether = (const void *)frame;
	const struct rte_ipv4_hdr *ip4 = (const void *)(ether + 1);
	const struct rte_ipv6_hdr *ip6 = (const void *)(ether + 1);
	const bool six = ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6);
	const struct rte_tcp_hdr *tcp =
		six ? (const void *)(ip6 + 1) : (const void *)(ip4 + 1);
	struct segment segment = {
		.from = {.mac = ether->dst_addr,
			 .port = rte_be_to_cpu_16(tcp->dst_port)},
		.to = {.mac = ether->src_addr,
		       .port = rte_be_to_cpu_16(tcp->src_port)},
	};

	if (six) {
		memcpy(&segment.from.ip, ip6->dst_addr, 16);
		memcpy(&segment.to.ip, ip6->src_addr, 16);
	} else {
		segment.from.ip = mx_addr_from4(ip4->dst_addr);
		segment.to.ip = mx_addr_from4(ip4->src_addr);
	}
	return segment;
}

/* Take a session through its handshake and keep a later frame of each side. */
static void
establish(struct rig *rig, const struct subject *subject, uint32_t number)
{
	uint8_t frame[FRAME_MAX];
	struct segment client = {
		.from = subject->client6 ? rig_client6 : rig_client,
		.to = rig_vip_of(subject->service, subject->client6),
		.flags = SYN,
	};

	client.from.port = (uint16_t)(10000 + number);
	pass(rig, WAN, &client);
	rig_must(rig_get(rig, LAN, frame) > 0);
	struct segment mta = answer_to(frame);
	mta.flags = SYN | ACK;
	mta.ack = 1;
	pass(rig, LAN, &mta);
	client.flags = ACK;
	client.seq = 1;
	client.ack = 1;
	pass(rig, WAN, &client);
	mta.flags = ACK;
	mta.seq = 1;
	mta.ack = 1 + MX_PROXY_HEADER_MAX; /* all of a header, if one went */
	pass(rig, LAN, &mta);
	rig_flush(rig);
	client.seq = 100;
	in[number].bytes = frame_tcp(frame, &client);
	memcpy(in[number].data, frame, in[number].bytes);
	out[number].bytes = frame_tcp(frame, &mta);
	memcpy(out[number].data, frame, out[number].bytes);
}

/* Cycles a packet of one round. */
static double
measure(struct rig *rig, uint16_t port, const struct frame *frame)
{
	uint64_t cycles = 0;

	for (uint32_t burst = 0; burst < BURSTS; burst++) {
		for (uint32_t i = 0; i < BURST_MAX; i++) {
			const struct frame *f =
				&frame[(burst * BURST_MAX + i * 37) % SESSIONS];
			rig_put(rig, 0, port, f->data, f->bytes);
		}
		const uint64_t begin_tsc = rte_rdtsc();
		worker_poll(rig->worker[0], rig->view);
		cycles += rte_rdtsc() - begin_tsc;
		rig_flush(rig);
	}
	return (double)cycles / (BURSTS * BURST_MAX);
}

static double
best(struct rig *rig, uint16_t port, const struct frame *frame)
{
	double least = measure(rig, port, frame);

	for (int round = 1; round < ROUNDS; round++) {
		const double cycles = measure(rig, port, frame);
		least = cycles < least ? cycles : least;
	}
	return least;
}

int
main(void)
{
	double first = 0;

	rig_start_dpdk();
	printf("%-26s %8s %8s %7s\n", "cycles a packet", "in", "out", "ratio");
	for (size_t i = 0; i < RTE_DIM(subjects); i++) {
		const struct subject *subject = &subjects[i];
		struct rig *rig = rig_make(1);

		for (uint32_t s = 0; s < SESSIONS; s++)
			establish(rig, subject, s);
		const double cycles_in = best(rig, WAN, in);
		const bool one_way = subject->service >= RIG_DSR_TO4 &&
				     subject->service <= RIG_GUE_TO6;
		const double cycles_out = one_way ? 0 : best(rig, LAN, out);
		first = i == 0 ? cycles_in : first;
		printf("%-26s %8.1f", subject->name, cycles_in);
		if (one_way)
			printf(" %8s", "-");
		else
			printf(" %8.1f", cycles_out);
		printf(" %7.2f\n", cycles_in / first);
		fflush(stdout);
		rig_free(rig);
	}
	return 0;
}
