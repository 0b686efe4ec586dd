/* SPDX-License-Identifier: BSD-3-Clause */
#include "plane.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "clock.h"
#include "faketime.h"
#include "groupfiles.h"
#include "keptlog.h"
#include "regionfile.h"
#include "ringfile.h"
#include "timer.h"

#define PATIENCE_MS 5000

/* In a run that is so long, the data plane answers more slowly: each answer is a
 * step, and an hour has 3,600,000 milliseconds. */
#define LONG_RUN_MS 10000
#define LONG_ACK_MS 100

bool
plane_logged(const char *part)
{
	return keptlog_has(part);
}

void
plane_forget_log(void)
{
	keptlog_forget();
}

void
plane_write_rest(struct plane *plane, const char *name, const char *rest)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", plane->folder, name);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file,
		"instance: %s\n"
		"dataplane:\n"
		"  workers: [1]\n"
		"  sessions-max: 1000\n"
		"  ports:\n"
		"    - {name: lan, driver: af_packet, interface: lo}\n%s%s",
		plane->instance, rest,
		/* The last line, as tests count lines. */
		strstr(rest, "http:") != NULL ? "" : "http: {listen: off}\n");
	fclose(file);
}

void
plane_write_config(struct plane *plane, const char *name, const char *backends)
{
	char rest[4096];

	snprintf(rest, sizeof(rest),
		 "services:\n"
		 "  - name: inbound\n"
		 "    direction: inbound\n"
		 "    listen: [\"198.51.100.25:25\"]\n"
		 "    pool: mx\n"
		 "    forward: fullnat\n"
		 "    snat: [\"10.0.2.100\"]\n"
		 "    proxy-protocol: off\n"
		 "    client-address: hidden\n"
		 "pools:\n"
		 "  - name: mx\n"
		 "    hash: source\n"
		 "    check: {type: smtp, interval: 10s, timeout: 20s, "
		 "rise: 1, fall: 1, helo: lb.example.net}\n"
		 "    backends:\n%s",
		 backends);
	plane_write_rest(plane, name, rest);
}

static const struct plane *opened;

/* Is a list being read, in a thread? */
static bool
is_reading(void)
{
	return opened->control != NULL && !opened->hasty &&
	       opened->control->denials.under_way.ticket != 0;
}

void
plane_open(struct plane *plane, const char *backends)
{
	memset(plane, 0, sizeof(*plane));
	opened = plane;
	faketime_hold(is_reading);
	plane->ack_ms = 1;
	signal(SIGPIPE, SIG_IGN);
	keptlog_begin();
	plane->base = event_base_new();
	snprintf(plane->instance, sizeof(plane->instance), "test-%d",
		 (int)getpid());
	snprintf(plane->folder, sizeof(plane->folder),
		 "/dev/shm/mxtest-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(plane->folder));
	snprintf(plane->config, sizeof(plane->config), "%s/c.yaml",
		 plane->folder);
	snprintf(plane->socket, sizeof(plane->socket), "%s/s.sock",
		 plane->folder);
	plane_write_config(plane, "c.yaml", backends);
}

void
plane_close(struct plane *plane)
{
	char command[160];

	plane_stop_control(plane);
	plane_stop_data(plane);
	faketime_hold(NULL);
	mx_ring_files_remove(plane->instance);
	mx_group_files_remove(plane->instance);
	mx_region_unlink(plane->instance);
	mx_plan_unlink(plane->instance);
	event_base_free(plane->base);
	keptlog_end();
	snprintf(command, sizeof(command),
		 "rm -r %s && rm -rf /dev/shm/mxsteer-control.%s",
		 plane->folder, plane->instance);
	ck_assert_int_eq(system(command), 0);
}

void
plane_start_control(struct plane *plane)
{
	const struct control_options options = {.config_path = plane->config,
						.socket_path = plane->socket,
						.state_dir = plane->folder};

	plane->control = control_new(plane->base, &options);
	ck_assert_msg(plane->control != NULL, "%s", keptlog_text());
}

void
plane_stop_control(struct plane *plane)
{
	if (plane->control != NULL)
		control_free(plane->control);
	plane->control = NULL;
}

static void
on_ack_tick(void *arg)
{
	struct plane *plane = arg;
	struct mx_region_ack *ack = &plane->region->ack;
	const uint64_t generation = atomic_load(&plane->region->generation);

	if (plane->frozen)
		return;
	atomic_fetch_add(&ack->heartbeat, 1);
	if (plane->silent || generation == atomic_load(&ack->generation))
		return;
	if (plane->fault == MX_PLAN_OK)
		atomic_store(&ack->adopted, generation);
	atomic_store(&ack->fault, plane->fault);
	atomic_store(&ack->took_ns, 200000);
	atomic_store(&ack->generation, generation);
}

void
plane_start_data(struct plane *plane)
{
	plane->region = mx_region_create(plane->instance, &plane->region_fd);
	ck_assert_ptr_nonnull(plane->region);
	/* Both planes are this process, and see one file at any time. */
	ck_assert_int_eq(mx_plan_writer_open(&plane->plans, plane->instance,
					     plane->region),
			 0);
	plane->region->header.workers = 2;
	plane->region->header.ports = 1;
	strcpy(plane->region->header.port[0].interface, "lo");
	atomic_store(&plane->region->header.dataplane_pid, getpid());
	atomic_store(&plane->region->ack.heartbeat, 1);
	plane->ack_tick = timer_new(plane->base, on_ack_tick, plane);
	timer_repeat(plane->ack_tick, plane->ack_ms);
}

void
plane_stop_data(struct plane *plane)
{
	if (plane->region == NULL)
		return;
	timer_free(plane->ack_tick);
	atomic_store(&plane->region->header.dataplane_pid, 0);
	mx_region_close(plane->region, plane->region_fd);
	mx_plan_writer_close(&plane->plans);
	plane->region = NULL;
}

bool
plane_run_until(struct plane *plane, bool (*done)(struct plane *plane))
{
	const uint64_t end_ms = clock_ms() + PATIENCE_MS;

	while (!done(plane) && faketime_step(plane->base, end_ms))
		;
	return done(plane);
}

void
plane_run(struct plane *plane, uint64_t ms)
{
	const bool slow = ms >= LONG_RUN_MS && plane->region != NULL &&
			  plane->ack_ms < LONG_ACK_MS;

	if (slow)
		timer_repeat(plane->ack_tick, LONG_ACK_MS);
	faketime_run(plane->base, ms);
	if (slow && plane->region != NULL)
		timer_repeat(plane->ack_tick, plane->ack_ms);
}

bool
plane_is_settled(struct plane *plane)
{
	const uint64_t generation = atomic_load(&plane->region->generation);

	return generation > 0 &&
	       atomic_load(&plane->region->ack.generation) == generation;
}

/* Read the whole reply, while time passes. */
static size_t
collect(struct plane *plane, int fd, char *buffer, size_t size)
{
	const uint64_t end_ms = clock_ms() + PATIENCE_MS;
	size_t used = 0;

	while (faketime_step(plane->base, end_ms)) {
		size_t length = 0;
		int header = 0;

		const ssize_t got =
			recv(fd, buffer + used, size - used - 1, MSG_DONTWAIT);
		if (got == 0)
			break;
		if (got < 0)
			continue;
		used += (size_t)got;
		buffer[used] = '\0';
		if (sscanf(buffer, "%*s %zu%*1[\n]%n", &length, &header) == 1 &&
		    header > 0 && used == (size_t)header + length)
			break;
	}
	return used;
}

/* The file that a command names goes before it, as mxsteer does that. */
static void
send_file(int fd, const char *line)
{
	char text[64 * 1024], head[32];
	const char *path = strchr(line, '/');

	if (path == NULL || (strstr(line, "config apply ") == NULL &&
			     strstr(line, "config diff ") == NULL))
		return;
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return;
	const size_t size = fread(text, 1, sizeof(text), file);
	ck_assert_uint_lt(size, sizeof(text));
	fclose(file);
	const int length = snprintf(head, sizeof(head), "text %zu\n", size);
	ck_assert_int_eq(send(fd, head, (size_t)length, 0), length);
	ck_assert_int_eq(send(fd, text, size, 0), (ssize_t)size);
}

static char *
plane_ask_word(struct plane *plane, const char *line, enum answer *answer)
{
	const size_t size = 1024 * 1024;
	const int fd = client_connect(plane->socket);
	char word[16] = "";
	ck_assert_int_ge(fd, 0);
	char *reply = calloc(1, size);

	send_file(fd, line);
	ck_assert_int_eq(send(fd, line, strlen(line), 0), (int)strlen(line));
	ck_assert_int_eq(send(fd, "\n", 1, 0), 1);
	collect(plane, fd, reply, size);
	close(fd);
	char *body = strchr(reply, '\n');
	ck_assert_msg(body != NULL, "no reply to %s", line);
	ck_assert_int_eq(sscanf(reply, "%15s", word), 1);
	ck_assert_msg(answer_find(word, answer), "%s", word);
	memmove(reply, body + 1, strlen(body + 1) + 1);
	return reply;
}

char *
plane_ask(struct plane *plane, const char *line, bool *ok)
{
	enum answer answer;
	char *text = plane_ask_word(plane, line, &answer);

	*ok = answer == ANSWER_OK;
	return text;
}

void
plane_expect(struct plane *plane, const char *line, bool wanted,
	     const char *part)
{
	bool ok;
	char *text = plane_ask(plane, line, &ok);

	ck_assert_msg(ok == wanted, "%s: %s", line, text);
	ck_assert_msg(strstr(text, part) != NULL, "%s: %s", line, text);
	free(text);
}

void
plane_answers(struct plane *plane, const char *line, enum answer wanted,
	      const char *part)
{
	enum answer answer;
	char *text = plane_ask_word(plane, line, &answer);

	ck_assert_msg(answer == wanted, "%s: %s: %s", line, answer_word(answer),
		      text);
	ck_assert_msg(strstr(text, part) != NULL, "%s: %s", line, text);
	free(text);
}

json_t *
plane_data(struct plane *plane, const char *line, enum answer wanted)
{
	enum answer answer;
	char *text = plane_ask_word(plane, line, &answer);
	json_t *data = json_loads(text, 0, NULL);

	ck_assert_msg(answer == wanted && data != NULL, "%s: %s: %s", line,
		      answer_word(answer), text);
	free(text);
	return data;
}

json_t *
plane_json(struct plane *plane, const char *line)
{
	return plane_data(plane, line, ANSWER_OK);
}

static bool
is_in_force(struct plane *plane)
{
	return publisher_in_force(plane->control->publisher);
}

void
plane_seed_hops(struct plane *plane)
{
	const struct nexthop hop = {
		.known = true, .interface = "lo", .mac = {2}, .mtu = 1500};

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (plane->control->state->backend[id].used)
			nexthops_seed(plane->control->hops, id, &hop);
	control_changed(plane->control);
	ck_assert(plane_run_until(plane, is_in_force));
}

json_t *
plane_row(const json_t *data, const char *list, size_t index)
{
	json_t *row = json_array_get(json_object_get(data, list), index);

	ck_assert_ptr_nonnull(row);
	return row;
}

json_int_t
plane_number(const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);

	ck_assert_msg(json_is_integer(value), "%s", key);
	return json_integer_value(value);
}

const char *
plane_text(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	ck_assert_msg(text != NULL, "%s", key);
	return text;
}
