/* SPDX-License-Identifier: BSD-3-Clause */
/* The PROXY header and the shift behind it, and numbers that another gave the
 * client, against a naive twin.
 * Method: two small TCPs talk over links that lose, double and reorder.  Each
 * segment in the middle goes through real worker_poll(), and through a model
 * that keeps the header as a string in front of the client's stream.  Both must
 * send the same frames.  Both streams must arrive whole, the client's behind
 * the header.  Thousands of exchanges, fixed seeds. */
#include <stdlib.h>
#include <string.h>

#include "proxytalk.h"
#include "runner.h"
#include "sanitized.h"
#include "tcppeer.h"

#define EXCHANGES (SANITIZED ? 200u : 400u) /* of each kind */
#define TICK_MS 100
#define TICKS_MAX 600
#define LINK_MAX 512

/* One direction of a link. */
struct link {
	uint16_t count;
	struct packet packet[LINK_MAX];
};

/* The model's state.  The client's stream, as the backend gets it, is the
 * header and then the client's own bytes. */
struct model {
	bool answered;   /* the backend's SYN-ACK has passed */
	bool sent;       /* the header */
	bool has_header; /* the backend has acknowledged it */
	int sends;
	int ticks; /* until it is sent again; 0: never */
};

static const struct kind {
	enum rig_service service;
	bool told; /* the client was told other numbers than the backend's */
} kinds[] = {
	{RIG_V1_TO4, false},     {RIG_V1_TO6, false}, {RIG_V2_TO4, false},
	{RIG_V2_TO6, false},     {RIG_V1_TO4, true},  {RIG_V1_TO6, true},
	{RIG_V2_TO4, true},      {RIG_V2_TO6, true},  {RIG_FULLNAT_TO4, true},
	{RIG_FULLNAT_TO6, true},
};

static struct rig *rig;
static struct proxytalk p;
static struct peer client, server;
static struct model model;
static uint32_t loss_percent;
static struct link to_mid_in, to_server, to_mid_back, to_client;

static void
teardown(void)
{
	rig_free(rig);
}

static void
add(struct link *link, const struct segment *segment)
{
	for (int copies = rand() % 10 == 0 ? 2 : 1; copies > 0; copies--) {
		if ((uint32_t)rand() % 100 < loss_percent ||
		    link->count == LINK_MAX)
			continue;
		struct packet *packet = &link->packet[link->count++];
		packet->segment = *segment;
		if (segment->payload_bytes > 0)
			memcpy(packet->data, segment->payload,
			       segment->payload_bytes);
		packet->segment.payload = packet->data;
		/* It may overtake those before it. */
		for (uint16_t i = link->count - 1; i > 0 && rand() % 5 == 0;
		     i--) {
			const struct packet other = link->packet[i - 1];
			link->packet[i - 1] = link->packet[i];
			link->packet[i] = other;
			link->packet[i - 1].segment.payload =
				link->packet[i - 1].data;
			link->packet[i].segment.payload = link->packet[i].data;
		}
	}
}

/* Move segments from the peers into their links, as segments of the talk. */
static void
client_sends(void *arg, const struct segment *said)
{
	struct segment segment = *said;

	(void)arg;
	segment.from = p.talk.client;
	segment.to = p.talk.vip;
	add(&to_mid_in, &segment);
}

static void
server_sends(void *arg, const struct segment *said)
{
	struct segment segment = *said;

	(void)arg;
	segment.from = p.talk.mta;
	segment.to = p.talk.local;
	segment.to.mac = rig_local.mac;
	add(&to_mid_back, &segment);
}

/* A frame from the data plane must equal the model's.  Then it goes on. */
static void
expect(uint16_t port, const struct segment *expected)
{
	struct segment left = *expected;

	talk_assert_left(rig, port, expected);
	left.ttl = 0;
	add(port == LAN ? &to_server : &to_client, &left);
}

static void
expect_header(uint32_t ack, uint16_t window)
{
	const struct segment header = proxytalk_header(&p, ack, window);

	expect(LAN, &header);
}

/* Timestamps and the like become no-operations. */
static void
hide(struct segment *segment)
{
	if (segment->flags & SYN && segment->option_bytes == 20)
		memset(segment->option + 6, 1, 10);
}

/* The client's offset in the stream that the backend sees. */
static void
model_in(const struct segment *said)
{
	const int32_t at = (int32_t)(said->seq - (client.iss + 1));
	const bool bare = said->payload_bytes == 0 && !(said->flags & FIN);
	struct segment left = talk_left_in(&p.talk, *said);

	if (said->flags & SYN) {
		hide(&left);
		expect(LAN, &left);
		return;
	}
	if (!model.answered)
		return; /* the backend gets nothing before the header */
	if (!model.sent) {
		model.sent = true;
		model.ticks = 2;
		model.sends = 1;
		expect_header(said->ack + p.talk.ack_shift, said->window);
		if (at < 0 || (at == 0 && bare))
			return; /* it was only sent with the header */
	} else if (!model.has_header && at <= 0) {
		expect_header(said->ack + p.talk.ack_shift, said->window);
		if (at < 0 || bare)
			return;
	}
	left.seq = client.iss + 1 + p.shift + (uint32_t)at;
	expect(LAN, &left);
}

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

/* Blocks in the client's own stream.  If one is in the header, there are
 * none. */
static void
model_sack(struct segment *left)
{
	uint8_t *option = left->option;
	const uint8_t bytes = option[3];

	if (left->option_bytes < 4 || option[2] != 5)
		return;
	for (int i = 4; i < 2 + bytes; i += 4) {
		const uint32_t offset = get32(option + i) - (client.iss + 1);

		if (offset < p.shift) {
			memset(option + 2, 1, bytes);
			return;
		}
		const uint32_t own = client.iss + 1 + (offset - p.shift);
		memcpy(option + i,
		       (uint8_t[]){(uint8_t)(own >> 24), (uint8_t)(own >> 16),
				   (uint8_t)(own >> 8), (uint8_t)own},
		       4);
	}
}

static void
model_back(const struct segment *said)
{
	const uint32_t got = said->ack - (client.iss + 1);
	struct segment left = talk_left_back(&p.talk, *said);

	if (said->flags & SYN) {
		model.answered = true;
		hide(&left);
		left.window = (uint16_t)(left.window - p.shift);
	} else if (!model.has_header && got < p.shift) {
		left.ack = client.iss + 1;
		left.window = (uint16_t)(left.window - p.shift);
		model_sack(&left);
	} else {
		model.has_header = true;
		left.ack = client.iss + 1 + (got - p.shift);
		model_sack(&left);
	}
	expect(WAN, &left);
}

/* Let time pass for both. */
static void
pass_time(void)
{
	static const int then[] = {0, 4, 8, 14, 0};

	rig_pass_ms(rig, TICK_MS);
	if (model.ticks == 0 || --model.ticks > 0)
		return;
	if (model.has_header)
		return;
	expect_header(server.iss + 1, 4096);
	model.ticks = then[model.sends++];
}

/* Everything on a link goes through the middle. */
static void
through_the_middle(struct link *link, uint16_t port,
		   void (*twin)(const struct segment *))
{
	for (uint16_t i = 0; i < link->count; i++) {
		const struct segment *said = &link->packet[i].segment;

		talk_send(&p.talk, port, said);
		twin(said);
		talk_assert_silence(rig);
	}
	link->count = 0;
}

static void
arrive(struct link *link, struct peer *peer)
{
	static struct link arrived;

	arrived = *link; /* what it answers waits for the next round */
	link->count = 0;
	for (uint16_t i = 0; i < arrived.count; i++) {
		arrived.packet[i].segment.payload = arrived.packet[i].data;
		peer_hear(peer, &arrived.packet[i].segment);
	}
}

/* The number that the client is told in the place of the backend's: any, or
 * one that wraps within the stream. */
static uint32_t
told_number(void)
{
	return rand() % 2 ? (uint32_t)rand() * 2u
			  : 0u - (uint32_t)rand() % 3000;
}

/* The first SYN, which shows the session's backend. */
static void
begin(const struct kind *kind, bool six, uint32_t exchange)
{
	p = proxytalk_make(rig, kind->service, six);
	p.talk.client.port = (uint16_t)(1024 + exchange);
	p.c = (uint32_t)rand() * 2u;
	p.b = (uint32_t)rand() * 2u;
	p.talk.ack_shift = kind->told ? p.b - told_number() : 0;
	proxytalk_syn(&p);
	model = (struct model){.sent = p.shift == 0,
			       .has_header = p.shift == 0};
	to_mid_in.count = to_server.count = 0;
	to_mid_back.count = to_client.count = 0;
	peer_init(&client, (uint32_t)rand() % 3000, exchange);
	peer_init(&server, 1 + (uint32_t)rand() % 3000, ~exchange);
	client.iss = p.c;
	server.iss = p.b;
	client.send = client_sends;
	server.send = server_sends;
	client.silent = rand() % 2; /* or an early talker */
	/* Under SYN cookies.  Without a header nobody repeats what a silent
	 * client's lost ACK was to bring. */
	server.forgets = rand() % 2 && p.shift > 0;
	loss_percent = (uint32_t)(rand() % 3) * 8;
	peer_call(&client);
}

static void
exchange_all(void)
{
	for (int tick = 0; tick < TICKS_MAX; tick++) {
		through_the_middle(&to_mid_in, WAN, model_in);
		arrive(&to_server, &server);
		through_the_middle(&to_mid_back, LAN, model_back);
		arrive(&to_client, &client);
		if (peer_is_done(&client) && peer_is_done(&server))
			return;
		pass_time();
		peer_tick(&client);
		/* It sends once the handshake is complete. */
		if (server.state != PEER_OPEN || server.in_next >= p.shift)
			peer_tick(&server);
	}
}

START_TEST(both_streams_arrive_and_every_frame_is_the_models)
{
	const struct kind *kind = &kinds[_i / 2];

	rig = rig_make(1);
	srand((unsigned)(1000 + _i));
	for (uint32_t i = 0; i < EXCHANGES; i++) {
		begin(kind, _i % 2, i);
		exchange_all();
		ck_assert_msg(peer_is_done(&client) && peer_is_done(&server),
			      "exchange %u", i);
		ck_assert_uint_eq(server.in_next, p.shift + client.out_bytes);
		ck_assert_mem_eq(server.in, p.header, p.shift);
		ck_assert_mem_eq(server.in + p.shift, client.out,
				 client.out_bytes);
		ck_assert_uint_eq(client.in_next, server.out_bytes);
		ck_assert_mem_eq(client.in, server.out, server.out_bytes);
		proxytalk_free(&p);
	}
	ck_assert_uint_eq(rig->count[0].proxy_given_up, 0);
	ck_assert_uint_eq(rig->count[0].proxy_resent > 0, p.shift > 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("shift");
	TCase *t = tcase_create("shift");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t,
			    both_streams_arrive_and_every_frame_is_the_models,
			    0, 2 * (int)RTE_DIM(kinds));
	suite_add_tcase(s, t);
	return s;
}
