/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "cursor.h"

#define HEAD 3 /* type, and the bytes of the body */

#define HELLO_WIDE 0x01

/* The bodies of version 1.  HELLO: without the ports' names. */
#define HELLO_BYTES (25u + GROUPSHEET_DIGEST_BYTES + MX_SECRET_CHECK_BYTES)
#define WELCOME_BYTES 4u
#define SESSION_BYTES 46u /* without the addresses */
#define NUMBER_BYTES 4u

static_assert(HEAD + HELLO_BYTES + MX_PORTS_MAX * MX_NAME_MAX <= WIRE_BYTES_MAX,
	      "the longest message of version 1");

/* The fewest bytes of a body, by enum wire_type. */
static const uint16_t bytes_min[WIRE_TYPES] = {
	[WIRE_HELLO] = HELLO_BYTES,
	[WIRE_WELCOME] = WELCOME_BYTES,
	[WIRE_SESSION4] = SESSION_BYTES + 4 * sizeof(uint32_t),
	[WIRE_SESSION6] = SESSION_BYTES + 4 * sizeof(struct mx_addr),
	[WIRE_END] = NUMBER_BYTES,
	[WIRE_SYNCED] = 0,
	[WIRE_TICK] = NUMBER_BYTES + GROUPSHEET_SERVES_BYTES,
	[WIRE_DONE] = NUMBER_BYTES,
};

/* Begin a message.  Its bytes are known when it is finished. */
static uint8_t *
begin(uint8_t *room, enum wire_type type)
{
	room[0] = (uint8_t)type;
	return room + HEAD;
}

static size_t
finish(uint8_t *room, const uint8_t *end)
{
	const size_t bytes = (size_t)(end - room);
	uint8_t *at = room + 1;

	assert(bytes <= WIRE_BYTES_MAX);
	cursor_put16(&at, (uint16_t)(bytes - HEAD));
	return bytes;
}

static void
put_hello(uint8_t **at, const struct wire_hello *hello)
{
	cursor_put32(at, WIRE_MAGIC);
	cursor_put16(at, hello->version_from);
	cursor_put16(at, hello->version_to);
	cursor_put8(at, hello->box);
	cursor_put8(at, hello->wide ? HELLO_WIDE : 0);
	cursor_put16(at, hello->workers);
	cursor_put32(at, hello->sessions_max);
	cursor_put64(at, hello->epoch);
	cursor_put(at, hello->digest, sizeof(hello->digest));
	cursor_put(at, hello->check, sizeof(hello->check));
	assert(hello->ports <= MX_PORTS_MAX);
	cursor_put8(at, hello->ports);
	for (uint8_t i = 0; i < hello->ports; i++) {
		const size_t bytes = strnlen(hello->port[i], MX_NAME_MAX - 1);

		cursor_put8(at, (uint8_t)bytes);
		cursor_put(at, hello->port[i], bytes);
	}
}

static void
put_end(uint8_t **at, const struct mx_addr *addr, bool wide)
{
	const size_t skipped = wide ? 0 : sizeof(*addr) - sizeof(uint32_t);

	cursor_put(at, addr->byte + skipped, sizeof(*addr) - skipped);
}

size_t
wire_put_session(const struct wire_session *s,
		 uint8_t room[static WIRE_BYTES_MAX])
{
	const bool wide = s->kind & (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6);
	uint8_t *at = begin(room, wide ? WIRE_SESSION6 : WIRE_SESSION4);

	cursor_put32(&at, s->slot);
	cursor_put8(&at, s->state);
	cursor_put8(&at, s->kind);
	cursor_put8(&at, s->flags);
	cursor_put8(&at, s->syn);
	cursor_put8(&at, s->shifts);
	cursor_put8(&at, s->port);
	cursor_put(&at, s->client_mac, sizeof(s->client_mac));
	cursor_put32(&at, s->left_s);
	cursor_put32(&at, s->age_s);
	cursor_put32(&at, s->client_seq);
	cursor_put32(&at, s->server_seq);
	cursor_put32(&at, s->ack_shift);
	cursor_put16(&at, s->backend);
	cursor_put(&at, &s->client_port_be, sizeof(s->client_port_be));
	cursor_put(&at, &s->vip_port_be, sizeof(s->vip_port_be));
	cursor_put(&at, &s->server_port_be, sizeof(s->server_port_be));
	cursor_put(&at, &s->local_port_be, sizeof(s->local_port_be));
	put_end(&at, &s->client, wide);
	put_end(&at, &s->vip, wide);
	put_end(&at, &s->server, wide);
	put_end(&at, &s->local, wide);
	return finish(room, at);
}

size_t
wire_put(const struct wire_message *message,
	 uint8_t room[static WIRE_BYTES_MAX])
{
	uint8_t *at = begin(room, message->type);

	switch (message->type) {
	case WIRE_SESSION4:
	case WIRE_SESSION6:
		return wire_put_session(&message->session, room);
	case WIRE_HELLO:
		put_hello(&at, &message->hello);
		break;
	case WIRE_WELCOME:
		cursor_put16(&at, message->welcome.version);
		cursor_put8(&at, message->welcome.box);
		cursor_put8(&at, message->welcome.refusal);
		break;
	case WIRE_END:
		cursor_put32(&at, message->slot);
		break;
	case WIRE_TICK:
		cursor_put32(&at, message->serial);
		cursor_put(&at, message->serves, sizeof(message->serves));
		break;
	case WIRE_DONE:
		cursor_put32(&at, message->serial);
		break;
	case WIRE_SYNCED:
	case WIRE_TYPES:
		break;
	}
	return finish(room, at);
}

/* A port's name: printable, and neither empty nor too long.  left: bytes of the
 * body from *at on.  Returns false if it is none. */
static bool
take_name(const uint8_t **at, size_t *left, char name[static MX_NAME_MAX])
{
	if (*left == 0)
		return false;
	const uint8_t bytes = cursor_get8(at);

	*left -= 1;
	if (bytes == 0 || bytes >= MX_NAME_MAX || bytes > *left)
		return false;
	cursor_get(at, name, bytes);
	memset(name + bytes, 0, MX_NAME_MAX - bytes);
	*left -= bytes;
	for (uint8_t i = 0; i < bytes; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return true;
}

static bool
take_hello(const uint8_t *at, size_t count, struct wire_hello *hello)
{
	size_t left = count - HELLO_BYTES;

	if (cursor_get32(&at) != WIRE_MAGIC)
		return false;
	hello->version_from = cursor_get16(&at);
	hello->version_to = cursor_get16(&at);
	hello->box = cursor_get8(&at);
	hello->wide = cursor_get8(&at) & HELLO_WIDE;
	hello->workers = cursor_get16(&at);
	hello->sessions_max = cursor_get32(&at);
	hello->epoch = cursor_get64(&at);
	cursor_get(&at, hello->digest, sizeof(hello->digest));
	cursor_get(&at, hello->check, sizeof(hello->check));
	hello->ports = cursor_get8(&at);
	if (hello->version_from == 0 ||
	    hello->version_from > hello->version_to || hello->box == 0 ||
	    hello->box > MX_BOXES_MAX || hello->workers == 0 ||
	    hello->workers > MX_WORKERS_MAX || hello->sessions_max == 0 ||
	    hello->sessions_max > MX_SESSIONS_MAX ||
	    hello->ports > MX_PORTS_MAX)
		return false;
	memset(hello->port, 0, sizeof(hello->port));
	for (uint8_t i = 0; i < hello->ports; i++)
		if (!take_name(&at, &left, hello->port[i]))
			return false;
	return true;
}

static bool
take_welcome(const uint8_t *at, struct wire_welcome *welcome)
{
	welcome->version = cursor_get16(&at);
	welcome->box = cursor_get8(&at);
	welcome->refusal = cursor_get8(&at);
	if (welcome->refusal >= REPLICATED_REFUSALS)
		welcome->refusal = REPLICATED_REFUSED_VERSION;
	return welcome->box != 0 && welcome->box <= MX_BOXES_MAX &&
	       (welcome->version != 0 ||
		welcome->refusal != REPLICATED_REFUSED_NOT);
}

static void
take_end(const uint8_t **at, struct mx_addr *addr, bool wide)
{
	uint32_t ip_be;

	if (wide) {
		cursor_get(at, addr, sizeof(*addr));
	} else {
		cursor_get(at, &ip_be, sizeof(ip_be));
		*addr = mx_addr_from4(ip_be);
	}
}

static bool
take_session(const uint8_t *at, bool wide, struct wire_session *s)
{
	s->slot = cursor_get32(&at);
	s->state = cursor_get8(&at);
	s->kind = cursor_get8(&at);
	s->flags = cursor_get8(&at);
	s->syn = cursor_get8(&at);
	s->shifts = cursor_get8(&at);
	s->port = cursor_get8(&at);
	cursor_get(&at, s->client_mac, sizeof(s->client_mac));
	s->left_s = cursor_get32(&at);
	s->age_s = cursor_get32(&at);
	s->client_seq = cursor_get32(&at);
	s->server_seq = cursor_get32(&at);
	s->ack_shift = cursor_get32(&at);
	s->backend = cursor_get16(&at);
	cursor_get(&at, &s->client_port_be, sizeof(s->client_port_be));
	cursor_get(&at, &s->vip_port_be, sizeof(s->vip_port_be));
	cursor_get(&at, &s->server_port_be, sizeof(s->server_port_be));
	cursor_get(&at, &s->local_port_be, sizeof(s->local_port_be));
	take_end(&at, &s->client, wide);
	take_end(&at, &s->vip, wide);
	take_end(&at, &s->server, wide);
	take_end(&at, &s->local, wide);
	const bool six = s->kind & (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6);

	return six == wide && wire_session_is_sound(s);
}

/* Read a body of at least bytes_min[] bytes. */
static bool
take_body(const uint8_t *at, size_t count, struct wire_message *message)
{
	switch (message->type) {
	case WIRE_HELLO:
		return take_hello(at, count, &message->hello);
	case WIRE_WELCOME:
		return take_welcome(at, &message->welcome);
	case WIRE_SESSION4:
	case WIRE_SESSION6:
		return take_session(at, message->type == WIRE_SESSION6,
				    &message->session);
	case WIRE_END:
		message->slot = cursor_get32(&at);
		return message->slot < MX_SESSIONS_MAX;
	case WIRE_TICK:
		message->serial = cursor_get32(&at);
		cursor_get(&at, message->serves, sizeof(message->serves));
		return true;
	case WIRE_DONE:
		message->serial = cursor_get32(&at);
		return true;
	case WIRE_SYNCED:
		return true;
	case WIRE_TYPES:
		break;
	}
	return false;
}

int
wire_take(const uint8_t *bytes, size_t count, struct wire_message *message)
{
	const uint8_t *at = bytes + 1;

	if (count == 0)
		return 0;
	if (bytes[0] < WIRE_HELLO || bytes[0] >= WIRE_TYPES)
		return -EPROTO;
	if (count < HEAD)
		return 0;
	message->type = (enum wire_type)bytes[0];
	const uint16_t body = cursor_get16(&at);

	if (body < bytes_min[message->type] || body > WIRE_BYTES_MAX - HEAD)
		return -EPROTO;
	if (count < HEAD + (size_t)body)
		return 0;
	return take_body(at, body, message) ? HEAD + (int)body : -EPROTO;
}

uint16_t
wire_version(const struct wire_hello *hello)
{
	const uint16_t highest = hello->version_to < WIRE_VERSION_TO
					 ? hello->version_to
					 : WIRE_VERSION_TO;

	return highest >= hello->version_from && highest >= WIRE_VERSION_FROM
		       ? highest
		       : 0;
}
