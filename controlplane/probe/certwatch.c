/* SPDX-License-Identifier: BSD-3-Clause */
#include "certwatch.h"

#include "eventlog.h"

#define DAY_S 86400

static void
tell(const struct backend *backend, uint8_t mark, int64_t now_s)
{
	const struct certificate *c = &backend->profile.tls.certificate;
	const int32_t days = certificate_days_left(c, now_s);
	char subject[STATE_SUBJECT_MAX];

	eventlog_tell(mark > 1 ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, EVENT_PROBE,
		      state_subject(backend, subject),
		      "has a certificate of %.80s that ends in %d day%s",
		      c->names, days, days == 1 ? "" : "s");
}

/* Has no certificate been as urgent for a day?  A clock that was set back knows
 * nothing of that. */
static bool
is_stale(const struct backend *backend, int64_t now_s)
{
	return now_s < backend->certificate_mark_s ||
	       now_s - backend->certificate_mark_s >= DAY_S;
}

void
certwatch_look(struct backend *backend, int64_t now_s)
{
	const struct certificate *c = &backend->profile.tls.certificate;
	const uint8_t told = backend->certificate_mark;

	if (!c->known)
		return;
	const uint8_t mark = certificate_ends_soon(c, now_s);
	const bool is_news = mark != 0 && (told == 0 || mark < told);
	if (is_news)
		tell(backend, mark, now_s);
	if (is_news || mark == told || is_stale(backend, now_s)) {
		backend->certificate_mark = mark;
		backend->certificate_mark_s = now_s;
	}
}
