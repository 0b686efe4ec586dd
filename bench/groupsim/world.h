/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GROUPSIM_WORLD_H
#define MX_GROUPSIM_WORLD_H

/* A simulated group, its router, and all clients and backends.  Time goes in steps of
 * WORLD_STEP_MS, the period of replication.
 *
 * Clients    As many flows as there are to be, at all times: where one ends, another
 *            begins.  Lengths are exponential.  A flow is young until
 *            WORLD_YOUNG steps after its SYN, when the backend has greeted it.
 *            Then each end sends a segment every WORLD_TALK steps.
 * Lost       A segment that no box forwards, and none resets, is sent again in the
 *            next step.  So is one to a box that has died, until the router knows,
 *            WORLD_DETECT steps later.
 * Broken     A flow whose segment is reset.
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

#include "router.h"
#include "streams.h"

#define WORLD_STEP_MS 50u
#define WORLD_STEPS_S (1000u / WORLD_STEP_MS)
#define WORLD_YOUNG 3u
#define WORLD_TALK (10u * WORLD_STEPS_S)
#define WORLD_DETECT 3u /* BFD of 50 ms x 3 */
#define WORLD_LIFE_S 100u

struct flow {
	struct box_flow ends;
	uint8_t state; /* enum flow_state */
	uint8_t box;   /* that got its last segment */
	bool waits;
	uint32_t opened; /* step */
	uint32_t from;   /* waits: since this step */
};

/* What happened to flows in an event. */
struct tally {
	uint64_t moved;      /* another box gets the client's segments */
	uint64_t young;      /* broken before their handshake was over */
	uint64_t untold;     /* ... before a period and its way were over */
	uint64_t old;        /* ... any other */
	uint64_t lost;       /* segments that were sent again */
	uint32_t wait_steps; /* the longest wait of a flow */
	uint64_t borrowed;
	uint64_t homed;
};

struct list {
	uint32_t *at;
	uint32_t count;
	uint32_t room;
};

struct world {
	struct group group;
	struct router router;
	struct streams streams;
	struct box box[MX_BOXES_MAX + 1];
	struct flow *flow;
	uint32_t flows;
	uint32_t step;
	uint32_t last_death; /* step: flows that were opened before are old */
	uint64_t clients;    /* that ever came */
	uint64_t random;
	double due;     /* flows that end, not yet ended */
	uint32_t alive; /* boxes, a bit each */
	uint32_t withdrawn_at[MX_BOXES_MAX + 1]; /* step; 0: not to be */
	struct list young[WORLD_YOUNG + 1];      /* by step */
	struct list again[2];                    /* to be sent again */
	struct tally tally;
};

void world_make(struct world *world, uint8_t boxes, enum router_kind kind,
		uint32_t flows);
void world_free(struct world *world);

void world_step(struct world *world);

/* A box dies, and the router will know.  It returns with empty memory; the router is
 * told by world_announce(). */
void world_kill(struct world *world, uint8_t box);
void world_return(struct world *world, uint8_t box);
void world_announce(struct world *world, uint8_t box);

/* A box is withdrawn and stops, or starts again with its session file. */
void world_stop(struct world *world, uint8_t box);
void world_restart(struct world *world, uint8_t box);

/* The alive and announced box that gets most flows. */
uint8_t world_busiest(const struct world *world);

#endif /* MX_GROUPSIM_WORLD_H */
