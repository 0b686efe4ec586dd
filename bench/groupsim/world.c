/* SPDX-License-Identifier: BSD-3-Clause */
#include "world.h"

#include <stdlib.h>
#include <string.h>

enum flow_state {
	FLOW_NONE, /* its SYN has not been taken */
	FLOW_YOUNG,
	FLOW_OLD,
};

/* As measured by bench_replica, TLS between two processes: a million sessions in
 * 2.1 s. */
#define TEACH_PER_S 475000u

static uint32_t
chance(struct world *world)
{
	world->random = world->random * UINT64_C(6364136223846793005) +
			UINT64_C(1442695040888963407);
	return (uint32_t)(world->random >> 32);
}

static void
list_add(struct list *list, uint32_t number)
{
	if (list->count == list->room) {
		list->room = list->room * 2 + 1024;
		list->at = realloc(list->at, list->room * sizeof(list->at[0]));
		rig_must(list->at != NULL);
	}
	list->at[list->count++] = number;
}

/* The router's hash, with a key of its own. */
static uint32_t
hash_of(uint32_t from_be, uint16_t port_be)
{
	static const struct mx_hash_key key = {
		{0x452821e638d01377, 0xbe5466cf}};

	return (uint32_t)(mx_hash_client4(&key, from_be, port_be) >> 32);
}

static uint8_t
route(const struct world *world, const struct flow *flow)
{
	return router_of(&world->router, hash_of(flow->ends.client_be,
						 flow->ends.client_port_be));
}

/* A reply goes to the box whose address it is sent to; if that is not announced,
 * to any other. */
static uint8_t
route_back(const struct world *world, const struct flow *flow)
{
	const uint8_t home = box_home(&world->group, flow->ends.local_be);

	return world->router.boxes >> home & 1
		       ? home
		       : router_of(&world->router,
				   hash_of(flow->ends.local_be,
					   flow->ends.local_port_be));
}

static void
send_again(struct world *world, uint32_t number)
{
	struct flow *flow = &world->flow[number];

	if (!flow->waits) {
		flow->waits = true;
		flow->from = world->step;
	}
	world->tally.lost++;
	list_add(&world->again[(world->step + 1) % 2], number);
}

/* Another client comes, or tries again. */
static void
come(struct world *world, uint32_t number)
{
	struct flow *flow = &world->flow[number];
	const uint64_t client = world->clients++;

	*flow = (struct flow){
		.ends = {.client_be = rte_cpu_to_be_32(
				 0x64400000u + (uint32_t)(client & 0x3fffff)),
			 .client_port_be = rte_cpu_to_be_16(
				 (uint16_t)(1024 + (client >> 22)))},
		.opened = world->step,
	};
	flow->box = route(world, flow);
	if (world->box[flow->box].alive &&
	    box_open(&world->box[flow->box], &flow->ends))
		flow->state = FLOW_YOUNG;
	list_add(&world->young[(world->step + WORLD_YOUNG) % (WORLD_YOUNG + 1)],
		 number);
}

static void
break_off(struct world *world, uint32_t number)
{
	struct flow *flow = &world->flow[number];

	if (flow->state == FLOW_YOUNG)
		world->tally.young++;
	else if (flow->opened + WORLD_YOUNG + 2 > world->last_death)
		world->tally.untold++;
	else
		world->tally.old++;
	come(world, number);
}

/* One segment.  Returns whether the flow is through with it: it was forwarded. */
static bool
say(struct world *world, uint32_t number, uint8_t to, bool reply)
{
	struct box *box = &world->box[to];

	if (to == 0 || !box->alive) {
		send_again(world, number);
		return false;
	}
	if (box_segment(box, &world->flow[number].ends, reply))
		return true;
	if (box_resets(box))
		break_off(world, number);
	else
		send_again(world, number);
	return false;
}

static void
talk(struct world *world, uint32_t number)
{
	struct flow *flow = &world->flow[number];
	const uint8_t to = route(world, flow);

	if (to != flow->box && to != 0) {
		world->tally.moved++;
		flow->box = to;
	}
	if (!say(world, number, to, false) ||
	    !say(world, number, route_back(world, flow), true) || !flow->waits)
		return;
	const uint32_t steps = world->step - flow->from;
	if (steps > world->tally.wait_steps)
		world->tally.wait_steps = steps;
	flow->waits = false;
}

/* Both FINs pass. */
static void
leave(struct world *world, uint32_t number)
{
	struct flow *flow = &world->flow[number];

	if (flow->state == FLOW_OLD) {
		const uint8_t in = route(world, flow);
		const uint8_t back = route_back(world, flow);

		if (world->box[in].alive)
			box_end(&world->box[in], &flow->ends);
		if (in != back && world->box[back].alive)
			box_end(&world->box[back], &flow->ends);
	}
	come(world, number);
}

/* Young flows have got their greeting, unless their box has none of them. */
static void
grow_up(struct world *world)
{
	struct list *list = &world->young[world->step % (WORLD_YOUNG + 1)];
	const struct list now = *list;

	*list = (struct list){0};
	for (uint32_t i = 0; i < now.count; i++) {
		struct flow *flow = &world->flow[now.at[i]];

		if (flow->opened + WORLD_YOUNG != world->step ||
		    flow->state == FLOW_OLD)
			continue; /* another has taken its place */
		if (flow->state == FLOW_NONE) {
			come(world, now.at[i]);
			continue;
		}
		const uint8_t to = route(world, flow);
		if (to != flow->box || !world->box[to].alive ||
		    box_home(&world->group, flow->ends.local_be) != to ||
		    !box_establish(&world->box[to], &flow->ends)) {
			break_off(world, now.at[i]);
			continue;
		}
		flow->state = FLOW_OLD;
	}
	free(now.at);
}

static void
repeat(struct world *world)
{
	struct list *list = &world->again[world->step % 2];
	const struct list now = *list;

	*list = (struct list){0};
	for (uint32_t i = 0; i < now.count; i++)
		if (world->flow[now.at[i]].state == FLOW_OLD)
			talk(world, now.at[i]);
	free(now.at);
}

static void
end_some(struct world *world)
{
	world->due += (double)world->flows / WORLD_LIFE_S / WORLD_STEPS_S;
	for (; world->due >= 1; world->due--) {
		const uint32_t number = chance(world) % world->flows;

		if (!world->flow[number].waits)
			leave(world, number);
	}
}

static void
withdraw(struct world *world)
{
	for (uint8_t id = 1; id <= world->group.boxes; id++)
		if (world->withdrawn_at[id] == world->step) {
			router_set(&world->router, id, false);
			world->withdrawn_at[id] = 0;
		}
}

/* The counts of boxes go on from start to start. */
static void
collect(struct world *world, const struct box *box, bool plus)
{
	const struct mx_worker_count *count = box->w->count;
	const uint64_t sign = plus ? 1 : (uint64_t)-1;

	world->tally.borrowed += sign * count->borrowed;
	world->tally.homed += sign * count->homed;
}

void
world_step(struct world *world)
{
	world->step++;
	world->group.now_s = 1000 + world->step / WORLD_STEPS_S;
	world->streams.now_ms = world->step * WORLD_STEP_MS;
	withdraw(world);
	for (uint8_t id = 1; id <= world->group.boxes; id++) {
		struct box *box = &world->box[id];

		if (!box->alive)
			continue;
		box->w->now_s = world->group.now_s;
		collect(world, box, false);
		box_tick(box, 4 * WORLD_STEPS_S);
	}
	grow_up(world);
	repeat(world);
	end_some(world);
	for (uint32_t i = world->step % WORLD_TALK; i < world->flows;
	     i += WORLD_TALK)
		if (world->flow[i].state == FLOW_OLD && !world->flow[i].waits)
			talk(world, i);
	for (uint8_t id = 1; id <= world->group.boxes; id++)
		if (world->box[id].alive)
			collect(world, &world->box[id], true);
	streams_step(&world->streams, world->step % (2 * WORLD_STEPS_S) == 0);
}

/* Deadlines were told at other times in each session's life. */
static void
spread_deadlines(struct world *world)
{
	for (uint8_t id = 1; id <= world->group.boxes; id++)
		for (uint32_t i = 0; i < world->group.places; i++)
			world->box[id].told[i].deadline_s -= chance(world) % 60;
}

void
world_make(struct world *world, uint8_t boxes, enum router_kind kind,
	   uint32_t flows)
{
	/* Two boxes may be gone, and some sessions are in more than one. */
	const uint32_t fewest = boxes > 2 ? boxes - 2u : 1u;

	memset(world, 0, sizeof(*world));
	world->flows = flows;
	world->random = 1;
	world->flow = calloc(flows, sizeof(world->flow[0]));
	rig_must(world->flow != NULL);
	world->group = (struct group){
		.boxes = boxes,
		.places = flows / fewest * 5 / 2,
		.snats =
			(uint16_t)(flows / fewest * 5 / 4 / MX_LOCAL_PORTS + 1),
		.now_s = 1000,
	};
	router_make(&world->router, kind, boxes);
	for (uint8_t id = 1; id <= boxes; id++)
		box_start(&world->box[id], &world->group, id, true);
	world->streams.group = &world->group;
	world->streams.box = world->box;
	world->streams.teach_per_step = UINT32_MAX;
	for (uint8_t id = 1; id <= boxes; id++)
		streams_begin(&world->streams, id);
	for (uint32_t i = 0; i < flows; i++)
		come(world, i);
	for (uint32_t i = 0; i < 10 * WORLD_STEPS_S; i++)
		world_step(world);
	spread_deadlines(world);
	world->streams.teach_per_step = TEACH_PER_S / WORLD_STEPS_S;
}

void
world_free(struct world *world)
{
	for (uint8_t id = 1; id <= world->group.boxes; id++)
		if (world->box[id].alive) {
			streams_lose(&world->streams, id);
			box_kill(&world->box[id]);
		}
	for (uint32_t i = 0; i <= WORLD_YOUNG; i++)
		free(world->young[i].at);
	free(world->again[0].at);
	free(world->again[1].at);
	free(world->flow);
}

void
world_kill(struct world *world, uint8_t box)
{
	box_kill(&world->box[box]);
	streams_lose(&world->streams, box);
	world->withdrawn_at[box] = world->step + WORLD_DETECT;
	world->last_death = world->step;
}

void
world_return(struct world *world, uint8_t box)
{
	box_start(&world->box[box], &world->group, box, false);
	streams_begin(&world->streams, box);
}

void
world_stop(struct world *world, uint8_t box)
{
	box_stop(&world->box[box]);
	streams_lose(&world->streams, box);
	router_set(&world->router, box, false);
	world->last_death = world->step;
}

void
world_restart(struct world *world, uint8_t box)
{
	box_restart(&world->box[box]);
	streams_begin(&world->streams, box);
}

void
world_announce(struct world *world, uint8_t box)
{
	router_set(&world->router, box, true);
}

uint8_t
world_busiest(const struct world *world)
{
	uint32_t count[MX_BOXES_MAX + 1] = {0};
	uint8_t best = 0;

	for (uint32_t i = 0; i < world->flows; i++)
		count[route(world, &world->flow[i])]++;
	for (uint8_t id = 1; id <= world->group.boxes; id++)
		if (world->box[id].alive &&
		    (best == 0 || count[id] > count[best]))
			best = id;
	return best;
}
