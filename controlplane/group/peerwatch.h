/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PEERWATCH_H
#define MX_PEERWATCH_H

/* Which streams of the group are up, since when, and why not.  A change is an
 * event.
 *
 *   up     mxsteer-replica runs, and the stream is TEACHING or SYNCED
 *
 * A loss is told at once.  That a stream is up again is told when it has been up for
 * PEERWATCH_STEADY_S, so one that comes and goes is one event.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "replicated.h"

#define PEERWATCH_STEADY_S 3

/* A stream that is not up for longer is trouble. */
#define PEERWATCH_DOWN_S 5

/* A box whose stream is not up for that long may be dead. */
#define PEERWATCH_LOST_S 3

#define PEERWATCH_TROUBLE_MAX 256

/* Something that is in order, or is not. */
struct peerwatch_fact {
	bool known;
	bool is;           /* in order */
	bool told;         /* what events say of it */
	int64_t changed_s; /* clock_s() when `is` changed */
};

/* A peer that answers later has not all that we sent. */
#define PEERWATCH_LAG_MS 1000

/* What is watched of a box. */
struct peerwatch_box {
	struct peerwatch_fact from; /* the stream of its sessions */
	struct peerwatch_fact to;   /* the stream of ours, to it */
	struct peerwatch_fact same; /* its configuration is ours */
};

struct peerwatch {
	bool has_run;                 /* replicated is known */
	struct replicated replicated; /* as it was at the last look */
	struct peerwatch_fact runs;
	struct peerwatch_box box[MX_BOXES_MAX + 1];
};

/* Look at what mxsteer-replica has done.  Without a group all is forgotten. */
void peerwatch_look(struct peerwatch *watch, const char *instance,
		    const struct mx_config_group *group);

/* Does mxsteer-replica run? */
bool peerwatch_runs(const struct peerwatch *watch);

/* What mxsteer-replica says of a box.  NULL: nothing. */
const struct replicated_peer *peerwatch_peer(const struct peerwatch *watch,
					     uint16_t box);

/* The boxes whose sessions are all here, a bit each: those of a SYNCED stream, and of
 * one that was SYNCED before it broke. */
uint32_t peerwatch_taught(const struct peerwatch *watch);

/* Add the VIPs that peers of the same configuration serve now to `serves`, as
 * groupsheet.serves has them. */
void peerwatch_serves(const struct peerwatch *watch,
		      uint8_t serves[static GROUPSHEET_SERVES_BYTES]);

/* A peer that has `sessions` sessions of ours, and could carry them on; 0: none is
 * known.  The answer is up to a second old. */
uint16_t peerwatch_pupil(const struct peerwatch *watch, uint64_t sessions);

/* A word for the stream from a box: that of its state; or `lost`, if there is no
 * connection and the sessions of the last one are kept. */
const char *peerwatch_from(const struct peerwatch *watch, uint16_t box);
const char *peerwatch_to(const struct peerwatch *watch, uint16_t box);

/* The boxes whose stream of sessions has been down for PEERWATCH_LOST_S, a bit
 * each; none while mxsteer-replica does not run, which then says nothing. */
uint32_t peerwatch_lost(const struct peerwatch *watch);

/* Has it not been up for longer than PEERWATCH_DOWN_S? */
bool peerwatch_is_down(const struct peerwatch_fact *stream);

/* What is wrong with a box, as a sentence without its subject; "" if nothing is,
 * or if mxsteer-replica does not run.  Returns text. */
const char *peerwatch_trouble(const struct peerwatch *watch,
			      const struct mx_config_box *box,
			      char text[static PEERWATCH_TROUBLE_MAX]);

#endif /* MX_PEERWATCH_H */
