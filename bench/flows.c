/* SPDX-License-Identifier: BSD-3-Clause */
#include "flows.h"

#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ip.h>

#include "proxyheader.h"
#include "round.h"

/* The number of ports of each client. */
#define CLIENT_PORTS 50000u
#define CLIENT_PORT_FIRST 10000u

/* the least Ethernet frame, without its frame check sequence */
#define FRAME_BYTES_MIN 60
#define FRAME_BYTES_MAX 80 /* of a bare segment of either family */

/* A burst takes 1 to 20 us.  In a burst that took this long, the scheduler or
 * the host of a virtual machine gave the core to another program.  Such a burst
 * does not count. */
#define TAKEN_AWAY_US 50

struct rig *
flows_rig(uint16_t workers, uint32_t max)
{
	return rig_make_sized(workers, max,
			      (uint16_t)(max * workers / MX_LOCAL_PORTS + 2));
}

struct flows *
flows_make(const struct subject *subject, struct rig *rig, uint16_t worker,
	   uint32_t max)
{
	struct flows *flows = calloc(1, sizeof(*flows));

	rig_must(flows != NULL);
	*flows = (struct flows){
		.subject = subject,
		.rig = rig,
		.worker = worker,
		.ports = CLIENT_PORTS,
		.client = calloc(max, sizeof(*flows->client)),
		.reply = calloc(max, sizeof(*flows->reply)),
		.random = 88172645463325252u,
	};
	rig_must(flows->client != NULL && flows->reply != NULL);
	return flows;
}

void
flows_free(struct flows *flows)
{
	free(flows->client);
	free(flows->reply);
	free(flows);
}

/* A client by its number; IPv4 ones from 11.0.0.0 on. */
static struct end
client_number(const struct flows *flows, uint32_t number)
{
	struct end client = flows->subject->client6 ? rig_client6 : rig_client;
	const uint32_t host = number / flows->ports;

	if (!flows->subject->client6)
		client.ip.byte[12] = 11;
	client.ip.byte[13] = (uint8_t)(host >> 16);
	client.ip.byte[14] = (uint8_t)(host >> 8);
	client.ip.byte[15] = (uint8_t)host;
	client.port = (uint16_t)(CLIENT_PORT_FIRST + number % flows->ports);
	return client;
}

static struct end
client_of(const struct flows *flows, uint32_t session)
{
	return client_number(flows, flows->client[session]);
}

/* The next client whose sessions the worker owns. */
static uint32_t
next_client(struct flows *flows)
{
	const struct rss_owner *rss_owner = &flows->rig->worker[0]->rss_owner;
	const struct end vip =
		rig_vip_of(flows->subject->service, flows->subject->client6);

	for (;;) {
		const struct end client = client_number(flows, flows->tried++);
		const struct mx_flow flow = {client.ip, vip.ip,
					     rte_cpu_to_be_16(client.port),
					     rte_cpu_to_be_16(vip.port)};

		if (flows->rig->workers == 1 ||
		    mx_flow_owner(&rss_owner->owners, &flow) == flows->worker)
			return flows->tried - 1;
	}
}

static struct segment
from_client(const struct flows *flows, uint32_t number)
{
	return (struct segment){
		.from = client_of(flows, number),
		.to = rig_vip_of(flows->subject->service,
				 flows->subject->client6),
		.flags = ACK,
		.seq = 1000,
		.ack = 1,
	};
}

static struct segment
from_mta(const struct flows *flows, uint32_t number)
{
	const struct reply_end *end = &flows->reply[number];
	struct segment segment = {
		.from = rig_mta(end->mta),
		.to = rig_local,
		.flags = ACK,
		.seq = 1,
		.ack = 1000,
	};

	/* In nat the MTA answers the client's own address. */
	segment.to.ip = flows->rig->snat.address[end->slot];
	segment.to.port = rte_be_to_cpu_16(end->local_port_be);
	if (flows->subject->service == RIG_NAT_TO4 ||
	    flows->subject->service == RIG_NAT_TO6) {
		segment.to.ip = client_of(flows, number).ip;
		segment.to.port = client_of(flows, number).port;
	}
	return segment;
}

static void
put(struct flows *flows, uint16_t port, const struct segment *segment)
{
	uint8_t frame[FRAME_BYTES_MAX] = {0};
	const uint16_t bytes = frame_tcp(frame, segment);

	rig_put(flows->rig, flows->worker, port, frame,
		(uint16_t)RTE_MAX(bytes, FRAME_BYTES_MIN));
}

void
flows_put(struct flows *flows, uint16_t port, uint32_t number)
{
	const struct segment segment = port == WAN ? from_client(flows, number)
						   : from_mta(flows, number);

	put(flows, port, &segment);
}

void
flows_put_syns(struct flows *flows, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		flows->client[flows->count] = next_client(flows);
		struct segment syn = from_client(flows, flows->count++);

		syn.flags = SYN;
		syn.seq = 0;
		put(flows, WAN, &syn);
	}
}

static uint16_t
poll_once(struct flows *flows)
{
	const uint16_t received = worker_poll(flows->rig->worker[flows->worker],
					      flows->rig->active);

	rig_flush_worker(flows->rig, flows->worker);
	return received;
}

static void
poll_all(struct flows *flows)
{
	while (poll_once(flows) > 0)
		continue;
}

/* Note the MTA's end of a session that was just opened. */
static void
note(struct flows *flows, uint32_t number)
{
	const struct session_table *table =
		&flows->rig->worker[flows->worker]->sessions;
	const struct mx_session *s = &table->file->session[number];
	const struct mx_session_wide ends = session_ends(table, s);

	rig_must(s->state == MX_SESSION_OPENING &&
		 s->client_port_be ==
			 rte_cpu_to_be_16(client_of(flows, number).port));
	flows->reply[number] = (struct reply_end){
		.local_port_be = s->local_port_be,
		.slot = s->snat_slot,
		.mta = (uint8_t)(rig_mta_number(&ends.server)),
	};
}

/* Make a segment for each session of a burst, by changing a plain one. */
static void
put_each(struct flows *flows, uint16_t port, uint32_t first, uint8_t flags,
	 uint32_t seq, uint32_t ack)
{
	const bool handshake = flags & SYN || port == LAN;

	for (uint32_t i = 0; i < BURST_MAX; i++) {
		struct segment segment = port == WAN
						 ? from_client(flows, first + i)
						 : from_mta(flows, first + i);

		segment.flags = flags;
		segment.seq = seq;
		segment.ack = ack;
		/* This establishes a session whose backend is not seen. */
		segment.payload_bytes = handshake ? 0 : 1;
		put(flows, port, &segment);
	}
}

void
flows_note(struct flows *flows, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		note(flows, first + i);
}

void
flows_put_synacks(struct flows *flows, uint32_t first)
{
	put_each(flows, LAN, first, SYN | ACK, 0, 1);
}

void
flows_put_acks(struct flows *flows, uint32_t first)
{
	put_each(flows, WAN, first, ACK, 1, 1);
}

void
flows_establish(struct flows *flows, uint32_t count)
{
	while (flows->count < count) {
		const uint32_t first = flows->count;

		flows_put_syns(flows, BURST_MAX);
		poll_all(flows);
		flows_note(flows, first, BURST_MAX);
		if (!subject_is_direct(flows->subject))
			flows_put_synacks(flows, first);
		poll_all(flows);
		flows_put_acks(flows, first);
		poll_all(flows);
		/* Acknowledge the whole PROXY header, if the session has
		 * one. */
		if (!subject_is_direct(flows->subject))
			put_each(flows, LAN, first, ACK, 1,
				 1 + MX_PROXY_HEADER_MAX);
		poll_all(flows);
	}
	flows->established = flows->count;
	/* Wait until the worker has done what follows a new plan. */
	while (flows->rig->worker[flows->worker]->recount != 0)
		poll_once(flows);
}

static uint64_t
draw(struct flows *flows)
{
	flows->random ^= flows->random << 13;
	flows->random ^= flows->random >> 7;
	flows->random ^= flows->random << 17;
	return flows->random >> 20;
}

static void
put_drawn(struct flows *flows, uint16_t port, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		flows_put(flows, port,
			  (uint32_t)draw(flows) % flows->established);
}

void
flows_put_in(struct flows *flows)
{
	put_drawn(flows, WAN, BURST_MAX);
}

void
flows_put_out(struct flows *flows)
{
	put_drawn(flows, LAN, BURST_MAX);
}

void
flows_put_both(struct flows *flows)
{
	flows_put_some(flows, BURST_MAX);
}

void
flows_put_some(struct flows *flows, uint32_t count)
{
	put_drawn(flows, flows->back ? LAN : WAN, count);
	flows->back = !flows->back;
}

void
flows_capture(struct flows *flows, const struct mx_capture_filter *filter)
{
	flows->ring = aligned_alloc(64, sizeof(*flows->ring));
	rig_must(flows->ring != NULL);
	memset(flows->ring, 0, sizeof(*flows->ring));
	flows->capture = capture_make(filter, flows->ring);
	rig_must(flows->capture != NULL);
	atomic_store(&flows->rig->worker[flows->worker]->capture,
		     flows->capture);
}

void
flows_capture_end(struct flows *flows)
{
	atomic_store(&flows->rig->worker[flows->worker]->capture, NULL);
	capture_free(flows->capture);
	free(flows->ring);
	flows->capture = NULL;
	flows->ring = NULL;
}

struct mx_capture_filter
flows_filter_other(const struct flows *flows)
{
	struct mx_capture_filter filter = {
		.has_from = 1,
		.bytes = MX_CAPTURE_BYTES,
		.from = client_number(flows, 0).ip,
	};

	filter.from.byte[15] = 0xff;
	memset(&filter.mask, 0xff, sizeof(filter.mask));
	return filter;
}

static void
empty_ring(struct mx_capture_ring *ring)
{
	rig_must(atomic_load(&ring->lost[WAN]) == 0 &&
		 atomic_load(&ring->lost[LAN]) == 0);
	atomic_store(&ring->tail, atomic_load(&ring->head));
}

double
flows_time(struct flows *flows, uint32_t bursts,
	   void (*put_burst)(struct flows *flows))
{
	const uint64_t limit = rte_get_tsc_hz() / 1000000 * TAKEN_AWAY_US;
	uint64_t cycles = 0;
	uint32_t counted = 0;

	for (uint32_t burst = 0; burst < bursts; burst++) {
		put_burst(flows);
		const uint64_t begin_tsc = rte_rdtsc();
		round_poll(flows->rig->worker[flows->worker],
			   flows->rig->active);
		const uint64_t its = rte_rdtsc() - begin_tsc;
		rig_flush_worker(flows->rig, flows->worker);
		if (flows->ring != NULL)
			empty_ring(flows->ring);
		if (its > limit)
			continue;
		cycles += its;
		counted++;
	}
	rig_must(counted > bursts / 2);
	return (double)cycles / (counted * BURST_MAX);
}
