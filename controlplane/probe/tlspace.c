/* SPDX-License-Identifier: BSD-3-Clause */
#include "tlspace.h"

bool
tlspace_rests(const struct tlspace *pace)
{
	return pace->may_hide &&
	       (pace->was_thorough || !verdict_passes(pace->last));
}

bool
tlspace_is_due(const struct tlspace *pace, uint64_t now_ms, uint32_t every_ms,
	       bool in_doubt)
{
	if (tlspace_rests(pace))
		return false;
	if (!pace->done || now_ms - pace->at_ms >= every_ms ||
	    pace->end.verdict == VERDICT_DOWN)
		return true;
	return in_doubt && pace->end.verdict == VERDICT_UP &&
	       pace->last != VERDICT_SOFT;
}

/* A check that did not come to EHLO has found nothing of TLS. */
static bool
is_whole(const struct smtp_dialogue *dialogue)
{
	return dialogue->thorough && dialogue->ehlo.lines > 0;
}

void
tlspace_take(struct tlspace *pace, const struct smtp_dialogue *dialogue,
	     uint64_t now_ms, struct check_end *end)
{
	if (is_whole(dialogue))
		*pace = (struct tlspace){.done = true,
					 .at_ms = now_ms,
					 .mark = smtp_mark(dialogue),
					 .end = *end,
					 .may_hide = end->verdict ==
							     VERDICT_DEGRADED ||
						     dialogue->work_needs_tls};
	pace->was_thorough = dialogue->thorough;
	pace->last = end->verdict;
	if (!dialogue->thorough && end->verdict == VERDICT_UP &&
	    pace->end.verdict == VERDICT_DEGRADED)
		*end = pace->end;
}
