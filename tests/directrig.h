/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_DIRECTRIG_H
#define MX_TESTS_DIRECTRIG_H

/* The forward modes whose replies bypass the balancer, and how the client's
 * packet leaves in each: by its MAC address alone, or inside another packet. */
#include "onerig.h"

struct bypass_way {
	enum rig_service service;
	bool six;      /* the client's packet */
	bool outer6;   /* the tunnel's */
	uint16_t port; /* of GUE; 0: IP in IP */
	uint16_t overhead;
};

/* The first DSRS are dsr, the others tunnels. */
#define WAYS 10
#define DSRS 2
extern const struct bypass_way ways[WAYS];

/* The frame that was looked at last. */
extern uint8_t out[FRAME_MAX];

struct talk bypass_talk(int way, uint16_t client_port);

/* Who sent the frame in `out` through the tunnel: what a flow may choose. */
struct end bypass_source(int way);

/* The next frame has the client's segment whole.  source: who must have sent
 * the outer packet; NULL: anyone. */
void bypass_assert_left(int way, const struct segment *said,
			const struct end *source);

#endif /* MX_TESTS_DIRECTRIG_H */
