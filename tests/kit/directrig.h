/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_DIRECTRIG_H
#define MX_TESTS_DIRECTRIG_H

/* The forward modes of direct return.  The client's packet leaves by its MAC
 * address alone, or inside another packet. */
#include "onerig.h"

struct direct_way {
	enum rig_service service;
	bool six;      /* the client's packet */
	bool outer6;   /* the tunnel's */
	uint16_t port; /* of GUE; 0: IP in IP */
	uint16_t overhead;
};

/* The first DSRS are dsr, the others tunnels. */
#define WAYS 10
#define DSRS 2
extern const struct direct_way ways[WAYS];

/* The frame that was checked last. */
extern uint8_t out[FRAME_MAX];

struct talk direct_talk(int way, uint16_t client_port);

/* The sender of the outer packet in `out`, which a flow may choose. */
struct end direct_source(int way);

/* Check that the next frame has the client's whole segment.  source: the
 * expected sender of the outer packet; NULL: any. */
void direct_assert_left(int way, const struct segment *said,
			const struct end *source);

#endif /* MX_TESTS_DIRECTRIG_H */
