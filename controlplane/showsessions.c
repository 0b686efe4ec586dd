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

struct scan {
	const struct control *control;
	int64_t now_s; /* CLOCK_MONOTONIC, as the workers have it */
	uint32_t shown_max;
	uint64_t by_state[MX_SESSION_STATES];
	json_t *rows;
};

static json_t *
endpoint_text(uint32_t ip_be, uint16_t port_be)
{
	const struct mx_endpoint endpoint = {.addr = mx_addr_from4(ip_be),
					     .port_be = port_be};
	char text[MX_ENDPOINT_TEXT_MAX];

	return json_string(mx_endpoint_format(&endpoint, text));
}

static json_t *
session_row(const struct scan *scan, const struct mx_session *session,
	    uint8_t state)
{
	const struct state *known = scan->control->state;
	const int64_t left_s = (int64_t)session->deadline_s - scan->now_s;
	const int64_t age_s = scan->now_s - (int64_t)session->opened_s;
	char label[STATE_LABEL_MAX] = "?";

	if (session->backend <= MX_BACKENDS_MAX &&
	    known->backend[session->backend].used)
		state_label(&known->backend[session->backend], label);
	json_t *row = json_object();
	json_object_set_new(
		row, "client",
		endpoint_text(session->client_be, session->client_port_be));
	json_object_set_new(
		row, "vip",
		endpoint_text(session->vip_be, session->vip_port_be));
	json_object_set_new(
		row, "local",
		endpoint_text(session->local_be, session->local_port_be));
	json_object_set_new(row, "backend", json_string(label));
	json_object_set_new(row, "state",
			    json_string(mx_session_state_name(state)));
	json_object_set_new(row, "idle_left_s",
			    json_integer(left_s > 0 ? left_s : 0));
	json_object_set_new(row, "age_s", json_integer(age_s > 0 ? age_s : 0));
	return row;
}

static void
scan_sessions(struct scan *scan, const struct mx_session *sessions,
	      size_t count)
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
				session_row(scan, &sessions[i], state));
	}
}

/* How many sessions the file has room for; 0 if it is not one of ours. */
static uint32_t
sessions_in(int fd)
{
	struct mx_sessions_file header;
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    header.magic != MX_SESSIONS_MAGIC ||
	    header.layout != MX_SESSIONS_LAYOUT ||
	    header.count > MX_SESSIONS_MAX ||
	    MX_SESSIONS_SIZE(header.count) > (size_t)status.st_size)
		return 0;
	return header.count;
}

static void
scan_file(struct scan *scan, const char *path, struct mx_session *chunk)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	const uint32_t count = sessions_in(fd);
	for (uint32_t first = 0; first < count; first += CHUNK_SESSIONS) {
		const uint32_t wanted = count - first < CHUNK_SESSIONS
						? count - first
						: CHUNK_SESSIONS;
		const ssize_t got = pread(fd, chunk, wanted * sizeof(*chunk),
					  (off_t)MX_SESSIONS_SIZE(first));
		if (got <= 0)
			break;
		scan_sessions(scan, chunk, (size_t)got / sizeof(*chunk));
	}
	close(fd);
}

static void
print_sessions(FILE *out, json_t *data)
{
	static const struct table_column columns[] = {
		{"client", "CLIENT"},
		{"vip", "VIP"},
		{"local", "LOCAL"},
		{"backend", "BACKEND"},
		{"state", "STATE"},
		{"age_s", "AGE S"},
		{"idle_left_s", "IDLE LEFT S"},
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
		reply_error(asker, "expected: show sessions [N], N up to %d",
			    SHOWN_MAX);
		return;
	}
	struct mx_session *chunk =
		aligned_alloc(64, CHUNK_SESSIONS * sizeof(*chunk));
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
