/* SPDX-License-Identifier: BSD-3-Clause */
/* What mxsteer-replica uses of a core, and how long it teaches.  Method: this program
 * plays a data plane of two workers with session files of the real kind; the source,
 * the messages and the shadow are those of the product, in this thread, without
 * a connection.  Times are those of the thread: others share the machine.
 *
 *   build/bench/bench_replica [--json] [--places N]
 *
 * --places   sessions of both workers together */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "boxrig.h"
#include "figure.h"
#include "grouprig.h"
#include "sink.h"
#include "scan.h"

#define RUNS 5
#define RATE 10000u /* new sessions a second, as many end */
#define LIFE_S 10u
#define SECONDS 2u

static struct boxrig rig;
static struct source source;
static struct sink sink;
static uint64_t cursor, taken;

static double
used_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void
scan(void)
{
	while (scan_slice(&source))
		;
}

/* The message of a slot, and what the peer makes of it. */
static void
tell(uint32_t slot)
{
	uint8_t room[WIRE_BYTES_MAX];
	struct wire_message message = {.type = WIRE_END, .slot = slot};

	if (source_read(&source, slot, &message.session) == SOURCE_FIT)
		message.type = WIRE_SESSION4;
	else
		message.slot = slot;
	const size_t bytes = wire_put(&message, room);
	if (wire_take(room, bytes, &message) != (int)bytes)
		abort();
	taken += message.type == WIRE_END ? sink_end(&sink, message.slot)
					  : sink_put(&sink, &message.session);
}

static void
tell_changes(void)
{
	uint32_t slot;

	while (source_next(&source, &cursor, &slot) == 1)
		tell(slot);
}

static void
begin_sink(void)
{
	struct wire_hello hello = {.workers = rig.workers,
				   .sessions_max =
					   sessionmap_slots(&source.map),
				   .ports = 1,
				   .port = {"wan"}};

	sink_open(&sink, rig.instance, 2, &rig.key);
	if (sink_begin(&sink, &hello, &rig.sheet) != 0)
		abort();
}

/* Scans with nothing new. */
static void
measure_scan(struct figures *figures, const char *name)
{
	double ms[RUNS];

	/* One of 64 is of all slots. */
	do
		scan();
	while (source.rounds % 64 != 1);
	for (int i = 0; i < RUNS; i++) {
		const double began = used_ms();
		scan();
		ms[i] = used_ms() - began;
	}
	figures_add(figures, name, "ms", ms, RUNS);
}

static void
fill(void)
{
	for (uint32_t i = 0; i < sessionmap_slots(&source.map); i++)
		boxrig_put(&rig, i, i, 1);
}

static void
empty(void)
{
	for (uint32_t i = 0; i < sessionmap_slots(&source.map); i++)
		boxrig_end(&rig, i);
	scan();
}

/* So many sessions come and end a second, in new slots each time, as the data
 * plane takes them; there is a glance each
 * SCAN_GLANCE_MS, and now and then a scan. */
static void
measure_rate(struct figures *figures, const char *name)
{
	const uint32_t slots = sessionmap_slots(&source.map);
	const uint32_t step = RATE * SCAN_GLANCE_MS / 1000;
	const uint32_t rounds = SECONDS * 1000 / SCAN_GLANCE_MS;
	double percent[RUNS];
	uint32_t next = 0;
	uint64_t since_ms = 0;

	for (; next < RATE * LIFE_S; next++)
		boxrig_put(&rig, next % slots, next, 1);
	scan();
	cursor = source.head;
	for (int run = 0; run < RUNS; run++) {
		double ms = 0;

		for (uint32_t round = 0; round < rounds; round++) {
			for (uint32_t i = 0; i < step; i++, next++) {
				boxrig_put(&rig, next % slots, next, 1);
				boxrig_end(&rig,
					   (next - RATE * LIFE_S) % slots);
			}
			const double began = used_ms();
			scan_glance(&source);
			if (since_ms >= scan_pause_ms(&source)) {
				scan();
				since_ms = 0;
			}
			since_ms += SCAN_GLANCE_MS;
			tell_changes();
			ms += used_ms() - began;
		}
		percent[run] = ms / (SECONDS * 1000) * 100;
	}
	figures_add(figures, name, "% of a core", percent, RUNS);
	empty();
}

/* All sessions, told anew. */
static void
measure_teach(struct figures *figures)
{
	double ms[RUNS];

	for (int i = 0; i < RUNS; i++) {
		const double began = used_ms();

		begin_sink();
		for (uint32_t slot = 0; source_walk(&source, &slot); slot++)
			tell(slot);
		sink_synced(&sink);
		ms[i] = used_ms() - began;
		sink_close(&sink);
		if (i + 1 < RUNS)
			sink_remove(rig.instance, 2);
	}
	figures_add(figures, "all sessions taught", "ms", ms, RUNS);
}

/* What processes have used that have ended. */
static double
children_ms(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static double
wall_ms_of(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The same by TLS, between two processes: from the start of the receiver, whose shadow
 * has to be made. */
static void
measure_stream(struct figures *figures, uint32_t places)
{
	struct boxrig *own = &grouprig_box[1].rig;
	double ms[RUNS], used[RUNS], taker[RUNS];

	grouprig_setup(2, places / 2);
	for (uint32_t i = 0; i < places / 2 * 2; i++)
		boxrig_put(own, i, i, 1);
	grouprig_start(1);
	GROUPRIG_WAIT(source_is_ready(&grouprig_box[1].replica.own.source));
	for (int i = 0; i < RUNS; i++) {
		const double began = wall_ms_of(), began_used = used_ms();
		const double began_taker = children_ms();

		grouprig_fork(2);
		GROUPRIG_WAIT(grouprig_state(2, 1) == MX_SHADOW_SYNCED);
		ms[i] = wall_ms_of() - began;
		used[i] = used_ms() - began_used;
		grouprig_kill(2);
		taker[i] = children_ms() - began_taker;
		GROUPRIG_WAIT(
			grouprig_box[1].replica.peers.peer[0].sender.link ==
			NULL);
		sink_remove(grouprig_box[2].rig.instance, 1);
	}
	figures_add(figures, "all sessions taught to another process", "ms", ms,
		    RUNS);
	figures_add(figures, "... CPU time of the sender", "ms", used, RUNS);
	figures_add(figures, "... CPU time of the receiver", "ms", taker, RUNS);
	grouprig_teardown();
}

int
main(int argc, char **argv)
{
	const uint32_t places = (uint32_t)strtoul(
		figures_argument(argc, argv, "--places", "1000000"), NULL, 10);
	struct figures figures = figures_begin(argc, argv);

	boxrig_open(&rig, 1,
		    &(struct boxrig){.workers = 2, .count = places / 2});
	if (source_open(&source, rig.instance) != 0)
		abort();
	source_set_homes(&source, &rig.sheet, 0);
	begin_sink();
	measure_scan(&figures, "a scan, no slot was ever used");
	measure_rate(&figures, "10,000 new sessions a second, young");
	fill();
	measure_scan(&figures, "a scan, all slots are in use");
	empty();
	measure_scan(&figures, "a scan, all slots are free again");
	measure_rate(&figures, "10,000 new sessions a second");
	sink_close(&sink);
	fill();
	scan();
	measure_teach(&figures);
	source_close(&source);
	boxrig_close(&rig);
	measure_stream(&figures, places);
	figures_end(&figures);
	return taken == 0;
}
