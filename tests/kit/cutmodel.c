/* SPDX-License-Identifier: BSD-3-Clause */
#include "cutmodel.h"

#include <string.h>

#include "ending.h"
#include "proxyheader.h"
#include "sweep.h"
#include "watch.h"

#define SESSIONS 64
#define TSC_HZ (UINT64_C(1) << 50) /* as of the rig */
#define HOST "mx.example.org"
#define TEXT "421 4.3.2 " HOST " shutting down\r\n"
#define TEXT_BYTES ((uint32_t)sizeof(TEXT) - 1)
#define QUIT "QUIT\r\n"
#define QUIT_BYTES ((uint32_t)sizeof(QUIT) - 1)
#define SEGMENT_MAX 1200

struct rig *cutmodel_rig;

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void
store(struct cutmodel_inbox *inbox, uint32_t at, const struct segment *said)
{
	rig_must(at + said->payload_bytes < CUTMODEL_STREAM);
	for (uint32_t i = 0; i < said->payload_bytes; i++) {
		rig_must(!inbox->has[at + i] ||
			 inbox->byte[at + i] == said->payload[i]);
		inbox->has[at + i] = true;
		inbox->byte[at + i] = said->payload[i];
	}
	if (said->flags & FIN)
		inbox->fin = at + said->payload_bytes;
	while (inbox->has[inbox->next])
		inbox->next++;
}

uint32_t
cutmodel_got(const struct cutmodel_inbox *inbox)
{
	return inbox->next + (inbox->next == inbox->fin ? 1 : 0);
}

/* A segment of a stream leaves with the bytes that its sender said, and behind
 * `end` with those of `last`. */
static void
check_bytes(const struct segment *said, uint32_t at, const uint8_t *stream,
	    uint32_t end, const char *last)
{
	for (uint32_t i = 0; i < said->payload_bytes; i++)
		rig_must(said->payload[i] ==
			 (at + i < end ? stream[at + i]
				       : (uint8_t)last[at + i - end]));
}

static void
leaves_to_mta(struct cutmodel *m, const struct segment *said)
{
	const uint32_t at = said->seq - (m->c + 1 + m->shift);

	if (said->payload_bytes > 0)
		rig_must(at + said->payload_bytes <=
			 (m->is_cut ? m->cut + QUIT_BYTES : m->client_bytes));
	if (m->is_cut &&
	    (said->flags & (FIN | RST) || at + said->payload_bytes > m->cut)) {
		rig_must(m->at_client.next >= m->end);
		m->let_go = true;
	}
	check_bytes(said, at, m->client_said,
		    m->is_cut ? m->cut : m->client_bytes, QUIT);
	if (!m->is_cut && at + said->payload_bytes > m->passed &&
	    said->payload_bytes > 0)
		m->passed = at + said->payload_bytes;
	if (!m->lost && !(said->flags & RST) &&
	    (said->payload_bytes > 0 || said->flags & FIN))
		store(&m->at_mta, at, said);
}

static void
leaves_to_client(struct cutmodel *m, const struct segment *said)
{
	const uint32_t at = said->seq - (m->b - m->talk.ack_shift + 1);

	if (said->flags & RST) {
		rig_must(!m->is_cut || m->at_client.next >= m->end);
		return;
	}
	if (said->payload_bytes > 0)
		rig_must(at + said->payload_bytes <=
			 (m->is_cut ? m->end + TEXT_BYTES : m->mta.said));
	if (said->flags & FIN)
		rig_must(m->is_cut ? at + said->payload_bytes ==
					     m->end + TEXT_BYTES
				   : m->mta.phase == PLAINMTA_CLOSED);
	check_bytes(said, at, m->mta.reply, m->is_cut ? m->end : m->mta.said,
		    TEXT);
	if (!m->lost && (said->payload_bytes > 0 || said->flags & FIN))
		store(&m->at_client, at, said);
}

/* The session has just been cut.  Let a copy of the MTA read all that it has. */
static void
check_cut(struct cutmodel *m)
{
	static struct plainmta rest;

	m->is_cut = true;
	m->cut = m->entry->client_seq - (m->c + 1);
	m->end = m->entry->server_seq - (m->b - m->talk.ack_shift + 1);
	rig_must(m->end <= m->mta.said);
	rig_must(m->cut == m->passed && m->cut == m->at_mta.next);
	/* An MTA that closes the session reads no more of it. */
	if (m->mta.phase != PLAINMTA_CLOSED || m->end != m->mta.said)
		rig_must(m->mta.mail_ends[m->end] &&
			 m->mta.read_before[m->end - 1] == m->cut);
	rest = m->mta;
	while (plainmta_read(&rest, m->at_mta.byte, m->at_mta.next))
		;
	for (uint32_t i = 0; i < rest.accepted; i++)
		rig_must(rest.accepted_at[i] <= m->end);
}

bool
cutmodel_is_ending(const struct cutmodel *m)
{
	return atomic_load(&m->entry->state) == MX_SESSION_ENDING;
}

static void
take_frames(struct cutmodel *m)
{
	const uint8_t state = atomic_load(&m->entry->state);
	uint8_t out[FRAME_MAX];
	struct segment said;
	uint16_t bytes;

	if (!m->is_cut && state == MX_SESSION_ENDING)
		check_cut(m);
	/* Both ends have said all; what comes again passes. */
	if (m->is_cut && mx_session_is_over(state)) {
		rig_flush(cutmodel_rig);
		return;
	}
	for (uint16_t port = WAN; port <= LAN; port++) {
		while ((bytes = rig_get(cutmodel_rig, port, out)) > 0) {
			rig_must(frame_sums_are_right(out, bytes));
			frame_read(out, bytes, &said);
			if (said.flags & SYN)
				continue;
			if (port == WAN)
				leaves_to_client(m, &said);
			else
				leaves_to_mta(m, &said);
		}
	}
}

static void
put(struct cutmodel *m, uint16_t port, const struct segment *said)
{
	rig_send(cutmodel_rig, 0, port, said);
	rig_poll(cutmodel_rig);
	take_frames(m);
}

void
cutmodel_client_sends(struct cutmodel *m, uint32_t at, uint32_t bytes,
		      uint32_t ack)
{
	struct segment said = talk_in(&m->talk, ACK);

	said.seq = m->c + 1 + at;
	said.ack = m->b - m->talk.ack_shift + 1 + ack;
	said.payload = m->client_said + at;
	said.payload_bytes = (uint16_t)bytes;
	if (bytes > 0)
		said.flags |= PSH;
	if (m->client_closed && at + bytes == m->client_bytes)
		said.flags |= FIN;
	put(m, WAN, &said);
}

void
cutmodel_mta_sends(struct cutmodel *m, uint32_t at, uint32_t bytes,
		   uint32_t ack)
{
	struct segment said = talk_back(&m->talk, ACK);

	said.seq = m->b + 1 + at;
	said.ack = m->c + 1 + m->shift + ack;
	said.payload = m->mta.reply + at;
	said.payload_bytes = (uint16_t)bytes;
	if (bytes > 0)
		said.flags |= PSH;
	if (m->mta.phase == PLAINMTA_CLOSED && !m->open &&
	    at + bytes == m->mta.said)
		said.flags |= FIN;
	put(m, LAN, &said);
}

void
cutmodel_mta_reads(struct cutmodel *m, uint32_t bytes)
{
	const uint32_t whole = least(m->at_mta.next, PLAINMTA_BYTES);

	/* QUIT of mxsteer is no command of the client. */
	for (uint32_t i = 0; i < bytes; i++)
		if (!plainmta_read(&m->mta, m->at_mta.byte, whole))
			break;
}

void
cutmodel_exchange(struct cutmodel *m)
{
	const uint32_t at = least(cutmodel_got(&m->at_mta), m->client_bytes);

	cutmodel_client_sends(m, at, least(SEGMENT_MAX, m->client_bytes - at),
			      cutmodel_got(&m->at_client));
	cutmodel_mta_reads(m, PLAINMTA_BYTES);
	const uint32_t back = least(cutmodel_got(&m->at_client), m->mta.said);
	cutmodel_mta_sends(m, back, least(SEGMENT_MAX, m->mta.said - back),
			   cutmodel_got(&m->at_mta));
	cutmodel_client_sends(m, m->client_bytes, 0,
			      cutmodel_got(&m->at_client));
}

void
cutmodel_watch(bool wanted)
{
	for (int id = 1; id <= 6; id++) {
		struct mx_backend *row = &rig_plan(cutmodel_rig)->backend[id];

		row->watched = wanted;
		row->ends_s = wanted ? UINT32_MAX : 0;
	}
}

static void
make_rig(void)
{
	rig_start_dpdk();
	cutmodel_rig = rig_make_sized(1, SESSIONS, 2);
	for (int i = 0; i < RIG_SERVICES; i++) {
		struct mx_service *service =
			&rig_plan(cutmodel_rig)->service[i];

		service->host_bytes = sizeof(HOST) - 1;
		memcpy(service->host, HOST, sizeof(HOST) - 1);
	}
}

/* Send a segment of the handshake. */
static void
shake(uint16_t port, struct segment said, uint32_t seq, uint32_t ack)
{
	said.seq = seq;
	said.ack = ack;
	rig_send(cutmodel_rig, 0, port, &said);
	rig_poll(cutmodel_rig);
}

static uint8_t
header_bytes(const struct talk *talk)
{
	uint8_t header[MX_PROXY_HEADER_MAX];
	const struct mx_endpoint client = {talk->client.ip,
					   rte_cpu_to_be_16(talk->client.port)};
	const struct mx_endpoint vip = {talk->vip.ip,
					rte_cpu_to_be_16(talk->vip.port)};

	if (talk->service < RIG_V1_TO4)
		return 0;
	return mx_proxy_write(
		header, talk->service < RIG_V2_TO4 ? MX_PROXY_V1 : MX_PROXY_V2,
		&client, &vip);
}

void
cutmodel_open(struct cutmodel *m, const struct cutmodel_way *way,
	      unsigned style, uint16_t port)
{
	const struct end client = talk_client(way->six, port);
	uint8_t out[FRAME_MAX];
	struct segment said;

	if (cutmodel_rig == NULL)
		make_rig();
	cutmodel_watch(false);
	/* The numbers wrap. */
	memset(m, 0, sizeof(*m));
	m->c = UINT32_MAX - 60;
	m->b = UINT32_MAX - 90;
	m->at_client.fin = m->at_mta.fin = UINT32_MAX;
	cutmodel_rig->told = way->told;
	m->talk = talk_make(cutmodel_rig, way->service, &client);
	m->shift = header_bytes(&m->talk);
	shake(WAN, talk_in(&m->talk, SYN), m->c, 0);
	frame_read(out, rig_get(cutmodel_rig, LAN, out), &said);
	m->talk.local = said.from;
	m->talk.mta = rig_mta(said.to.mac.addr_bytes[5]);
	m->entry = talk_session(&m->talk);
	rig_must(m->entry != NULL);
	talk_tell(&m->talk);
	shake(LAN, talk_back(&m->talk, SYN | ACK), m->b, m->c + 1);
	shake(WAN, talk_in(&m->talk, ACK), m->c + 1,
	      m->b - m->talk.ack_shift + 1);
	shake(LAN, talk_back(&m->talk, ACK), m->b + 1, m->c + 1 + m->shift);
	rig_flush(cutmodel_rig);
	plainmta_begin(&m->mta, style);
	cutmodel_exchange(m);
	rig_must(atomic_load(&m->entry->state) == MX_SESSION_ESTABLISHED);
	rig_must(m->at_client.next == m->mta.said);
}

void
cutmodel_free(struct cutmodel *m)
{
	if (atomic_load(&m->entry->state) != MX_SESSION_FREE)
		worker_session_end(cutmodel_rig->worker[0], m->entry);
	/* What waits for the session is forgotten. */
	rig_pass_ms(cutmodel_rig, 60000);
	rig_flush(cutmodel_rig);
}

void
cutmodel_pass_ms(struct cutmodel *m, uint32_t ms)
{
	rig_pass_ms(cutmodel_rig, ms);
	take_frames(m);
}

/* A restart of the whole rig would take milliseconds. */
void
cutmodel_restart(struct cutmodel *m)
{
	struct worker *w = cutmodel_rig->worker[0];

	watch_free(w);
	w->ends_waiting = 0;
	rig_must(watch_make(w, TSC_HZ) == 0);
	if (cutmodel_is_ending(m))
		ending_resume(w, m->entry);
	take_frames(m);
}

uint32_t
cutmodel_read_for(const struct cutmodel *m, uint32_t at, uint32_t bytes)
{
	const uint32_t last = at + bytes;

	return last == 0 ? 0 : m->mta.read_before[last - 1];
}
