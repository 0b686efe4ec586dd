/* SPDX-License-Identifier: BSD-3-Clause */
#include "live.h"

#include <stdio.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "report.h"

void
live_init(struct live *live, uint64_t now_tsc)
{
	*live = (struct live){
		.begin_tsc = now_tsc,
		.next_tsc = now_tsc + rte_get_tsc_hz(),
		.tty = isatty(STDERR_FILENO),
	};
}

/* The progress towards the limit of the run; -1 if there is no limit. */
static double
progress(const struct gen_options *options, const struct gen_live *now,
	 double seconds)
{
	double by_sessions = -1;
	double by_time = -1;

	if (options->sessions > 0)
		by_sessions = (double)now->ended / (double)options->sessions;
	if (options->duration_ms > 0)
		by_time = seconds * 1000 / (double)options->duration_ms;
	const double share = by_time > by_sessions ? by_time : by_sessions;
	return share < 1 ? share : 1;
}

void
live_show(struct live *live, const struct gen *gen,
	  const struct gen_options *options, uint64_t now_tsc)
{
	struct gen_live now;

	if (now_tsc < live->next_tsc)
		return;
	const double hz = (double)rte_get_tsc_hz();
	const double seconds = (double)(now_tsc - live->begin_tsc) / hz;
	gen_live_read(gen, &now);
	const double span = (double)(now_tsc - live->next_tsc) / hz +
			    1; /* since the last */
	const double share =
		options->client.on ? progress(options, &now, seconds) : -1;
	const uint64_t all_tsc = now.all_tsc - live->last.all_tsc;

	fprintf(stderr, "%s%5.0fs ", live->tty && live->drawn ? "\r\033[K" : "",
		seconds);
	if (share >= 0)
		fprintf(stderr, "%3.0f%% ", 100 * share);
	fprintf(stderr,
		" %7.0f sessions/s  %7.0f messages/s  %7u at once  %lu failed  "
		"%lu resent  core %.0f%%%s",
		(double)(now.started - live->last.started) / span,
		(double)(now.accepted - live->last.accepted) / span,
		now.at_once, now.failed, now.retransmits,
		all_tsc > 0
			? 100 * (double)(now.busy_tsc - live->last.busy_tsc) /
				  (double)all_tsc
			: 0,
		live->tty ? "" : "\n");
	live->last = now;
	live->drawn = true;
	live->next_tsc = now_tsc + rte_get_tsc_hz();
}

void
live_end(const struct live *live)
{
	if (live->tty && live->drawn)
		fputc('\n', stderr);
}
