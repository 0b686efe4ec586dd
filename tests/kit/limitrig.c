/* SPDX-License-Identifier: BSD-3-Clause */
#include "limitrig.h"

#include "limit.h"

void
limitrig_setup(void)
{
	rig = rig_make(2);
}

struct mx_client_limits
limitrig_limits(uint32_t sessions, uint32_t prefix_sessions)
{
	return (struct mx_client_limits){
		.sessions = sessions,
		.prefix_sessions = prefix_sessions,
		.prefix4 = 96 + 24,
		.prefix6 = 64,
		.used = 1,
		.answer = MX_ANSWER_RESET,
	};
}

void
limitrig_set(uint32_t sessions, uint32_t prefix_sessions)
{
	const struct mx_client_limits some =
		limitrig_limits(sessions, prefix_sessions);

	rig_set_limits(rig, &some);
}

/* What the table says of the first bits of an address. */
struct clients_seen
limitrig_seen(enum rig_service service, const struct mx_addr *addr,
	      uint8_t bits)
{
	const struct clients *clients = limiter_of(rig->worker[0])->clients;
	const struct mx_addr first = mx_addr_first(addr, bits);

	return clients_look(
		clients, clients_key(clients, (uint8_t)service, &first, bits),
		rig->worker[0]->now_s);
}

/* The sum of all sessions in the table. */
uint64_t
limitrig_sum(void)
{
	const struct clients *clients = limiter_of(rig->worker[0])->clients;
	uint64_t sessions = 0;

	for (uint32_t b = 0; b < clients->buckets; b++)
		for (uint32_t i = 0; i < CLIENTS_BUCKET_ENTRIES; i++)
			sessions += clients->bucket[b].count[i] >> 8 & 0xffffff;
	return sessions;
}

/* Client n of few, of few /24. */
struct end
limitrig_client(uint32_t n, uint16_t port)
{
	struct end end = talk_client(false, port);

	end.ip.byte[14] = (uint8_t)(n % 3);
	end.ip.byte[15] = (uint8_t)n;
	return end;
}

/* A segment of a client by any worker's port: others hand it over. */
void
limitrig_send(struct talk *talk, uint8_t flags)
{
	const struct segment said = talk_in(talk, flags);

	rig_send(rig, 0, WAN, &said);
	rig_poll(rig);
}

/* Open a session up to its banner.  Returns whether it is there. */
bool
limitrig_opens(struct talk *talk)
{
	struct segment said;

	limitrig_send(talk, SYN);
	if (talk_session(talk) == NULL)
		return false;
	said = talk_next(rig, LAN);
	talk->local = said.from;
	talk->mta = rig_mta(said.to.mac.addr_bytes[5]);
	rig_flush(rig);
	said = talk_back(talk, SYN | ACK);
	rig_send(rig, 0, LAN, &said);
	rig_poll(rig);
	rig_flush(rig);
	limitrig_send(talk, ACK);
	if (talk_session(talk) == NULL)
		return false;
	rig_flush(rig);
	said = talk_back(talk, ACK | PSH);
	said.payload_bytes = 30;
	rig_send(rig, 0, LAN, &said);
	rig_poll(rig);
	rig_flush(rig);
	return true;
}

bool
limitrig_opens_from(const struct end *from, enum rig_service service)
{
	struct talk talk = talk_make(rig, service, from);
	const bool opened = limitrig_opens(&talk);

	rig_flush(rig);
	return opened;
}

/* Take a session to where its client's ACK is due. */
void
limitrig_almost_open(struct talk *talk)
{
	limitrig_send(talk, SYN);
	const struct segment sent = talk_next(rig, LAN);
	talk->local = sent.from;
	talk->mta = rig_mta(sent.to.mac.addr_bytes[5]);
	const struct segment answer = talk_back(talk, SYN | ACK);
	rig_send(rig, 0, LAN, &answer);
	rig_poll(rig);
	rig_flush(rig);
}
