/* SPDX-License-Identifier: BSD-3-Clause */
/* How long a listing of ten million sessions stops the event loop of the control
 * plane: as long as the longest of its slices.  In one piece it would be as long
 * as all of them.
 *
 *   build/bench/bench_listing [--json] [--millions N]
 *
 * Eight workers have one file of sessions, so the machine needs memory for an
 * eighth of them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clientcount.h"
#include "clock.h"
#include "figure.h"
#include "publish.h"
#include "sessionwalk.h"

#define WORKERS 8u
#define CLIENTS 3000000u
#define RUNS 5

static struct mx_region region;
static struct mx_plan plan;

/* In the place of those of region/publish.c. */
const struct mx_region *
publisher_region(const struct publisher *publisher)
{
	(void)publisher;
	return &region;
}

const struct mx_plan *
publisher_plan(const struct publisher *publisher)
{
	(void)publisher;
	return &plan;
}

static char path[] = "/dev/shm/bench_listing.XXXXXX";

/* Write the file of each worker: sessions of many clients. */
static void
write_file(uint32_t count)
{
	const size_t size = MX_SESSIONS_SIZE(count, 0);
	struct mx_sessions_file *file = calloc(1, size);
	const int fd = mkstemp(path);

	if (file == NULL || fd < 0)
		abort();
	file->magic = MX_SESSIONS_MAGIC;
	file->layout = MX_SESSIONS_LAYOUT;
	file->count = count;
	for (uint32_t i = 0; i < count; i++) {
		file->session[i].client_be = i % CLIENTS * 2654435761u;
		atomic_store(&file->session[i].state, MX_SESSION_ESTABLISHED);
	}
	if (write(fd, file, size) != (ssize_t)size)
		abort();
	close(fd);
	free(file);
}

static uint64_t seen;

static void
visit(void *arg, const struct session_reader *file, uint32_t i)
{
	(void)arg;
	seen += session_reader_state(file, i);
}

/* The time that this thread has used: others share the machine. */
static uint64_t
used_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* What a listing took. */
struct taken {
	double longest_ms; /* a slice */
	double all_ms;
};

static void
walk_slices(struct taken *taken, enum session_walk_state (*slice)(void *arg),
	    void *arg)
{
	enum session_walk_state state;

	*taken = (struct taken){0};
	do {
		const uint64_t began = used_ns();
		state = slice(arg);
		const double ms = (double)(used_ns() - began) / 1e6;

		taken->all_ms += ms;
		if (ms > taken->longest_ms)
			taken->longest_ms = ms;
	} while (state == SESSION_WALK_GOES_ON);
	if (state != SESSION_WALK_DONE)
		abort();
}

static enum session_walk_state
sessions_slice(void *arg)
{
	return session_walk_slice(arg, visit, NULL);
}

static enum session_walk_state
clients_slice(void *arg)
{
	return client_top_slice(arg);
}

static struct taken
list_sessions(void)
{
	struct session_walk walk = {0};
	struct taken taken;

	if (session_walk_begin(&walk, NULL) != 0)
		abort();
	walk_slices(&taken, sessions_slice, &walk);
	session_walk_end(&walk);
	return taken;
}

static struct taken
list_clients(void)
{
	struct client_top top = {0};
	struct taken taken;

	if (client_top_begin(&top, NULL, (uint32_t)clock_s()) != 0)
		abort();
	walk_slices(&taken, clients_slice, &top);
	client_top_end(&top);
	return taken;
}

static void
measure(struct figures *figures, const char *name, struct taken (*list)(void))
{
	double longest[RUNS], all[RUNS];
	char text[96];

	for (int i = 0; i < RUNS; i++) {
		const struct taken taken = list();

		longest[i] = taken.longest_ms;
		all[i] = taken.all_ms;
	}
	snprintf(text, sizeof(text), "%s, the longest stop", name);
	figures_add(figures, text, "ms", longest, RUNS);
	snprintf(text, sizeof(text), "%s, all slices", name);
	figures_add(figures, text, "ms", all, RUNS);
}

int
main(int argc, char **argv)
{
	const uint32_t millions = (uint32_t)strtoul(
		figures_argument(argc, argv, "--millions", "10"), NULL, 10);
	struct figures figures = figures_begin(argc, argv);

	write_file(millions * 1000000 / WORKERS);
	region.header.workers = WORKERS;
	for (uint32_t w = 0; w < WORKERS; w++)
		memcpy(region.header.sessions_path[w], path, sizeof(path));
	measure(&figures, "show sessions", list_sessions);
	measure(&figures, "show clients", list_clients);
	figures_end(&figures);
	unlink(path);
	return seen == 0;
}
