/* SPDX-License-Identifier: BSD-3-Clause */
#include "tally.h"

#include <string.h>

void
tally_begin(struct tally *tally, const struct retired *retired)
{
	memset(tally, 0, sizeof(*tally));
	for (uint16_t i = 0; i < retired->count; i++) {
		const struct mx_owned row = {.addr = retired->row[i].at.addr,
					     .port_be =
						     retired->row[i].at.port_be,
					     .index = i,
					     .kind = MX_OWNED_RETIRED};
		mx_owned_add(&tally->rows, &row); /* there is room for all */
	}
}

static void
count(struct tally *tally, const struct mx_addr *addr, uint16_t port_be,
      bool over)
{
	const struct mx_owned *row = mx_owned_find(&tally->rows, addr, port_be);

	if (row->kind == MX_OWNED_NOT)
		return;
	tally->slots[row->index]++;
	tally->sessions[row->index] += !over;
}

void
tally_add(struct tally *tally, const struct session_reader *file)
{
	for (uint32_t i = 0; i < file->count; i++) {
		const uint8_t state = session_reader_state(file, i);
		const struct mx_session *s = &file->session[i];

		if (state == MX_SESSION_FREE)
			continue;
		const struct mx_session_wide ends =
			session_reader_ends(file, i);
		const bool over = mx_session_is_over(state);
		if (s->service < MX_SERVICES_MAX)
			tally->service[s->service]++;
		count(tally, &ends.vip, s->vip_port_be, over);
		/* In the other modes the local address is the client's own. */
		if ((s->kind & MX_SESSION_MODE) == MX_FORWARD_FULLNAT)
			count(tally, &ends.local, 0, over);
	}
}

void
tally_end(const struct tally *tally, struct retired *retired)
{
	for (uint16_t i = 0; i < retired->count; i++) {
		retired->row[i].sessions = tally->sessions[i];
		retired->row[i].slots = tally->slots[i];
	}
}
