/* SPDX-License-Identifier: BSD-3-Clause */
/* `show sessions`: the session files of the workers, read while they change.
 *
 * Read with pread(), not mapped: a file that shrinks under our eyes then ends
 * early instead of ending this process. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "endpoint.h"
#include "sessions.h"
#include "table.h"

#define SHOWN_DEFAULT 20
#define SHOWN_MAX 10000
#define CHUNK_SESSIONS 4096 /* 256 KiB a read */

struct chunk {
	struct mx_session session[CHUNK_SESSIONS];
	struct mx_session_wide wide[CHUNK_SESSIONS];
};

struct scan {
	const struct control *control;
	int64_t now_s; /* CLOCK_MONOTONIC, as the workers have it */
	uint32_t shown_max;
	uint64_t by_state[MX_SESSION_STATES];
	json_t *rows;
};

/* Where the sessions of a file are, as far as they are to be believed. */
struct layout {
	uint32_t count;
	bool wide;
};

static json_t *
endpoint_text(const struct mx_addr *addr, uint16_t port_be)
{
	const struct mx_endpoint endpoint = {.addr = *addr, .port_be = port_be};
	char text[MX_ENDPOINT_TEXT_MAX];

	return json_string(mx_endpoint_format(&endpoint, text));
}

/* All four addresses, wherever they are kept.  wide: NULL if the file has no
 * room for IPv6. */
static struct mx_session_wide
session_ends(const struct mx_session *s, const struct mx_session_wide *wide)
{
	struct mx_session_wide ends = {
		.client = mx_addr_from4(s->client_be),
		.vip = mx_addr_from4(s->vip_be),
		.local = mx_addr_from4(s->local_be),
		.server = mx_addr_from4(s->server_be),
	};

	if (wide != NULL && (s->kind & MX_SESSION_CLIENT6)) {
		ends.client = wide->client;
		ends.vip = wide->vip;
	}
	if (wide != NULL && (s->kind & MX_SESSION_SERVER6)) {
		ends.local = wide->local;
		ends.server = wide->server;
	}
	return ends;
}

static json_t *
mode_text(const struct mx_session *session)
{
	const uint8_t mode = session->kind & MX_SESSION_MODE;

	return json_string(mode < MX_FORWARDS
				   ? mx_forward_name((enum mx_forward)mode)
				   : "?");
}

static json_t *
session_row(const struct scan *scan, const struct mx_session *session,
	    const struct mx_session_wide *wide, uint8_t state)
{
	const struct state *known = scan->control->state;
	const struct mx_session_wide ends = session_ends(session, wide);
	const int64_t left_s = (int64_t)session->deadline_s - scan->now_s;
	const int64_t age_s = scan->now_s - (int64_t)session->opened_s;
	char label[STATE_LABEL_MAX] = "?";

	if (session->backend <= MX_BACKENDS_MAX &&
	    known->backend[session->backend].used)
		state_label(&known->backend[session->backend], label);
	return json_pack(
		"{s:o s:o s:o s:o s:o s:s s:s s:I s:I}", "client",
		endpoint_text(&ends.client, session->client_port_be), "vip",
		endpoint_text(&ends.vip, session->vip_port_be), "mode",
		mode_text(session), "local",
		endpoint_text(&ends.local, session->local_port_be), "server",
		endpoint_text(&ends.server, session->server_port_be), "backend",
		label, "state", mx_session_state_name(state), "idle_left_s",
		(json_int_t)(left_s > 0 ? left_s : 0), "age_s",
		(json_int_t)(age_s > 0 ? age_s : 0));
}

/* wide: of the same sessions, or NULL. */
static void
scan_sessions(struct scan *scan, const struct mx_session *sessions,
	      const struct mx_session_wide *wide, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const uint8_t state = atomic_load_explicit(
			&sessions[i].state, memory_order_relaxed);
		/* Half-written or of a broken file: not a session. */
		if (state == MX_SESSION_FREE || state >= MX_SESSION_STATES)
			continue;
		scan->by_state[state]++;
		if (json_array_size(scan->rows) < scan->shown_max)
			json_array_append_new(
				scan->rows,
				session_row(scan, &sessions[i],
					    wide != NULL ? &wide[i] : NULL,
					    state));
	}
}

/* What the file has room for; nothing if it is not one of ours. */
static struct layout
read_layout(int fd)
{
	const struct layout none = {.count = 0};
	struct mx_sessions_file header;
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    header.magic != MX_SESSIONS_MAGIC ||
	    header.layout != MX_SESSIONS_LAYOUT ||
	    header.count > MX_SESSIONS_MAX ||
	    MX_SESSIONS_SIZE(header.count, header.wide) >
		    (size_t)status.st_size)
		return none;
	return (struct layout){.count = header.count, .wide = header.wide != 0};
}

/* Read the wide parts of `count` sessions from number `first` on; false if
 * they are not all there. */
static bool
read_wide(int fd, const struct layout *layout, struct mx_session_wide *wide,
	  uint32_t first, size_t count)
{
	const size_t bytes = count * sizeof(*wide);
	const size_t at =
		MX_SESSIONS_SIZE(layout->count, 0) + first * sizeof(*wide);

	return layout->wide &&
	       pread(fd, wide, bytes, (off_t)at) == (ssize_t)bytes;
}

static void
scan_file(struct scan *scan, const char *path, struct chunk *chunk)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	const struct layout layout = read_layout(fd);
	for (uint32_t first = 0; first < layout.count;
	     first += CHUNK_SESSIONS) {
		const uint32_t left = layout.count - first;
		const uint32_t wanted =
			left < CHUNK_SESSIONS ? left : CHUNK_SESSIONS;
		const ssize_t got = pread(fd, chunk->session,
					  wanted * sizeof(chunk->session[0]),
					  (off_t)MX_SESSIONS_SIZE(first, 0));
		if (got <= 0)
			break;
		const size_t count = (size_t)got / sizeof(chunk->session[0]);
		const bool wide =
			read_wide(fd, &layout, chunk->wide, first, count);
		scan_sessions(scan, chunk->session, wide ? chunk->wide : NULL,
			      count);
	}
	close(fd);
}

static void
print_sessions(FILE *out, json_t *data)
{
	static const struct table_column columns[] = {
		{"client", "CLIENT"},   {"vip", "VIP"},
		{"mode", "MODE"},       {"local", "LOCAL"},
		{"backend", "BACKEND"}, {"state", "STATE"},
		{"age_s", "AGE S"},     {"idle_left_s", "IDLE LEFT S"},
	};
	const json_t *rows = json_object_get(data, "sessions");
	const char *state;
	json_t *count;

	fprintf(out, "%" JSON_INTEGER_FORMAT " sessions",
		json_integer_value(json_object_get(data, "total")));
	json_object_foreach(json_object_get(data, "by_state"), state,
			    count) if (json_integer_value(count) > 0)
		fprintf(out, ", %" JSON_INTEGER_FORMAT " %s",
			json_integer_value(count), state);
	fputc('\n', out);
	if (json_array_size(rows) > 0)
		table_print(out, rows, columns,
			    sizeof(columns) / sizeof(columns[0]));
}

static json_t *
pack_scan(const struct scan *scan)
{
	json_t *by_state = json_object();
	uint64_t total = 0;

	for (uint8_t s = MX_SESSION_FREE + 1; s < MX_SESSION_STATES; s++) {
		json_object_set_new(
			by_state, mx_session_state_name(s),
			json_integer((json_int_t)scan->by_state[s]));
		total += scan->by_state[s];
	}
	return json_pack("{s:I s:o s:o}", "total", (json_int_t)total,
			 "by_state", by_state, "sessions", scan->rows);
}

void
command_show_sessions(const struct asker *asker, int argc, char **argv)
{
	const struct mx_region *region =
		publisher_region(asker->control->publisher);
	struct scan scan = {.control = asker->control,
			    .shown_max = SHOWN_DEFAULT};
	struct timespec now;

	if (argc > 0 && !command_number(argv[0], SHOWN_MAX, &scan.shown_max)) {
		reply_usage(asker, "expected: show sessions [N], N up to %d",
			    SHOWN_MAX);
		return;
	}
	struct chunk *chunk = aligned_alloc(64, sizeof(*chunk));
	if (chunk == NULL) {
		reply_error(asker, "not enough memory to read sessions");
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	scan.now_s = now.tv_sec;
	scan.rows = json_array();
	for (uint16_t w = 0; region != NULL && w < MX_WORKERS_MAX; w++) {
		char path[MX_PATH_MAX];
		memcpy(path, region->header.sessions_path[w], sizeof(path));
		path[sizeof(path) - 1] = '\0';
		if (path[0] == '/')
			scan_file(&scan, path, chunk);
	}
	free(chunk);
	reply_data(asker, pack_scan(&scan), print_sessions);
}
