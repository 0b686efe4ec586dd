/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GROUPSIM_BOX_H
#define MX_GROUPSIM_BOX_H

/* A box of a simulated group: a worker of the data plane, with its session table,
 * plan and port maps, and the shadows of its peers.  Sessions are opened, taken up
 * and given back by the product's code.
 *
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

#include "rig.h"
#include "shadows.h"

/* What a group has in common. */
struct group {
	uint8_t boxes;
	uint32_t places; /* sessions that each box has room for */
	uint16_t snats;  /* SNAT addresses of each box */
	uint32_t now_s;
};

/* How a session was told last. */
struct told {
	uint32_t digest; /* 0: it was not */
	uint32_t deadline_s;
};

struct box {
	const struct group *group;
	uint8_t id;
	bool alive;
	struct rig *rig;
	struct worker *w;
	struct shadows shadows;
	struct mx_shadow *file[MX_BOXES_MAX + 1]; /* of each peer */
	struct told *told;
	uint32_t *noted; /* slots that may have changed */
	uint32_t notes;
	uint32_t synced; /* boxes whose shadow is SYNCED here, a bit each */
	uint32_t began_s;
};

/* A flow as both ends know it. */
struct box_flow {
	uint32_t client_be;
	uint32_t local_be;
	uint32_t server_be;
	uint16_t client_port_be;
	uint16_t local_port_be;
};

/* Start with empty memory.  first: the group begins, nobody has sessions of it. */
void box_start(struct box *box, const struct group *group, uint8_t id,
	       bool first);
void box_kill(struct box *box);

/* It stops, and starts again with its session file. */
void box_stop(struct box *box);
void box_restart(struct box *box);

/* Open the session of a SYN, and fill what the group chose for it.  Returns false
 * if the SYN is dropped. */
bool box_open(struct box *box, struct box_flow *flow);

/* The client has acknowledged the SYN-ACK, and the backend has spoken.  Returns false if
 * there is no such session. */
bool box_establish(struct box *box, const struct box_flow *flow);

/* A segment of the client, or a reply.  Returns whether it is forwarded. */
bool box_segment(struct box *box, const struct box_flow *flow, bool reply);

/* Both ends are through. */
void box_end(struct box *box, const struct box_flow *flow);

/* Would a segment without a session be reset now? */
bool box_resets(const struct box *box);

/* What is done now and then: sweep a part of the sessions, bring some home. */
void box_tick(struct box *box, uint32_t steps);

/* The box whose SNAT address it is. */
uint8_t box_home(const struct group *group, uint32_t local_be);

#endif /* MX_GROUPSIM_BOX_H */
