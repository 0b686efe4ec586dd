/* SPDX-License-Identifier: BSD-3-Clause */
/* What a group of boxes costs, and what it loses, as boxes die and return.  Method: a
 * simulation in one thread (groupsim/world.h): the boxes have tables, plans and
 * shadows of the product, which opens, tells and takes sessions up; the router,
 * clients and time are a model.  See GROUP.md.
 *
 *   build/bench/bench_group [--sessions N] [--boxes N]
 *
 * --sessions  of all boxes together
 * --boxes     only groups of so many; else 2, 3, 4, 8 and 16
 *
 * It ends with status 1 if an old session was broken that GROUP.md says is kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "figure.h"
#include "world.h"

#define SECONDS(n) ((n)*WORLD_STEPS_S)

/* Long enough for a segment of each flow. */
#define WINDOW SECONDS(11)

static const char *const kind_name[ROUTER_KINDS] = {"threshold", "resilient"};

static struct world world;
static struct streams_count before;
static uint64_t harm; /* old sessions that were broken */
static uint32_t taught_ms;

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
pass(uint32_t steps)
{
	while (steps-- > 0)
		world_step(&world);
}

static void
begin_event(void)
{
	world.tally = (struct tally){0};
	before = world.streams.count;
	taught_ms = 0;
}

static void
end_event(const char *name, bool counts)
{
	const struct tally *t = &world.tally;

	printf("%5u %-10s %-26s %8lu %8lu %8lu %6lu %6lu %6lu %8.2f %8.2f %7.1f\n",
	       world.group.boxes, kind_name[world.router.kind], name, t->moved,
	       t->borrowed, t->homed, t->young, t->untold, t->old,
	       (double)t->wait_steps * WORLD_STEP_MS / 1e3,
	       (double)taught_ms / 1e3,
	       (double)(world.streams.count.bytes - before.bytes) / 1e6);
	fflush(stdout);
	harm += counts ? t->old : 0;
}

/* Until all have told the box what they have, and the box has told them. */
static void
await_taught(uint8_t box)
{
	const uint32_t from = world.step;

	while (!streams_are_synced(&world.streams, box) &&
	       world.step < from + SECONDS(60))
		world_step(&world);
	const uint32_t ms = (world.step - from) * WORLD_STEP_MS;
	if (ms > taught_ms)
		taught_ms = ms;
}

static void
steady(void)
{
	const uint32_t places = world.group.places;
	const uint32_t others = world.group.boxes - 1u;

	pass(WINDOW);
	begin_event();
	pass(SECONDS(5));
	const double bytes =
		(double)(world.streams.count.bytes - before.bytes) / 5;
	const double records =
		(double)(world.streams.count.records - before.records) / 5;
	printf("# %u boxes: %u sessions a box; each tells %.0f records, %.2f MB a "
	       "second; %u places: own %.0f MB, shadows %.0f MB\n",
	       world.group.boxes, world.flows / world.group.boxes,
	       records / world.group.boxes, bytes / world.group.boxes / 1e6,
	       places,
	       (double)(MX_SESSIONS_SIZE(places, false) +
			session_table_buckets_bytes(places)) /
		       1e6,
	       others * (double)mx_shadow_size(places, false) / 1e6);
	end_event("none, 5 s", true);
}

static void
die_and_return(bool waits)
{
	const uint8_t box = world_busiest(&world);

	begin_event();
	world_kill(&world, box);
	pass(WINDOW);
	end_event("one dies", true);
	begin_event();
	world_return(&world, box);
	if (waits) {
		await_taught(box);
		world_announce(&world, box);
	} else {
		world_announce(&world, box);
		await_taught(box);
	}
	pass(WINDOW);
	end_event(waits ? "returns, announced taught"
			: "returns, announced at once",
		  true);
}

static void
two_die(void)
{
	uint8_t box[2];

	begin_event();
	for (int i = 0; i < 2; i++) {
		box[i] = world_busiest(&world);
		world_kill(&world, box[i]);
	}
	pass(WINDOW);
	end_event("two die at once", true);
	begin_event();
	for (int i = 0; i < 2; i++)
		world_return(&world, box[i]);
	for (int i = 0; i < 2; i++)
		await_taught(box[i]);
	for (int i = 0; i < 2; i++)
		world_announce(&world, box[i]);
	pass(WINDOW);
	end_event("both return, taught", true);
}

/* All boxes, one after the other, as in an upgrade: session files stay. */
static void
roll(void)
{
	begin_event();
	for (uint8_t box = 1; box <= world.group.boxes; box++) {
		world_stop(&world, box);
		pass(SECONDS(2));
		world_restart(&world, box);
		await_taught(box);
		world_announce(&world, box);
		pass(SECONDS(1));
	}
	pass(WINDOW);
	end_event("all restart, files kept", true);
}

/* A host is back with empty memory before most of its flows have spoken to another
 * box. */
static void
reboot_fast(void)
{
	const uint8_t box = world_busiest(&world);

	begin_event();
	world_kill(&world, box);
	pass(SECONDS(2));
	world_return(&world, box);
	await_taught(box);
	world_announce(&world, box);
	pass(WINDOW);
	end_event("one is empty, back in 2 s", true);
}

static void
cut_and_die(void)
{
	const uint8_t box = world_busiest(&world);

	begin_event();
	streams_cut(&world.streams, box, (uint8_t)(box == 1 ? 2 : box - 1));
	pass(SECONDS(5));
	end_event("a stream is cut, 5 s", true);
	begin_event();
	world_kill(&world, box);
	pass(WINDOW);
	end_event("... and one of the two dies", false);
}

static void
simulate(uint8_t boxes, enum router_kind kind, uint32_t flows)
{
	const double began = now_s();

	world_make(&world, boxes, kind, flows);
	steady();
	die_and_return(true);
	die_and_return(false);
	if (boxes > 2)
		two_die();
	roll();
	reboot_fast();
	cut_and_die();
	printf("# %.1f s for %u s\n", now_s() - began,
	       world.step / WORLD_STEPS_S);
	world_free(&world);
}

int
main(int argc, char **argv)
{
	static const uint8_t boxes[] = {2, 3, 4, 8, 16};
	const uint32_t flows = (uint32_t)strtoul(
		figures_argument(argc, argv, "--sessions", "1000000"), NULL,
		10);
	const uint32_t only = (uint32_t)strtoul(
		figures_argument(argc, argv, "--boxes", "0"), NULL, 10);

	rig_start_dpdk();
	printf("%5s %-10s %-26s %8s %8s %8s %6s %6s %6s %8s %8s %7s\n", "boxes",
	       "router", "event", "moved", "borrowed", "homed", "young",
	       "untold", "old", "wait, s", "taught, s", "MB told");
	for (size_t i = 0; i < sizeof(boxes); i++)
		for (int kind = 0; kind < ROUTER_KINDS; kind++)
			if (only == 0 || only == boxes[i])
				simulate(boxes[i], (enum router_kind)kind,
					 flows);
	return harm != 0;
}
