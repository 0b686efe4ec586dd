/* SPDX-License-Identifier: BSD-3-Clause */
/* No drain doubles a mail, whatever client and MTA say and the network loses.
 * Method: libFuzzer.  An input is one session of a backend whose sessions are to
 * end from some step on.  Its client says what the input wants, in segments that
 * come in any order, again, or never.  A plain model of an MTA (plainmta.h) reads
 * what reaches it.   cutmodel.h says
 * what must be true of each segment; and once nothing is lost any more, a session
 * that is cut ends.
 *
 *   service, style, {what, at, bytes, how}...
 */
#include <string.h>

#include "cutmodel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD 2
#define STEP 4
#define STEPS_MAX 100
#define FIRST_PORT 1024

/* Bits of the service byte, above the number of the service. */
#define SERVICE_SIX 0x20
#define SERVICE_TOLD 0x40
#define SERVICE_WATCHED 0x80 /* from the first byte on */

enum what {
	SAY,      /* the client's program says something */
	SEND,     /* the client sends a segment */
	READ,     /* the MTA reads */
	REPLY,    /* the MTA sends a segment */
	EXCHANGE, /* all of both, without a loss */
	LATER,    /* time passes */
	WATCH,    /* the operator wants the sessions to end, or no more */
	CLOSE,    /* the client, or the MTA, has no more to say */
	RESTART,  /* another process takes over */
	WHATS,
};

/* Bits of `how`. */
#define HOW_LOST 1 /* what leaves mxsteer does not arrive */
#define HOW_OLD 2  /* an older acknowledgement */
#define HOW_OPEN 4 /* the FIN comes later */
#define HOW_BITS 8 /* above: how much older */

/* What the client says. */
static const char *const sayings[] = {
	"EHLO c\r\n",
	"MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n",
	"MAIL FROM:<a> BODY=8BITMIME\r\n",
	"RCPT TO:<b>\r\n",
	"DATA\r\n",
	"data\n",
	"A: b\r\n\r\n..\xc3\xa9\r\n",
	"\r\n.\r\n",
	".\r\n",
	"\n.\n",
	"\r.\r",
	"BDAT 5 LAST\r\n\r\n.\r\n",
	"BDAT 12\r\nDATA\r\n\r\n.\r\n",
	"BDAT 0 LAST\r\n",
	"RSET\r\n",
	"NOOP\r\n",
	"VRFY x\r\n",
	"AUTH PLAIN AA==\r\n",
	"AUTH LOGIN\r\n",
	"STARTTLS\r\n",
	"QUIT\r\n",
	"\x17\x03\x03\x30\x31",
	"HELO c\r\n",
	"x",
	"MAIL FROM:<a>\r\nRCPT TO:<b>\r\nBDAT 3 LAST\r\n.\r\n",
	"\r\n.\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n",
	/* Another mail behind what only a lenient MTA takes for a dot. */
	"\n.\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n\r\n.\r\n",
	"\r.\rMAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n\r\n.\r\n",
	/* One who does not wait for 354. */
	"DATA\r\n.\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n",
};

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void
open_session(struct cutmodel *m, uint8_t service, uint8_t style, uint16_t port)
{
	static const enum rig_service services[] = {
		RIG_NAT_TO4,     RIG_NAT_TO6, RIG_FULLNAT_TO4,
		RIG_FULLNAT_TO6, RIG_V1_TO4,  RIG_V2_TO6};
	const enum rig_service at = services[service % 16 % RTE_DIM(services)];
	const struct cutmodel_way way = {
		.service = at,
		.six = at == RIG_NAT_TO6 ||
		       (at != RIG_NAT_TO4 && service & SERVICE_SIX),
		.told = service & SERVICE_TOLD,
	};

	cutmodel_open(m, &way, style, port);
	cutmodel_watch(service & SERVICE_WATCHED);
}

static void
say(struct cutmodel *m, const char *text)
{
	const uint32_t bytes = (uint32_t)strlen(text);

	if (m->client_closed || m->client_bytes + bytes > PLAINMTA_BYTES)
		return;
	memcpy(m->client_said + m->client_bytes, text, bytes);
	m->client_bytes += bytes;
}

static void
send_some(struct cutmodel *m, const uint8_t *step)
{
	const uint32_t known = least(cutmodel_got(&m->at_mta), m->client_bytes);
	const uint32_t at = least(known + step[1], m->client_bytes);
	const uint32_t old = step[3] & HOW_OLD ? step[3] / HOW_BITS : 0;

	cutmodel_client_sends(m, at, least(step[2], m->client_bytes - at),
			      cutmodel_got(&m->at_client) -
				      least(old, cutmodel_got(&m->at_client)));
}

static void
reply_some(struct cutmodel *m, const uint8_t *step)
{
	const uint32_t known = least(cutmodel_got(&m->at_client), m->mta.said);
	const uint32_t at = least(known + step[1], m->mta.said);
	const uint32_t bytes = least(step[2], m->mta.said - at);
	const uint32_t needed = cutmodel_read_for(m, at, bytes);
	const uint32_t old = step[3] & HOW_OLD ? step[3] / HOW_BITS : 0;
	const uint32_t all = cutmodel_got(&m->at_mta);

	cutmodel_mta_sends(m, at, bytes,
			   all - old > needed && old < all ? all - old : all);
}

static void
take_step(struct cutmodel *m, const uint8_t *step)
{
	static const uint32_t pauses_ms[] = {0, 400, 1600, 60000};

	m->lost = step[3] & HOW_LOST;
	m->open = step[3] & HOW_OPEN;
	switch (step[0] % WHATS) {
	case SAY:
		say(m, sayings[step[1] % RTE_DIM(sayings)]);
		if (step[2] & 1)
			cutmodel_exchange(m);
		break;
	case SEND:
		send_some(m, step);
		break;
	case READ:
		cutmodel_mta_reads(m, step[2]);
		break;
	case REPLY:
		reply_some(m, step);
		break;
	case EXCHANGE:
		cutmodel_exchange(m);
		break;
	case LATER:
		cutmodel_pass_ms(m, pauses_ms[step[1] % RTE_DIM(pauses_ms)]);
		break;
	case WATCH:
		cutmodel_watch(step[1] % 4 > 0);
		break;
	case CLOSE:
		if (step[1] & 1)
			plainmta_close(&m->mta);
		else
			m->client_closed = true;
		break;
	case RESTART:
		cutmodel_restart(m);
		break;
	}
	m->lost = m->open = false;
}

/* Nothing is lost any more: a session that was cut ends. */
static void
finish(struct cutmodel *m)
{
	for (int i = 0; i < 4 && cutmodel_is_ending(m); i++) {
		cutmodel_exchange(m);
		cutmodel_pass_ms(m, 1600);
	}
	if (cutmodel_is_ending(m)) {
		rig_must(m->at_client.next >= m->end);
		rig_must(m->let_go);
		cutmodel_pass_ms(m, 60000);
		rig_must(!cutmodel_is_ending(m));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint16_t port = FIRST_PORT;
	static struct cutmodel m;

	if (size < HEAD + STEP || size > HEAD + STEP * STEPS_MAX)
		return 0;
	open_session(&m, data[0], data[1], port);
	for (size_t at = HEAD; at + STEP <= size; at += STEP)
		take_step(&m, data + at);
	finish(&m);
	cutmodel_free(&m);
	port = port == UINT16_MAX ? FIRST_PORT : (uint16_t)(port + 1);
	return 0;
}
