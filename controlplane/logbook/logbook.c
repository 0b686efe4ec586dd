/* SPDX-License-Identifier: BSD-3-Clause */
#include "logbook.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "changed.h"
#include "clock.h"
#include "eventlog.h"
#include "folder.h"
#include "replacefile.h"

static const char *const levels[] = {
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_ERROR] = "error",
};

#define COPY(to, from) snprintf((to), sizeof(to), "%s", (from))

static void
put_event(void *arg, const struct eventlog_entry *event)
{
	const struct logbook *logbook = arg;
	struct mx_changed changed = {.at_s = event->when_s};

	COPY(changed.level, levels[event->level]);
	COPY(changed.source, eventlog_source_name(event->source));
	COPY(changed.subject, event->subject);
	COPY(changed.what, event->what);
	COPY(changed.before, event->before);
	COPY(changed.after, event->after);
	COPY(changed.why, event->why);
	COPY(changed.who, eventlog_who(event));
	mx_ring_put(logbook->changed.ring, &changed, MX_CHANGED_WORDS);
}

void
logbook_begin(struct logbook *logbook)
{
	static const struct mx_ring like = {
		.kind = MX_RING_CHANGED,
		.words = MX_CHANGED_WORDS,
		.slots = MX_CHANGED_SLOTS,
	};
	const int error = mx_ring_file_open(
		&logbook->changed, logbook->instance, MX_CHANGED_NAME, &like);

	if (error == 0)
		eventlog_copy_to(put_event, logbook);
	else
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "log",
			      "mxsteer-log gets no events: %s",
			      mx_folder_error(error));
}

void
logbook_end(struct logbook *logbook)
{
	eventlog_copy_to(NULL, NULL);
	mx_ring_file_close(&logbook->changed);
}

/* The names of the last control plane: an id that has another name now got it
 * after it. */
static void
read_last(struct logbook *logbook)
{
	struct mx_folder folder;
	struct logsheet *last = &logbook->sheet;

	logbook->read = true;
	if (mx_folder_open_control(&folder, logbook->instance, false) != 0)
		return;
	const int fd = mx_folder_read(&folder, LOGSHEET_NAME);
	mx_folder_close(&folder);
	if (fd < 0)
		return;
	const ssize_t got =
		pread(fd, logbook->text, sizeof(logbook->text) - 1, 0);
	close(fd);
	logbook->text[got > 0 ? got : 0] = '\0';
	if (!logsheet_read(last, logbook->text))
		memset(last, 0, sizeof(*last));
}

static void
set_names(struct logsheet *sheet, const struct state *state)
{
	const uint32_t now_s = (uint32_t)clock_s();
	char label[STATE_LABEL_MAX];

	for (uint16_t i = 0; i < MX_SERVICES_MAX; i++)
		if (state->service[i].used)
			logsheet_set(&sheet->service[i], state->service[i].name,
				     now_s);
	for (uint16_t i = 1; i <= MX_BACKENDS_MAX; i++)
		if (state->backend[i].used)
			logsheet_set(&sheet->backend[i],
				     state_label(&state->backend[i], label),
				     now_s);
}

/* The services of the key `log`, a bit for each id. */
static uint64_t
service_bits(const struct state *state)
{
	const struct mx_config_log *log = &state->config->log;
	uint64_t bits = 0;

	for (uint16_t i = 0; i < MX_SERVICES_MAX; i++)
		for (uint16_t n = 0; n < log->service_count; n++)
			if (state->service[i].used &&
			    strcmp(state->service[i].name, log->service[n]) ==
				    0)
				bits |= UINT64_C(1) << i;
	return bits;
}

static int
write_sheet(const struct logbook *logbook, const char *text)
{
	char path[MX_PATH_MAX + sizeof(LOGSHEET_NAME) + 1];
	struct mx_folder folder;

	const int error =
		mx_folder_open_control(&folder, logbook->instance, true);
	if (error != 0)
		return error;
	snprintf(path, sizeof(path), "%s/" LOGSHEET_NAME, folder.path);
	mx_folder_close(&folder);
	return replacefile(path, text, 0660);
}

void
logbook_follow(struct logbook *logbook, const struct state *state)
{
	static char text[LOGSHEET_TEXT_MAX];
	struct logsheet *sheet = &logbook->sheet;

	if (state->config == NULL)
		return;
	if (!logbook->read)
		read_last(logbook);
	if (mx_ring_file_is_lost(&logbook->changed))
		mx_ring_file_rewrite(&logbook->changed, logbook->instance);
	const struct mx_config_log *log = &state->config->log;
	sheet->sessions = log->sessions;
	sheet->format = log->format;
	sheet->only = log->only;
	sheet->lines = log->lines;
	static_assert(sizeof(sheet->file) >= MX_FILE_PATH_MAX, "all fit");
	mx_config_log_file(state->config, sheet->file);
	sheet->services = service_bits(state);
	set_names(sheet, state);
	if (logsheet_write(sheet, text) == 0 ||
	    (strcmp(text, logbook->text) == 0 && logbook->error == 0))
		return;
	const int error = write_sheet(logbook, text);
	if (error != 0 && error != logbook->error)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "log",
			      "mxsteer-log is not told of changes: %s",
			      mx_folder_error(error));
	logbook->error = error;
	memcpy(logbook->text, text, sizeof(text));
}

bool
logbook_logged(const char *instance, struct logged *logged)
{
	struct mx_folder folder;
	struct logged noted;

	if (mx_folder_open_control(&folder, instance, false) != 0)
		return false;
	const int fd = mx_folder_read(&folder, LOGGED_NAME);
	mx_folder_close(&folder);
	if (fd < 0)
		return false;
	const ssize_t got = pread(fd, &noted, sizeof(noted), 0);
	close(fd);
	return got > 0 && logged_read(logged, &noted, (size_t)got);
}

static void
add_ring(const char *instance, const char *name, enum mx_ring_kind kind,
	 const struct logged_ring *at, struct logged *logged)
{
	struct mx_ring ring;

	if (mx_ring_file_peek(&ring, instance, name, kind) != 0)
		return;
	const uint64_t unread =
		ring.head - logged_tail(at, ring.identity, ring.head);
	const uint64_t kept = unread < ring.slots ? unread : ring.slots;

	logged->waiting += kept;
	logged->lost[LOGGED_LOSS_SLOW] += unread - kept;
}

void
logbook_add_unread(const char *instance, struct logged *logged)
{
	char name[MX_RING_NAME_MAX];

	logged->waiting = 0;
	for (uint16_t i = 0; i < MX_WORKERS_MAX; i++) {
		mx_ring_name(name, i);
		add_ring(instance, name, MX_RING_ENDED, &logged->ring[i],
			 logged);
	}
	add_ring(instance, MX_CHANGED_NAME, MX_RING_CHANGED, &logged->changes,
		 logged);
}

bool
logbook_runs(const struct logged *logged)
{
	const int64_t ago_s = clock_wall_s() - logged->at_s;

	return logged->pid != 0 && ago_s <= LOGBOOK_SILENT_S &&
	       ago_s >= -LOGBOOK_SILENT_S;
}
