/* SPDX-License-Identifier: BSD-3-Clause */
#include "fit.h"

#include "plan.h"
#include "proxyheader.h"

bool
session_is_fit(const struct mx_session *s, uint16_t ports)
{
	const uint8_t mode = s->kind & MX_SESSION_MODE;
	const bool client6 = s->kind & MX_SESSION_CLIENT6;
	const bool server6 = s->kind & MX_SESSION_SERVER6;

	/* In dsr and tunnel the local end is the client's, of either family. */
	return (client6 || (s->client_be != 0 && s->vip_be != 0)) &&
	       (server6 ||
		(s->server_be != 0 &&
		 (s->local_be != 0 || mx_forward_is_direct(mode)))) &&
	       s->service < MX_SERVICES_MAX && s->backend != MX_BACKEND_NONE &&
	       s->backend <= MX_BACKENDS_MAX && s->client_port < ports &&
	       (s->kind & ~(MX_SESSION_CLIENT6 | MX_SESSION_SERVER6)) <
		       MX_FORWARDS &&
	       (client6 == server6 || mode != MX_FORWARD_NAT) &&
	       mx_session_header(s) <= MX_PROXY_HEADER_MAX &&
	       (mx_session_header(s) == 0) ==
		       (mx_session_proxy(s) == MX_SESSION_PROXY_NONE) &&
	       (s->ack_shift == 0) == ((s->shifts & MX_SESSION_TOLD) == 0);
}
