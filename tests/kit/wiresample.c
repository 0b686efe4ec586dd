/* SPDX-License-Identifier: BSD-3-Clause */
#include "wiresample.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "proxyheader.h"

static struct mx_addr
random_addr(bool six)
{
	struct mx_addr addr;

	if (!six)
		return mx_addr_from4(
			htonl(0x0a000001u + ((uint32_t)rand() & 0xffffff)));
	for (size_t i = 0; i < sizeof(addr.byte); i++)
		addr.byte[i] = (uint8_t)rand();
	addr.byte[0] = 0x20;
	return addr;
}

static uint16_t
random_port(void)
{
	return (uint16_t)(1 + rand() % 65535);
}

struct wire_session
wiresample_random(void)
{
	static const uint8_t states[] = {
		MX_SESSION_GREETING, MX_SESSION_ESTABLISHED,
		MX_SESSION_CLIENT_FIN, MX_SESSION_BACKEND_FIN};
	const bool client6 = rand() & 1;
	const bool nat = rand() % 4 == 0;
	const bool server6 = nat ? client6 : rand() & 1;
	const bool header = !nat && rand() & 1;
	struct wire_session s = {
		.slot = (uint32_t)rand() % MX_SESSIONS_MAX,
		.state = states[rand() % 4],
		.kind = (uint8_t)((nat ? MX_FORWARD_NAT : MX_FORWARD_FULLNAT) |
				  (client6 ? MX_SESSION_CLIENT6 : 0) |
				  (server6 ? MX_SESSION_SERVER6 : 0)),
		.flags = (uint8_t)((rand() & 0x3f) | (header ? 0xc0 : 0)),
		.syn = (uint8_t)rand(),
		.shifts = (uint8_t)(header ? 1 + rand() % MX_PROXY_HEADER_MAX
					   : 0),
		.port = (uint8_t)(rand() % MX_PORTS_MAX),
		.client_mac = {0x02, (uint8_t)rand(), 3, 4, 5, 6},
		.left_s = (uint32_t)rand() % (WIRE_LEFT_S_MAX + 1),
		.age_s = (uint32_t)rand(),
		.client_seq = (uint32_t)rand(),
		.server_seq = (uint32_t)rand(),
		.ack_shift = rand() & 1 ? (uint32_t)rand() | 1 : 0,
		.backend = (uint16_t)(1 + rand() % MX_BACKENDS_MAX),
		.client_port_be = random_port(),
		.vip_port_be = random_port(),
		.server_port_be = random_port(),
		.local_port_be = random_port(),
		.client = random_addr(client6),
		.vip = random_addr(client6),
		.server = random_addr(server6),
		.local = random_addr(server6),
	};

	if (s.ack_shift != 0)
		s.shifts |= MX_SESSION_TOLD;
	if (nat) {
		s.local = s.client;
		s.local_port_be = s.client_port_be;
	}
	return s;
}

struct wire_session
wiresample_session(void)
{
	return (struct wire_session){
		.slot = 0x010203,
		.state = MX_SESSION_ESTABLISHED,
		.kind = MX_FORWARD_FULLNAT,
		.flags = 0xe4,
		.syn = 0x1f,
		.shifts = 0x80 | 52,
		.port = 1,
		.client_mac = {0x02, 0x11, 0x12, 0x13, 0x14, 0x15},
		.left_s = 600,
		.age_s = 30,
		.client_seq = 0x21222324,
		.server_seq = 0x31323334,
		.ack_shift = 0x41424344,
		.backend = 0x0107,
		.client_port_be = htons(40000),
		.vip_port_be = htons(25),
		.server_port_be = htons(2525),
		.local_port_be = htons(2000),
		.client = mx_addr_from4(htonl(0xcb007105)),
		.vip = mx_addr_from4(htonl(0xc6336419)),
		.server = mx_addr_from4(htonl(0x0a00020b)),
		.local = mx_addr_from4(htonl(0x0a000264)),
	};
}

struct wire_hello
wiresample_hello(void)
{
	struct wire_hello hello = {
		.version_from = 1,
		.version_to = 1,
		.box = 2,
		.wide = true,
		.workers = 4,
		.sessions_max = 1000000,
		.epoch = 0x0102030405060708,
		.ports = 2,
		.port = {"wan", "lan"},
	};

	memset(hello.digest, 0xd1, sizeof(hello.digest));
	memset(hello.check, 0xc4, sizeof(hello.check));
	return hello;
}
