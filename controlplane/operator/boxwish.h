/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BOXWISH_H
#define MX_BOXWISH_H

/* The operator's wishes for this box: that it is drained, and what is announced
 * meanwhile; and that it has the role of answering ARP and ND for VIPs.
 * Threads    the event loop. */
#include <jansson.h>

#include "bounds.h"
#include "plan.h"
#include "settings.h"

#define ANNOUNCEMENTS_BYTES (MX_VIPS_MAX / 8)

struct box_wish {
	bool drain;
	struct wish_note note; /* zeroed without a wish */
	bool role;             /* of `announce: {neighbours: role}` */
	struct wish_note role_note;
};

/* An address that this box may announce, and whether it does. */
enum announcement_kind {
	ANNOUNCEMENT_VIP,
	ANNOUNCEMENT_SNAT,
	ANNOUNCEMENT_PEER, /* a SNAT address of another box */
};

enum announcement_why {
	ANNOUNCEMENT_SERVED,   /* some MTA serves, or it does not matter */
	ANNOUNCEMENT_LAST,     /* none does, and no other box announces it */
	ANNOUNCEMENT_UNSERVED, /* none does */
	ANNOUNCEMENT_DRAINED,  /* the operator drains this box */
	ANNOUNCEMENT_EMPTYING, /* so he does, and it has sessions */
	ANNOUNCEMENT_UNTAUGHT, /* this box lacks sessions of that peer */
	ANNOUNCEMENT_WHYS,
};

struct announcement {
	struct mx_addr addr;
	enum announcement_kind kind;
	uint16_t index; /* the first service of it by id, or the peer's box */
	uint32_t metric;
	bool on;
	bool served; /* a VIP: some MTA serves now, or `always`; not drained */
	enum announcement_why why;
	int64_t since_s;    /* CLOCK_REALTIME: `on` is as it is now */
	int64_t unserved_s; /* CLOCK_MONOTONIC: no MTA serves since; 0: one does */
};

/* All of them, sorted by kind, as the configuration has them. */
struct announcements {
	uint16_t count;
	struct announcement row[MX_ANNOUNCES_MAX];
};

/* Enter those that are on into a plan that has its owned addresses.  One that the
 * plan does not own is left out. */
void announcements_build(struct mx_plan *plan,
			 const struct announcements *announcements);

/* The bit of a VIP's row in a bitmap of all VIPs, sorted by address.  It is the same
 * on all boxes of the same configuration. */
uint16_t announcement_bit(const struct announcements *announcements,
			  const struct announcement *row);

/* The VIPs that are served now, as such a bitmap. */
void announcements_served(const struct announcements *announcements,
			  uint8_t served[static ANNOUNCEMENTS_BYTES]);

/* Why an address is announced or is not, in words; "": as it should be. */
const char *announcement_why(const struct announcement *row);

/* As the state file has it: a key of its root for each wish.  The role does not
 * outlive a start of the machine, as another box has it then.  Decode returns false
 * if a key is not as this version writes it. */
void box_wish_encode(json_t *root, const struct box_wish *wish);
bool box_wish_decode(const json_t *root, bool same_start,
		     const struct moment *now, struct box_wish *wish);

/* Follow the clocks: call this every second.  *ended: the time of the wish is
 * over, and it is taken back.  Returns true if *wish has changed and should be
 * saved. */
bool box_wish_expire(struct box_wish *wish, const struct moment *now,
		     bool *ended);

#endif /* MX_BOXWISH_H */
