/* SPDX-License-Identifier: BSD-3-Clause */
/* Only mxsteer writes a PROXY header, and no sender completes a handshake
 * without having seen the SYN-ACK.  Method: libFuzzer.  An input is one session
 * and what a stranger sends on the clients' side: as its client, whose numbers
 * it knows, and in the name of its MTA.  A plain model of the MTA's TCP stands
 * on the other side and answers when the input says so.  Two oracles:
 *
 *   bytes   what reaches the MTA at the place of the header, before the MTA has
 *           it, is the header that mx_proxy_write() writes;
 *   states  a session is half-open or over unless the stranger was given the
 *           MTA's first number, which only one step in eight may use.
 *
 * One port may lead to clients and MTAs: then the stranger has another MAC
 * address than the MTA.
 *
 *   service, {what, flags, number[2], ack, bytes}...
 */
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "proxyheader.h"
#include "talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD 1
#define STEP 6
#define STEPS_MAX 24
#define MTAS 6
#define MTA_PORT 25
#define SERVICES (RIG_SERVICES - RIG_V1_TO4)
#define FIRST_PORT 1024

/* Bits of the service. */
#define SERVICE_SIX 1
#define SERVICE_ONE_PORT 0x80

/* The kinds of steps. */
enum what {
	CLIENT, /* a segment from the client */
	AS_MTA, /* a segment with the MTA's addresses, from the clients' side */
	ANSWER, /* the MTA's SYN-ACK */
	TAKEN,  /* the MTA acknowledges what it has */
	LATER,  /* the timer of headers */
	SYN_AGAIN,
	WHATS,
};

/* A bit of `what` above its number. */
#define WHAT_WRONG_SUM 0x40

/* The session, and the MTA's side of it. */
struct model {
	struct rig *rig;
	uint16_t mta_port;
	struct talk talk;
	uint32_t c; /* the client's SYN */
	uint32_t b; /* the MTA's */
	uint8_t shift;
	uint8_t header[MX_PROXY_HEADER_MAX];
	bool listens; /* the MTA has had the SYN, and no header yet */
	bool has;     /* the MTA has the header */
	bool known;   /* the stranger has used the MTA's first number */
};

/* rigs[1]: one port for clients and MTAs. */
static struct rig *rigs[2];

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* A number that no input can foresee: any change of the input changes the
 * number. */
static uint32_t
number_of(const uint8_t *data, size_t size)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
	return (uint32_t)(hash ^ hash >> 32);
}

/* Is a byte that reaches the MTA in the header's place? */
static void
check_byte(const struct model *m, uint32_t seq, uint8_t byte)
{
	const uint32_t at = seq - (m->c + 1);

	must(at >= m->shift || byte == m->header[at]);
}

/* Is a segment of the session?  Timers repeat headers of earlier inputs. */
static bool
is_of_session(const struct model *m, const struct segment *said)
{
	return said->from.port == m->talk.local.port &&
	       mx_addr_equal(&said->from.ip, &m->talk.local.ip) &&
	       mx_addr_equal(&said->to.ip, &m->talk.mta.ip);
}

/* A SYN reaches the MTA, which has one session of these ends at a time. */
static void
mta_hears_syn(struct model *m, const struct segment *said)
{
	if (is_of_session(m, said) && (m->listens || m->has))
		return;
	m->talk.local = said->from;
	m->talk.mta = said->to;
	m->c = said->seq;
	m->listens = true;
	m->has = false;
}

/* The MTA gets one segment whose checksum is right. */
static void
mta_hears(struct model *m, const struct segment *said)
{
	const uint32_t first = said->seq + ((said->flags & SYN) != 0);

	if ((said->flags & (SYN | ACK | RST)) == SYN)
		mta_hears_syn(m, said);
	if (!m->listens || !is_of_session(m, said))
		return;
	if (said->flags & RST) {
		m->listens = said->seq != m->c + 1;
		return;
	}
	for (uint16_t i = 0; i < said->payload_bytes; i++)
		check_byte(m, first + i, said->payload[i]);
	if (first == m->c + 1 && said->payload_bytes >= m->shift &&
	    said->flags & ACK && said->ack == m->b + 1) {
		must(m->known || m->mta_port == WAN);
		m->listens = false;
		m->has = true;
	}
}

static void
drain(struct model *m)
{
	uint8_t out[FRAME_MAX];
	struct segment said;
	uint16_t bytes;

	while ((bytes = rig_get(m->rig, m->mta_port, out)) > 0) {
		frame_read(out, bytes, &said);
		if (said.to.port == MTA_PORT &&
		    frame_sums_are_right(out, bytes))
			mta_hears(m, &said);
	}
	rig_flush(m->rig);
}

/* Make the checksum wrong, but not equal to the sum of the pseudo-header, which
 * a software port would complete. */
static void
spoil_sum(uint8_t *frame)
{
	const bool four = frame_is4(frame);
	uint8_t *ip = frame + RTE_ETHER_HDR_LEN;
	struct rte_tcp_hdr *tcp = (void *)(ip + (four ? 20 : 40));
	const uint16_t partial =
		four ? rte_ipv4_phdr_cksum((const void *)ip, 0)
		     : rte_ipv6_phdr_cksum((const void *)ip, 0);

	tcp->cksum ^= 0x5555;
	if (tcp->cksum == partial)
		tcp->cksum ^= 0x0f0f;
}

static void
put(struct model *m, uint16_t port, const struct segment *said, bool wrong_sum)
{
	uint8_t frame[FRAME_MAX];
	const uint16_t bytes = frame_tcp(frame, said);

	if (wrong_sum)
		spoil_sum(frame);
	rig_put(m->rig, 0, port, frame, bytes);
	rig_poll(m->rig);
	drain(m);
}

/* Send a segment of the stranger.  Its data are what a header might begin
 * with. */
static void
stranger(struct model *m, const uint8_t *step)
{
	static const uint8_t lie[] =
		"PROXY TCP4 127.0.0.1 198.51.100.25 1025 25\r\n"
		"PROXY TCP4 127.0.0.1 198.51.100.25 1025 25\r\n";
	const bool wrong_sum = step[0] & WHAT_WRONG_SUM;
	const bool as_mta = step[0] % 64 % WHATS == AS_MTA;
	const bool knows = step[4] % 8 == 0;
	const int32_t off = (int16_t)(step[2] << 8 | step[3]);
	const uint32_t place = m->c + 1 + (uint32_t)off;
	const uint32_t guess = (uint32_t)step[4] << 24;
	struct segment said = as_mta ? talk_back(&m->talk, step[1] & 0x1f)
				     : talk_in(&m->talk, step[1] & 0x1f);

	if (as_mta) {
		said.seq = knows ? m->b : guess;
		said.ack = place;
		said.to.mac = rig_vip.mac;
		said.from.mac = m->talk.client.mac;
	} else {
		said.seq = place;
		said.ack = knows ? m->b + 1 : guess;
		m->known |= knows && said.flags & ACK && !wrong_sum;
	}
	said.payload = lie;
	said.payload_bytes = step[5] % sizeof(lie);
	put(m, WAN, &said, wrong_sum);
}

static void
take_step(struct model *m, const uint8_t *step)
{
	struct segment said;

	switch (step[0] % 64 % WHATS) {
	case ANSWER:
		if (!m->listens && !m->has)
			return;
		said = talk_back(&m->talk, SYN | ACK);
		said.seq = m->b;
		said.ack = m->c + 1;
		put(m, m->mta_port, &said, false);
		break;
	case TAKEN:
		if (!m->has)
			return;
		said = talk_back(&m->talk, ACK);
		said.seq = m->b + 1;
		said.ack = m->c + 1 + m->shift;
		put(m, m->mta_port, &said, false);
		break;
	case LATER:
		rig_pass_ms(m->rig, 700);
		drain(m);
		break;
	case SYN_AGAIN:
		said = talk_in(&m->talk, SYN);
		said.seq = m->c;
		put(m, WAN, &said, false);
		break;
	default:
		stranger(m, step);
		break;
	}
}

static void
open_model(struct model *m, uint8_t service, uint16_t port, uint32_t number)
{
	const bool six = service & SERVICE_SIX;
	const bool one_port = service & SERVICE_ONE_PORT;
	const struct end client = talk_client(six, port);
	const enum rig_service at = (enum rig_service)(
		RIG_V1_TO4 + service % SERVICE_ONE_PORT / 2 % SERVICES);
	struct mx_endpoint ends[2];
	struct segment said;

	*m = (struct model){.rig = rigs[one_port],
			    .mta_port = one_port ? WAN : LAN,
			    .talk = talk_make(rigs[one_port], at, &client),
			    .c = number,
			    .b = number * 0x9e3779b1u};
	ends[0] = (struct mx_endpoint){client.ip, rte_cpu_to_be_16(port)};
	ends[1] = (struct mx_endpoint){m->talk.vip.ip,
				       rte_cpu_to_be_16(m->talk.vip.port)};
	m->shift = mx_proxy_write(m->header,
				  at < RIG_V2_TO4 ? MX_PROXY_V1 : MX_PROXY_V2,
				  &ends[0], &ends[1]);
	said = talk_in(&m->talk, SYN);
	said.seq = m->c;
	put(m, WAN, &said, false);
}

static void
make_rigs(void)
{
	rig_start_dpdk();
	rigs[0] = rig_make(1);
	rigs[1] = rig_make(1);
	for (int id = 1; id <= MTAS; id++)
		rig_plan(rigs[1])->backend[id].port = WAN;
	rig_restart(rigs[1]);
}

static void
check_state(const struct model *m)
{
	const uint8_t state = talk_state(&m->talk);

	must(m->known || m->has || state == MX_SESSION_FREE ||
	     state == MX_SESSION_OPENING || state == MX_SESSION_ANSWERED ||
	     mx_session_is_over(state));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint16_t port = FIRST_PORT;
	struct model m;

	if (rigs[0] == NULL)
		make_rigs();
	if (size < HEAD + STEP || size > HEAD + STEP * STEPS_MAX)
		return 0;
	open_model(&m, data[0], port, number_of(data, size));
	for (size_t at = HEAD; at + STEP <= size; at += STEP)
		take_step(&m, data + at);
	check_state(&m);
	if (++port == UINT16_MAX)
		port = FIRST_PORT;
	/* Remove the session, since sessions would fill the table. */
	if (port % 512 == 0) {
		rig_pass_s(rigs[0], 1000);
		rig_pass_s(rigs[1], 1000);
	}
	return 0;
}
