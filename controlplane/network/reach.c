/* SPDX-License-Identifier: BSD-3-Clause */
#include "reach.h"

#include <linux/neighbour.h>
#include <stddef.h>

static bool
enter(struct reach *reach, enum reach_state state, int64_t now_s)
{
	reach->state = state;
	reach->since_s = now_s;
	return true;
}

/* The wait of a next hop that falls silent.  One that had answered for long
 * begins with the first wait. */
static void
set_wait(struct reach *reach, int64_t now_s)
{
	if (reach->wait_s == 0 || (reach->state == REACH_ANSWERS &&
				   now_s - reach->since_s >= REACH_CALM_S))
		reach->wait_s = REACH_WAIT_S;
	else if (reach->wait_s < REACH_WAIT_MAX_S)
		reach->wait_s *= 2;
}

bool
reach_step(struct reach *reach, enum reach_news news, int64_t now_s)
{
	if (news == REACH_FAILED) {
		if (reach->state == REACH_SILENT)
			return false;
		set_wait(reach, now_s);
		return enter(reach, REACH_SILENT, now_s);
	}
	switch (reach->state) {
	case REACH_UNKNOWN:
		return news != REACH_NO_NEWS &&
		       enter(reach, REACH_ANSWERS, now_s);
	case REACH_SILENT:
		return news == REACH_CONFIRMED &&
		       enter(reach, REACH_RETURNS, now_s);
	case REACH_RETURNS:
		return now_s - reach->since_s >= (int64_t)reach->wait_s &&
		       enter(reach, REACH_ANSWERS, now_s);
	default:
		return false;
	}
}

enum reach_news
reach_news_of(int nud)
{
	if (nud < 0)
		return REACH_NO_NEWS;
	if (nud & (NUD_REACHABLE | NUD_PERMANENT | NUD_NOARP))
		return REACH_CONFIRMED;
	if (nud & (NUD_STALE | NUD_DELAY | NUD_PROBE))
		return REACH_HAS_MAC;
	return nud & NUD_FAILED ? REACH_FAILED : REACH_NO_NEWS;
}

const char *
reach_name(enum reach_state state)
{
	static const char *const names[REACH_STATES] = {
		[REACH_UNKNOWN] = "unknown",
		[REACH_ANSWERS] = "answers",
		[REACH_SILENT] = "silent",
		[REACH_RETURNS] = "returning",
	};

	return names[state];
}
