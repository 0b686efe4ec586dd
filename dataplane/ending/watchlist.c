/* SPDX-License-Identifier: BSD-3-Clause */
#include "watchlist.h"

static bool
is_of(const struct watch_record *record, uint32_t session, uint32_t client_seq)
{
	return record->session == session && record->client_seq == client_seq;
}

/* Does a session still use its record? */
static bool
is_used(const struct worker *w, const struct watch_record *record)
{
	const struct mx_session *s =
		&w->sessions.file->session[record->session];
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);

	return (state == MX_SESSION_WATCHED || state == MX_SESSION_ENDING) &&
	       s->client_seq == record->client_seq;
}

static struct watch_record *
set_of(const struct worker *w, uint32_t session)
{
	return &w->watch->record[session % (WATCH_RECORDS / WATCH_WAYS) *
				 WATCH_WAYS];
}

struct watch_record *
watch_find(const struct worker *w, const struct mx_session *s)
{
	const uint32_t session = session_index(&w->sessions, s);
	struct watch_record *set = set_of(w, session);

	for (int i = 0; i < WATCH_WAYS; i++)
		if (is_of(&set[i], session, s->client_seq))
			return &set[i];
	return NULL;
}

struct watch_record *
watch_get(struct worker *w, const struct mx_session *s)
{
	const uint32_t session = session_index(&w->sessions, s);
	struct watch_record *set = set_of(w, session);
	struct watch_record *record = watch_find(w, s);

	for (int i = 0; i < WATCH_WAYS && record == NULL; i++)
		if (!is_used(w, &set[i]))
			record = &set[i];
	if (record != NULL)
		*record = (struct watch_record){.session = session,
						.client_seq = s->client_seq};
	return record;
}
