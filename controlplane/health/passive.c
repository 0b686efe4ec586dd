/* SPDX-License-Identifier: BSD-3-Clause */
#include "passive.h"

#include <assert.h>

static const char *const texts[] = {
	[PASSIVE_SERVED] = "served",
	[PASSIVE_REFUSED] = "connections are refused",
	[PASSIVE_SILENT] = "SYNs are not answered",
	[PASSIVE_BUSY] = "4xx in place of a greeting",
	[PASSIVE_REJECTS] = "5xx in place of a greeting",
	[PASSIVE_ENDED] = "connections end in place of a greeting",
	[PASSIVE_LATE] = "greetings come too late",
	[PASSIVE_UNSURE] = "greetings may come too late",
};
static_assert(sizeof(texts) / sizeof(texts[0]) == PASSIVE_SIGNS,
	      "one text per sign");

const char *
passive_text(enum passive_sign sign)
{
	assert(sign < PASSIVE_SIGNS);
	return texts[sign];
}

/* A clock that was set back is no reason to ask for less. */
static bool
is_quiet(const struct passive *passive, int64_t now_s)
{
	return now_s - passive->row_s >= PASSIVE_QUIET_S;
}

uint32_t
passive_row(const struct passive *passive, int64_t now_s)
{
	const uint32_t row = (uint32_t)PASSIVE_ROW << passive->doublings;

	if (is_quiet(passive, now_s))
		return PASSIVE_ROW;
	return row < PASSIVE_ROW_MAX ? row : PASSIVE_ROW_MAX;
}

static bool
is_broken(const struct passive *passive, int64_t now_s)
{
	return now_s - passive->failed_s > PASSIVE_ROW_S;
}

/* The network that counts as one client. */
static struct mx_addr
network_of(const struct mx_addr *client)
{
	return mx_addr_first(client, mx_addr_is4(client) ? 96 + 24 : 48);
}

/* Is the client one of the last that count? */
static bool
is_known(const struct passive *passive, const struct mx_addr *client)
{
	const struct mx_addr network = network_of(client);

	for (uint32_t i = 0; i < PASSIVE_ROW - 1 && i < passive->clients; i++)
		if (mx_addr_equal(&passive->client[i], &network))
			return true;
	return false;
}

static void
note_client(struct passive *passive, const struct mx_addr *client)
{
	passive->client[passive->clients % (PASSIVE_ROW - 1)] =
		network_of(client);
	passive->clients++;
}

/* Returns whether the row is as long as it must be. */
static bool
count(struct passive *passive, const struct passive_session *session,
      int64_t now_s)
{
	passive->failed++;
	if (session->sign == PASSIVE_UNSURE) {
		if (passive->row == 0)
			passive->failed_s = now_s;
		return false;
	}
	if (session->by_client && is_known(passive, &session->client))
		return false;
	if (session->by_client)
		note_client(passive, &session->client);
	passive->last = session->sign;
	passive->failed_s = now_s;
	if (passive->row < PASSIVE_ROW_MAX)
		passive->row++;
	if (is_quiet(passive, now_s))
		passive->doublings = 0;
	const uint32_t wanted = passive_row(passive, now_s);
	if (passive->row >= PASSIVE_ROW)
		passive->row_s = now_s;
	return passive->row >= wanted;
}

static enum passive_result
doubt(struct passive *passive, int64_t now_s)
{
	if (passive->out || passive->failed < PASSIVE_ROW ||
	    passive->doubt_s == now_s)
		return PASSIVE_STAYS;
	passive->doubt_s = now_s;
	return PASSIVE_DOUBTED;
}

enum passive_result
passive_step(struct passive *passive, const struct passive_session *session,
	     bool may_leave, int64_t now_s)
{
	if (session->sign == PASSIVE_SERVED) {
		passive_forget(passive);
		return PASSIVE_STAYS;
	}
	if (is_broken(passive, now_s))
		passive_forget(passive);
	if (!count(passive, session, now_s) || passive->out || !may_leave)
		return doubt(passive, now_s);
	passive->out = true;
	passive->out_s = now_s;
	return PASSIVE_OUT;
}

bool
passive_is_due(const struct passive *passive,
	       const struct passive_session *session, int64_t now_s)
{
	return session->sign != PASSIVE_SERVED && !passive->out &&
	       passive->row + 1 >= passive_row(passive, now_s);
}

void
passive_note_wait(struct passive *passive, uint32_t wait_us)
{
	const uint64_t usual_us = passive->usual_us;
	const uint64_t most_us = usual_us == 0
					 ? PASSIVE_FIRST_US
					 : PASSIVE_SAMPLE_TIMES * usual_us;
	const uint64_t sample_us = wait_us < most_us ? wait_us : most_us;

	if (usual_us == 0)
		passive->usual_us = sample_us;
	else /* rounded up: the least one can grow, too */
		passive->usual_us = ((PASSIVE_USUAL_PART - 1) * usual_us +
				     sample_us + PASSIVE_USUAL_PART - 1) /
				    PASSIVE_USUAL_PART;
}

bool
passive_is_late(const struct passive *passive, uint32_t wait_us)
{
	return passive->usual_us != 0 &&
	       wait_us > PASSIVE_LATE_TIMES * passive->usual_us;
}

static void
come_back(struct passive *passive)
{
	passive->out = false;
	passive_forget(passive);
}

bool
passive_check(struct passive *passive, bool passed, bool down)
{
	if (passed)
		passive->failed = 0;
	if (!passive->out || !(passed || down))
		return false;
	come_back(passive);
	if (passed && passive_row(passive, passive->out_s) < PASSIVE_ROW_MAX)
		passive->doublings++;
	return true;
}

bool
passive_expire(struct passive *passive, int64_t now_s)
{
	if (!passive->out || now_s - passive->out_s < PASSIVE_OUT_S)
		return false;
	come_back(passive);
	return true;
}

void
passive_forget(struct passive *passive)
{
	passive->row = passive->failed = passive->clients = 0;
}
