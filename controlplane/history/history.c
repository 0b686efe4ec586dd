/* SPDX-License-Identifier: BSD-3-Clause */
#include "history.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
revision_free(struct revision *revision)
{
	free(revision->path);
	free(revision->changes);
	free(revision->text);
	memset(revision, 0, sizeof(*revision));
}

void
history_free(struct history *history)
{
	for (uint16_t i = 0; i < history->count; i++)
		revision_free(&history->revision[i]);
	history->count = 0;
}

struct revision *
history_find(struct history *history, uint32_t number)
{
	for (uint16_t i = 0; i < history->count; i++)
		if (history->revision[i].number == number)
			return &history->revision[i];
	return NULL;
}

struct revision *
history_in_force(struct history *history)
{
	return history_find(history, history->in_force);
}

struct revision *
history_trial(struct history *history)
{
	struct revision *revision = history_in_force(history);

	return revision != NULL && revision->fate == REVISION_TRIAL ? revision
								    : NULL;
}

struct revision *
history_find_text(struct history *history, const char *text, size_t size)
{
	for (uint16_t i = history->count; i > 0; i--) {
		struct revision *revision = &history->revision[i - 1];

		if (revision->text != NULL && revision->size == size &&
		    memcmp(revision->text, text, size) == 0)
			return revision;
	}
	return NULL;
}

static void
drop(struct history *history, uint16_t index)
{
	struct revision *revision = &history->revision[index];

	revision_free(revision);
	history->count--;
	memmove(revision, revision + 1,
		(history->count - index) * sizeof(*revision));
}

/* Make room: the oldest one that is not in force goes. */
static void
make_room(struct history *history)
{
	uint16_t oldest = 0;

	if (history->count < HISTORY_MAX)
		return;
	while (history->revision[oldest].number == history->in_force)
		oldest++;
	drop(history, oldest);
}

/* A file that no revision has, and that the list on disk does not name: a crash
 * brings that list back. */
static uint16_t
free_slot(const struct history *history)
{
	for (uint32_t slot = 0; slot < HISTORY_SLOTS; slot++) {
		uint16_t i = 0;

		while (i < history->count && history->revision[i].slot != slot)
			i++;
		if (i == history->count && !history->listed[slot])
			return (uint16_t)slot;
	}
	assert(false);
	return 0;
}

struct revision *
history_add(struct history *history, const struct history_news *news)
{
	struct revision new = {
		.number = history->last + 1,
		.before = history->in_force,
		.time_s = news->time_s,
		.fate = news->trial ? REVISION_TRIAL : REVISION_KEPT,
		.path = strdup(news->path),
		.changes = strdup(news->changes),
		.text = strndup(news->text, news->size),
		.size = news->size,
		.slot = free_slot(history),
	};

	if (new.path == NULL || new.changes == NULL || new.text == NULL) {
		revision_free(&new);
		return NULL;
	}
	snprintf(new.by, sizeof(new.by), "%s", news->by);
	make_room(history);
	struct revision *added = &history->revision[history->count++];
	*added = new;
	history->last = history->in_force = new.number;
	history->unsaved = true;
	return added;
}

void
history_take_back(struct history *history)
{
	const uint16_t index = (uint16_t)(history->count - 1);

	history->in_force = history->revision[index].before;
	drop(history, index);
	history->unsaved = true;
}

void
history_confirm(struct history *history)
{
	struct revision *revision = history_trial(history);

	if (revision == NULL)
		return;
	revision->fate = REVISION_KEPT;
	history->unsaved = true;
}

void
history_go_back(struct history *history, enum revision_fate fate)
{
	struct revision *revision = history_in_force(history);

	if (revision == NULL)
		return;
	revision->fate = fate;
	history->in_force = revision->before;
	history->unsaved = true;
}

const char *
history_fate_name(enum revision_fate fate)
{
	static const char *const names[REVISION_FATES] = {
		[REVISION_KEPT] = "kept",
		[REVISION_TRIAL] = "on trial",
		[REVISION_EXPIRED] = "not confirmed",
		[REVISION_UNDONE] = "undone",
	};

	return names[fate];
}
