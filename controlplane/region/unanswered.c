/* SPDX-License-Identifier: BSD-3-Clause */
#include "unanswered.h"

#include "traffic.h"

bool
unanswered_look(struct unanswered *unanswered, const struct mx_region *region,
		uint16_t id)
{
	const struct mx_flow_count now = traffic_backend(region, id);
	const uint64_t in = unanswered->backend[id].in;
	const uint64_t out = unanswered->backend[id].out;

	unanswered->backend[id].in = now.packets_in;
	unanswered->backend[id].out = now.packets_out;
	if (unanswered->backend[id].pause > 0) {
		unanswered->backend[id].pause--;
		return false;
	}
	/* The counters of a restarted data plane begin at zero. */
	if (now.packets_in <= in || now.packets_out != out)
		return false;
	unanswered->backend[id].pause = UNANSWERED_PAUSE;
	return true;
}
